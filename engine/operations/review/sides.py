"""One side of a review: the state files of a commit or of the working tree, or one version."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.address import NAME_PATTERN, parse_address
from engine.errors import StateError, UsageError
from engine.frozen import frozen
from engine.ports.review.repository import Commit, Repository
from engine.state.codec import Document, encode, parse, read
from engine.state.model import State
from engine.state.moved import moved_to

Place = tuple[str, str]
"""Environment and stack."""

_STATE = re.compile(rf"state/(?P<environment>{NAME_PATTERN})/(?P<stack>{NAME_PATTERN})\.json")
_UNFINISHED = re.compile(
    r"state/(?:.*/)?(?:[^/]+\.(?:journal|import)|[^/]+\.replaced[^/]*|\.locks/.*)"
)


@frozen
class StateFile:
    """A state file of one side.

    Attributes:
        path: Its path from the project folder.
        content: Its bytes.
        id: What is the same for the same bytes.
    """

    path: str
    content: bytes
    id: str


@dataclass(slots=True)
class Side:
    """The state files of one side, and what is in them as far as it can be read.

    Attributes:
        files: The files by place.
        unfinished: Committed files that belong to runs, from the project folder.
        documents: What was read of them, by place.
    """

    files: Mapping[Place, StateFile]
    unfinished: Sequence[str] = ()

    def of(self, environment: str) -> Side:
        """The files of one environment; of all if it is empty."""
        if not environment:
            return self
        files = {place: file for place, file in self.files.items() if place[0] == environment}
        return Side(files, self.unfinished)

    def state(self, place: Place) -> tuple[Document, State] | None:
        """The state in a place, whether its digest holds or not; None if it is not there.

        Raises:
            StateError: if there is a file and it is no state.
        """
        file = self.files.get(place)
        if file is None or moved_to(file.content):
            return None
        document = parse(file.content, path=file.path)
        state = read(document)
        for address in (*state.resources, *state.removed):
            try:
                parse_address(address)
            except UsageError as error:
                line = document.line("resources", address)
                raise document.damaged(line, error.message) from error
        return document, state


def committed(repository: Repository, commit: Commit) -> Side:
    """The state files of a commit."""
    prefix = repository.prefix
    listed = repository.files(commit, f"{prefix}state/")
    inside = {path.removeprefix(prefix): id for path, id in listed.items()}
    return _read(
        repository,
        {path: id for path, id in inside.items() if _STATE.fullmatch(path)},
        [path for path in inside if _UNFINISHED.fullmatch(path)],
    )


def _read(repository: Repository, ids: Mapping[str, str], unfinished: Sequence[str] = ()) -> Side:
    contents = repository.contents(ids.values())
    files = {
        _place(path): StateFile(path=path, content=contents[id], id=id) for path, id in ids.items()
    }
    return Side(files, tuple(sorted(unfinished)))


def moved_here(
    repository: Repository, commit: Commit, missing: Mapping[Place, str]
) -> Mapping[Place, StateFile]:
    """State files of a commit whose project folder was another one then.

    Args:
        repository: The repository.
        commit: The commit.
        missing: Lineages of the states that it does not have where the project is now, by place.
    """
    found: dict[Place, StateFile] = {}
    if not missing:
        return found
    candidates: dict[str, tuple[Place, str]] = {}
    for path, id in repository.files(commit).items():
        match = re.search(rf"(?:^|/){_STATE.pattern}$", path)
        place = (match["environment"], match["stack"]) if match is not None else ("", "")
        if place in missing:
            candidates[path] = place, id
    contents = repository.contents(id for _, id in candidates.values())
    for path, (place, id) in candidates.items():
        with contextlib.suppress(StateError):
            fields = parse(contents[id], path=path).fields
            if fields.get("lineage") == missing[place]:
                found[place] = StateFile(path=path, content=contents[id], id=id)
    return found


def version_side(state: State) -> Side:
    """One version of a state, from any store."""
    path = f"{state.environment}/{state.stack}@{state.serial}"
    content = encode(state, engine_version=state.engine_version)
    file = StateFile(path=path, content=content, id="")
    return Side({(state.environment, state.stack): file})


def in_working_tree(root: Path) -> Side:
    """The state files of the working tree."""
    found = dict(_files_in(root))
    return Side({_place(path): file for path, file in found.items()})


def _files_in(root: Path) -> Iterator[tuple[str, StateFile]]:
    for file in sorted((root / "state").glob("*/*.json")):
        path = file.relative_to(root).as_posix()
        if _STATE.fullmatch(path) and file.is_file() and not file.is_symlink():
            content = file.read_bytes()
            yield path, StateFile(path=path, content=content, id="")


def _place(path: str) -> Place:
    match = _STATE.fullmatch(path)
    assert match is not None  # noqa: S101 - only such paths come here
    return match["environment"], match["stack"]
