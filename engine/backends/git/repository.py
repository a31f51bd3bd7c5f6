"""The repository by git's own program."""

from __future__ import annotations

import contextlib
import functools
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from engine.errors import RepositoryError
from engine.frozen import frozen
from engine.ports.review.repository import Commit

_REGULAR = (b"100644", b"100755")
_NOT_SET = (1, 5)
"""What `git config` exits with if a setting that is read or removed is not there."""
_FETCH = (
    "this clone is shallow: fetch the whole history (fetch-depth: 0 in GitHub's checkout, "
    "GIT_DEPTH: 0 in GitLab), or run git fetch --unshallow"
)


@frozen
class Change:
    """A commit that changed a file.

    Attributes:
        id: Its full id.
        who: Who made it.
        when: UTC, ISO 8601 to the second.
        subject: The first line of its message.
        on_first_line: It is on the line of first parents, and did not come by a merge.
    """

    id: str
    who: str
    when: str
    subject: str
    on_first_line: bool


class GitRepository:
    """Runs git in the project folder."""

    def __init__(self, root: Path) -> None:
        """Args: root: the project folder."""
        self._root = root

    @functools.cached_property
    def prefix(self) -> str:
        """The project folder from the top of the repository."""
        return self._line("rev-parse", "--show-prefix")

    @property
    def is_shallow(self) -> bool:
        """Whether commits are missing in this clone."""
        return self._line("rev-parse", "--is-shallow-repository") == "true"

    def commit(self, name: str) -> Commit:
        """The commit that a name means."""
        words = ("rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}")
        try:
            return Commit(id=self._line(*words), name=name)
        except RepositoryError as error:
            hint = _FETCH if self.is_shallow else "name a commit, a branch or a tag; git fetch gets"
            hint += "" if self.is_shallow else " those of others"
            raise RepositoryError(
                f"there is no commit {name!r}", cause=error.cause, hint=hint
            ) from error

    def find(self, name: str) -> Commit | None:
        """The commit that a name means; None if there is none."""
        words = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        done = self._run(*words, fails=True)
        return None if done.returncode else Commit(id=_text(done.stdout).strip(), name=name)

    def merge_base(self, first: Commit, second: Commit) -> Commit:
        """The commit at which two lines of history parted."""
        done = self._run("merge-base", first.id, second.id, fails=True)
        if done.returncode:
            raise RepositoryError(
                f"{first} and {second} have no commit in common",
                cause=_text(done.stderr).strip() or None,
                hint=_FETCH
                if self.is_shallow
                else "name the two commits: engine review BASE..HEAD",
            )
        return Commit(id=_text(done.stdout).strip(), name=first.name)

    def branch(self) -> str:
        """The branch that is checked out."""
        done = self._run("symbolic-ref", "--quiet", "--short", "HEAD", fails=True)
        return _text(done.stdout).strip()

    def files(self, commit: Commit, under: str = "") -> Mapping[str, str]:
        """The regular files of a commit."""
        # Not a pattern: a folder may be called `*`.
        words = ["--literal-pathspecs", "ls-tree", "-r", "-z", "--full-tree", commit.id]
        listed = self._run(*words, *(["--", under] if under else [])).stdout
        found: dict[str, str] = {}
        for line in filter(None, listed.split(b"\0")):
            about, _, path = line.partition(b"\t")
            mode, _, id = about.split(b" ")
            if mode in _REGULAR:
                found[os.fsdecode(path)] = _text(id)
        return found

    def contents(self, ids: Iterable[str]) -> Mapping[str, bytes]:
        """Contents by their ids."""
        wanted = tuple(dict.fromkeys(ids))
        asked = "".join(f"{id}\n" for id in wanted).encode()
        raw = self._run("cat-file", "--batch", given=asked).stdout if wanted else b""
        found: dict[str, bytes] = {}
        at = 0
        for id in wanted:
            end = raw.index(b"\n", at)
            about = raw[at:end].split(b" ")
            if len(about) != 3:  # noqa: PLR2004 - id, type and size; `ID missing` if it is not there
                raise RepositoryError(
                    f"git does not have the content {id}",
                    hint="this clone lacks files of that commit: git fetch --refetch gets them",
                )
            begin, at = end + 1, end + 1 + int(about[2])
            found[id] = raw[begin:at]
            at += 1
        return found

    def changes_of(self, path: str) -> tuple[Change, ...]:
        """The commits up to HEAD that changed a file, the newest first.

        Args:
            path: The file, from the top of the repository.
        """
        if self.find("HEAD") is None:
            return ()
        own = self._run("rev-list", "--first-parent", "HEAD").stdout.split()
        first_line = frozenset(map(_text, own))
        words = ("-c", "log.follow=false", "-c", "log.showSignature=false", "--literal-pathspecs")
        listed = self._run(
            *words, "log", "--no-color", "--encoding=UTF-8",
            "--date=format-local:%Y-%m-%dT%H:%M:%SZ", "--format=%H%x00%an%x00%cd%x00%s",
            "HEAD", "--", path,
            also={"TZ": "UTC"}, folder=self._top,
        ).stdout  # fmt: skip
        return tuple(
            Change(id=id, who=who, when=when, subject=subject, on_first_line=id in first_line)
            for id, who, when, subject in (
                line.split("\0") for line in _text(listed).split("\n") if line
            )
        )

    def ids_of(self, path: str, commits: Sequence[str]) -> Mapping[str, str]:
        """The ids of a file's contents, by commit; of a commit without it there is none."""
        if not commits or "\n" in path:
            return {}
        asked = "".join(f"{commit}:{path}\n" for commit in commits)
        lines = self._run("cat-file", "--batch-check", given=os.fsencode(asked)).stdout
        about = [line.split(b" ") for line in lines.split(b"\n")]
        return {
            commit: _text(found[0])
            for commit, found in zip(commits, about, strict=False)
            if len(found) == 3 and found[1] == b"blob"  # noqa: PLR2004 - id, type and size
        }

    @functools.cached_property
    def _top(self) -> Path:
        return Path(self._line("rev-parse", "--show-toplevel"))

    def is_checked_out(self, commit: Commit) -> bool:
        """Whether the project folder holds exactly what a commit has in it."""
        here = self.find("HEAD")
        if here is None or here.id != commit.id:
            return False
        # Files that git ignores are no part of a commit, whatever they are.
        return not self._run("status", "--porcelain", "-z", "--", ".").stdout

    @contextlib.contextmanager
    def exported(self, commit: Commit) -> Iterator[Path]:
        """The project folder of a commit, as a temporary copy.

        Git writes the files, by an index of its own: nothing in the repository is changed, and no
        path leads out of the folder.
        """
        with tempfile.TemporaryDirectory(prefix="engine-review-") as name:
            folder = Path(name) / "project"
            folder.mkdir()
            tree = f"{commit.id}:{self.prefix.rstrip('/')}" if self.prefix else commit.id
            index = {"GIT_INDEX_FILE": str(Path(name) / "index")}
            self._run("read-tree", tree, also=index)
            self._run(
                "checkout-index", "--all", "--quiet", f"--prefix={folder}{os.sep}",
                also=index, folder=self._top,
            )  # fmt: skip
            yield folder

    def untrack(self, path: str) -> str:
        """The command that takes a file out of the commits to come."""
        return f"git rm --cached -- {shlex.quote(path)}"

    def setting(self, name: str) -> str:
        """A setting of this clone."""
        done = self._run("config", "--local", "--get", name, fails=True)
        if done.returncode not in (0, *_NOT_SET):
            raise _failed(done, ("config",))
        return _text(done.stdout).removesuffix("\n")

    def set(self, name: str, value: str) -> None:
        """Change a setting of this clone."""
        if value:
            self._run("config", "--local", name, value)
            return
        done = self._run("config", "--local", "--unset-all", name, fails=True)
        if done.returncode not in (0, *_NOT_SET):
            raise _failed(done, ("config",))

    def _line(self, *words: str) -> str:
        return os.fsdecode(self._run(*words).stdout).removesuffix("\n")

    def _run(
        self,
        *words: str,
        given: bytes = b"",
        also: Mapping[str, str] | None = None,
        folder: Path | None = None,
        fails: bool = False,
    ) -> subprocess.CompletedProcess[bytes]:
        """Run git; what it wrote.

        Args:
            words: Its arguments.
            given: Its standard input.
            also: Further variables for it.
            folder: Where it runs; the project folder if None.
            fails: It may fail: the exit code says something.

        Raises:
            RepositoryError: if it fails otherwise, with its own message.
        """
        git = shutil.which("git")
        if git is None:
            raise RepositoryError(
                "git is not installed, or not in PATH", hint="install git, or add it to PATH"
            )
        done = subprocess.run(  # noqa: S603 - git, with words of our own and names after its options
            [git, *words],
            input=given,
            capture_output=True,
            check=False,
            cwd=folder or self._root,
            env={**_surroundings(), **(also or {})},
        )
        if done.returncode and not fails:
            raise _failed(done, words)
        return done


def _surroundings() -> dict[str, str]:
    """The variables for git. Of a hook's own it gets none: they may name another repository."""
    named = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR")
    kept = {name: value for name, value in os.environ.items() if name not in named}
    return {**kept, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}


def _failed(done: subprocess.CompletedProcess[bytes], words: Sequence[str]) -> RepositoryError:
    said = _text(done.stderr).strip()
    if "not a git repository" in said:
        return RepositoryError(
            "the project is in no git repository",
            cause=said,
            hint="states are committed like code: git init, then git add state",
        )
    name = next((word for word in words if not word.startswith("-")), "")
    return RepositoryError(
        f"git {name} failed", cause=said or None, hint="what git says is above; nothing was changed"
    )


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
