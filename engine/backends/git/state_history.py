"""Earlier versions of state files: those of the commits that changed them."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

from engine.backends.git.repository import Change, GitRepository
from engine.backends.state.git_advice import git_advice
from engine.errors import RepositoryError, StateError
from engine.ports.history import Version
from engine.state.codec import decode
from engine.state.model import State

_SERIAL = re.compile(rb'^  "serial": (\d{1,18})', re.MULTILINE)


class GitHistory:
    """Reads state files as commits have them; implements `VersionContents`."""

    def __init__(self, repository: GitRepository, folder: str) -> None:
        """Args: repository: has the commits; folder: of states, from the project folder."""
        self._repository = repository
        self._folder = folder

    def history(self, stack: str, environment: str, *, limit: int) -> tuple[Version, ...]:
        """The versions that were committed, the newest first."""
        found: list[Version] = []
        file = self._file(stack, environment)
        for change, raw in self._contents(stack, environment):
            # A conflict that was committed is no version.
            with contextlib.suppress(StateError):
                state = decode(raw, path=f"{change.id[:9]}:{file}")
                found.append(_version(change, state))
            if len(found) == limit:
                break
        return tuple(found)

    def version(self, stack: str, environment: str, serial: int) -> State | None:
        """The state with a serial; of several, one of the branch that is checked out itself."""
        having: list[tuple[Change, bytes]] = []
        for change, raw in self._contents(stack, environment):
            match = _SERIAL.search(raw)
            if match is not None and int(match[1]) == serial:
                having.append((change, raw))
        if not having:
            return None
        own = [one for one in having if one[0].on_first_line]
        change, raw = (own or having)[0]
        place = f"{change.id[:9]}:{self._file(stack, environment)}"
        state = decode(raw, path=place, advice=git_advice(place))
        if (state.stack, state.environment) != (stack, environment):
            raise StateError(
                f"{place} is the state of {state.environment}/{state.stack}",
                hint="a state file keeps its place; name another serial",
            )
        return state

    def versions(self, stack: str, environment: str, after: int) -> Iterator[tuple[Version, bytes]]:
        """The versions that were committed, the oldest first; of two with one serial the newer."""
        found: dict[int, tuple[Version, bytes]] = {}
        with contextlib.suppress(StateError):  # there is no repository, or none was committed
            for change, raw in self._contents(stack, environment):
                with contextlib.suppress(StateError):
                    state = decode(raw, path=change.id)
                    if (state.stack, state.environment) == (stack, environment):
                        found.setdefault(state.serial, (_version(change, state), raw))
        yield from (found[serial] for serial in sorted(found) if serial > after)

    def _file(self, stack: str, environment: str) -> str:
        return f"{self._folder}/{environment}/{stack}.json"

    def _contents(self, stack: str, environment: str) -> Iterator[tuple[Change, bytes]]:
        """The file at each commit that changed it, the newest first.

        Raises:
            StateError: if it was never committed, or there is no repository.
        """
        file = self._file(stack, environment)
        try:
            path = f"{self._repository.prefix}{file}"
            changes = self._repository.changes_of(path)
            ids = self._repository.ids_of(path, [change.id for change in changes])
            if not ids:
                raise StateError(
                    f"no commit has {file}, so that there are no earlier versions of it",
                    hint=f"commit it after each apply: git add {file}",
                )
            # A few at a time: what is looked for is most often among the newest.
            for at in range(0, len(changes), _AT_ONCE):
                part = changes[at : at + _AT_ONCE]
                wanted = {change.id: ids[change.id] for change in part if change.id in ids}
                contents = self._repository.contents(wanted.values())
                for change in part:
                    if change.id in wanted:
                        yield change, contents[wanted[change.id]]
        except RepositoryError as error:
            raise StateError(
                f"earlier versions of {file} cannot be read: {error.message}",
                cause=error.cause,
                hint=error.hint,
            ) from error


def _version(change: Change, state: State) -> Version:
    return Version(
        serial=state.serial,
        who=change.who,
        since=change.when,
        operation=change.subject,
        resources=len(state.resources),
        place=f"commit {change.id[:9]}",
    )


_AT_ONCE = 50
