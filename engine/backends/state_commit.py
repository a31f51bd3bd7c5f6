"""Committing what a run wrote under `state/`, and pushing it, by git's own program.

The commit is made on top of what the branch has now, without touching the working copy. Only files
that no other run has changed meanwhile are in it: two states are never merged blindly.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from engine.address import is_environment_name
from engine.durable_files import make_folder, write_durably
from engine.errors import EngineError
from engine.frozen import frozen
from engine.ports.ci.code_host import Remote
from engine.redaction import redact

_TRIES = 6
_BASE = "refs/engine/state"
"""The commit that the states of this clone were taken from."""
_KEPT = (".json", ".journal")
_TOO_LATE = ("(fetch first)", "(non-fast-forward)", "(stale info)", "cannot lock ref")
"""What git says if the branch has moved: the same push may work on top of what it has now."""


class StateNotPushedError(EngineError):
    """What an apply recorded did not get to its branch."""

    reference = "state-not-pushed"


@frozen
class Pushed:
    """What was committed.

    Attributes:
        commit: The commit; empty if nothing had changed.
        files: What is in it, from the top of the repository.
    """

    commit: str = ""
    files: tuple[str, ...] = ()


class StateCommit:
    """Commits the states of one environment."""

    def __init__(
        self,
        root: Path,
        environment: str,
        remote: Remote,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Make one.

        Args:
            root: The project folder.
            environment: Whose states; a fleet means all of its accounts.
            remote: Where to push.
            sleep: Waits some seconds.
        """
        self._root = root
        self._environment = environment
        self._remote = remote
        self._sleep = sleep

    def pull(self, branch: str) -> tuple[str, ...]:
        """Take the states that a branch has now, whatever commit is checked out.

        Another run may have committed a state after the commit that this run is of.

        Returns:
            The files that were written or removed, from the top of the repository.

        Raises:
            StateNotPushedError: if the branch cannot be read.
        """
        tip = self._tip(branch)
        now, here = self._recorded(tip), self._present(self._recorded("HEAD"))
        top = Path(self._git("rev-parse", "--show-toplevel"))
        changed = [
            path for path in sorted({*now, *here}) if now.get(path, "") != here.get(path, "")
        ]
        for path in changed:
            file = top / path
            if path not in now:
                file.unlink(missing_ok=True)
                continue
            make_folder(file.parent)
            write_durably(file, self._content(now[path]))
        self._git("update-ref", _BASE, tip)
        return tuple(changed)

    def push(self, branch: str, message: str, rescue: str) -> Pushed:
        """Commit what changed, and push it to a branch.

        Args:
            branch: The branch.
            message: Of the commit.
            rescue: A branch that does not exist, which gets the commit if the branch cannot.

        Raises:
            StateNotPushedError: if the branch did not take it; the rescue branch has it then.
        """
        taken = self._run("rev-parse", "--verify", "--quiet", _BASE)
        base = taken.stdout.strip() or self._git("rev-parse", "HEAD")
        recorded = self._recorded(base)
        changed = {
            path: blob
            for path, blob in self._present(recorded).items()
            if blob != recorded.get(path)
        }
        if not changed:
            return Pushed()
        why = "other runs kept pushing to it"
        for attempt in range(_TRIES):
            tip = self._tip(branch)
            now = self._recorded(tip)
            if all(now.get(path) == blob for path, blob in changed.items()):
                return Pushed(commit=tip, files=tuple(sorted(changed)))
            moved = sorted(path for path in changed if now.get(path) != recorded.get(path))
            if moved:
                why = f"it has another {moved[0]} than this run began with"
                break
            commit = self._commit(tip, changed, message)
            refusal = self._push(commit, branch)
            if refusal is None:
                return Pushed(commit=commit, files=tuple(sorted(changed)))
            if not any(words in refusal for words in _TOO_LATE):
                why = refusal
                break
            self._sleep(min(2.0**attempt, 10.0))
        raise self._rescued(self._commit(base, changed, message), branch, rescue, why)

    def _rescued(self, commit: str, branch: str, rescue: str, why: str) -> StateNotPushedError:
        refusal = self._push(commit, rescue)
        done = "what was applied is recorded in"
        if refusal is not None:
            return StateNotPushedError(
                f"{done} no branch: neither {branch} nor {rescue} took the commit",
                cause=f"{why}\n{refusal}",
                hint="let this job push (contents: write on GitHub, a token with write_repository "
                "on GitLab), then run engine state rebuild and commit state/",
            )
        return StateNotPushedError(
            f"{done} branch {rescue}, and {branch} did not take it",
            cause=why,
            hint=f"merge {rescue} into {branch} before anything else is applied; if the branch is "
            "protected, let this job's token pass (docs/how-to/ci.md)",
        )

    # ── git ───────────────────────────────────────────────────────────────────────────────

    @property
    def _folder(self) -> str:
        """The folder of the states, from the top of the repository."""
        return f"{self._git('rev-parse', '--show-prefix')}state"

    def _recorded(self, commit: str) -> dict[str, str]:
        """Blobs of a commit by path, of what this writes."""
        listed = self._git(
            "--literal-pathspecs", "ls-tree", "-r", "-z", "--full-tree", commit, "--", self._folder
        )
        found = {}
        for line in filter(None, listed.split("\0")):
            about, _, path = line.partition("\t")
            if self._is_ours(path):
                found[path] = about.split(" ")[2]
        return found

    def _present(self, recorded: Mapping[str, str]) -> dict[str, str]:
        """Blobs of the working copy by path; empty for what is no longer there."""
        top = Path(self._git("rev-parse", "--show-toplevel"))
        folder = self._folder
        own = top / folder / self._environment
        files = [top / folder / ".gitignore", *own.glob("*"), *own.glob("*/*")]
        there = {
            f"{folder}/{file.relative_to(top / folder).as_posix()}"
            for file in files
            if file.is_file() and not file.is_symlink()
        }
        return {
            path: self._git("hash-object", "-w", "--no-filters", "--", str(top / path))
            if path in there
            else ""
            for path in sorted({*filter(self._is_ours, there), *recorded})
        }

    def _is_ours(self, path: str) -> bool:
        """Whether a path is a state of the environment, or the journal of a run of it.

        A runner is thrown away after its job: a journal that a killed run left is committed, so
        that the next run recovers it, wherever that is.
        """
        place = path.removeprefix(f"{self._folder}/")
        if place == ".gitignore":
            return True
        folder, _, name = place.rpartition("/")
        fleet = folder.partition("/")[0] if is_environment_name(folder) else folder
        return fleet == self._environment and name.endswith(_KEPT)

    def _tip(self, branch: str) -> str:
        self._git("fetch", "--quiet", "--no-tags", self._remote.address, f"refs/heads/{branch}")
        return self._git("rev-parse", "FETCH_HEAD")

    def _commit(self, parent: str, changed: Mapping[str, str], message: str) -> str:
        """A commit on top of another one, by an index of its own."""
        with tempfile.TemporaryDirectory(prefix="engine-ci-") as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            self._git("read-tree", parent, also=index)
            lines = "".join(
                f"100644 {blob}\t{path}\0" if blob else f"0 {'0' * 40}\t{path}\0"
                for path, blob in changed.items()
            )
            self._git("update-index", "-z", "--index-info", also=index, given=lines)
            tree = self._git("write-tree", also=index)
        who = {
            "GIT_AUTHOR_NAME": self._remote.name,
            "GIT_AUTHOR_EMAIL": self._remote.mail,
            "GIT_COMMITTER_NAME": self._remote.name,
            "GIT_COMMITTER_EMAIL": self._remote.mail,
        }
        return self._git("commit-tree", tree, "-p", parent, "-F", "-", also=who, given=message)

    def _push(self, commit: str, branch: str) -> str | None:
        """Push a commit; None, or what git or the host says if it is refused."""
        target = f"{commit}:refs/heads/{branch}"
        done = self._run("push", "--porcelain", self._remote.address, target)
        if done.returncode == 0:
            return None
        return redact(f"{done.stdout.strip()}\n{done.stderr.strip()}".strip())

    def _git(self, *words: str, also: Mapping[str, str] | None = None, given: str = "") -> str:
        done = self._run(*words, also=also, given=given)
        if done.returncode:
            name = next(word for word in words if not word.startswith("-"))
            raise StateNotPushedError(
                f"git {name} failed",
                cause=redact(done.stderr.strip()),
                hint="run this step again; if an apply was recorded on a machine that is gone, "
                "engine state rebuild finds what it made",
            )
        return done.stdout.removesuffix("\n")

    def _run(
        self, *words: str, also: Mapping[str, str] | None = None, given: str = ""
    ) -> subprocess.CompletedProcess[str]:
        done = self._started(words, also or {}, given.encode("utf-8", "surrogateescape"))
        out, err = (raw.decode("utf-8", "surrogateescape") for raw in (done.stdout, done.stderr))
        return subprocess.CompletedProcess(done.args, done.returncode, out, err)

    def _content(self, blob: str) -> bytes:
        """The bytes of a blob."""
        done = self._started(("cat-file", "blob", blob), {}, b"")
        if done.returncode:
            raise StateNotPushedError(f"git does not have the content {blob}")
        return done.stdout

    def _started(
        self, words: Sequence[str], also: Mapping[str, str], given: bytes
    ) -> subprocess.CompletedProcess[bytes]:
        git = shutil.which("git")
        if git is None:
            raise StateNotPushedError("git is not installed, or not in PATH", hint="install git")
        settings = list(self._remote.settings.items())
        variables = {"GIT_CONFIG_COUNT": str(len(settings))} if settings else {}
        for number, (name, value) in enumerate(settings):
            variables[f"GIT_CONFIG_KEY_{number}"] = name
            variables[f"GIT_CONFIG_VALUE_{number}"] = value
        return subprocess.run(  # noqa: S603 - git, with words of our own and names after its options
            [git, *words],
            input=given,
            capture_output=True,
            check=False,
            cwd=self._root,
            env={
                **os.environ,
                "LC_ALL": "C",
                "GIT_TERMINAL_PROMPT": "0",
                **variables,
                **also,
            },
        )
