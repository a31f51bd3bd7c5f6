"""Sessions at a terminal, as pages show them: each command is run, and what it prints compared.

Commands of `engine` run in this process; all others are the shell's, and find the same `engine`.
`curl` asks the embedded account, which a reader serves in another terminal.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from engine.cli.main import run
from tests.support.dashboard import Dashboard
from tests.support.pages import Block

_OF_THE_SHELL = re.compile(r"[|<>;&$*`]")
_INNER = re.compile(r"\$\((engine [^)]*)\)")
_LEFT_OUT = "..."
_VARIABLE = re.compile(r"(?:export )?(\w+)=(\S*)")
# What differs from run to run: ids and hashes, moments, durations, and columns after those.
_VARIES = (
    (re.compile(r"\b([a-z]+)_[A-Za-z0-9]{8,}\b"), r"\1_ID"),
    (re.compile(r"\b(?=[a-f]*\d)[0-9a-f]{7,64}\b"), "HASH"),
    (re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z| UTC)?)?"), "TIME"),
    (re.compile(r"\d+\.\d+ ?s\b"), "SECONDS"),
    (re.compile(r"(?<=\S) {2,}"), "  "),
)
_GIT = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_SYSTEM": "/dev/null",
    **{f"GIT_{who}_NAME": "You" for who in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{who}_EMAIL": "you@example.com" for who in ("AUTHOR", "COMMITTER")},
}


@dataclass
class Session:
    """A terminal in a folder.

    Attributes:
        home: The folder that it begins in, and the person's home.
        patch: Changes folder and variables until the test ends.
    """

    home: Path
    patch: pytest.MonkeyPatch

    def __post_init__(self) -> None:
        """Begin, without what this process was given for tests."""
        self.patch.chdir(self.home)
        ours = ("ENGINE_", "STRIPE_", "PYTEST_XDIST_", "CI")  # pytest says more in the last two
        for name in [name for name in os.environ if name.startswith(ours)]:
            self.patch.delenv(name)
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        alone = "-q -p no:cacheprovider -p no:xdist"
        for name, value in {
            **_GIT,
            "HOME": str(self.home),
            "PATH": path,
            "PYTEST_ADDOPTS": alone,
            "ENGINE_PARALLELISM": "1",  # operations end in the order of the plan
        }.items():
            self.patch.setenv(name, value)

    def write(self, block: Block) -> None:
        """Write the file that a block is, or make the change that it shows."""
        changed = block.of("change")
        path = Path(changed or block.of("file"))
        if not changed:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
            return
        text = path.read_text(encoding="utf-8")
        for old, new in _hunks(block.text):
            assert text.count(old) == 1, f"{block.page}:{block.line}: not once in {path}: {old}"
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")

    def play(self, block: Block) -> str:
        """Run the commands of a block.

        Returns:
            The block as it is true: with `...` wherever lines are left out, and all lines of a
            command that did not print what is shown.
        """
        shown = list(_commands(block.text))
        codes = [*[0] * len(shown), *(block.exits or ())][-len(shown) :]
        written = []
        for (command, lines), expected in zip(shown, codes, strict=True):
            code, printed = self._run(command)
            where = f"{block.page}:{block.line}: {command}"
            assert code == expected, f"{where}: exits {code}\n{printed}"
            lines_printed = printed.replace(str(self.home), "~").rstrip("\n").splitlines()
            written += [f"$ {command}", *_true(lines, lines_printed)]
        return "\n".join(written) + "\n"

    def _run(self, command: str) -> tuple[int, str]:
        printed = ""
        for part in command.split(" && "):
            code, more = self._run_one(part)
            printed += more
            if code:
                return code, printed
        return 0, printed

    def _run_one(self, command: str) -> tuple[int, str]:
        if setting := _VARIABLE.fullmatch(command):
            self.patch.setenv(setting[1], shlex.split(setting[2])[0] if setting[2] else "")
            return 0, ""
        command = _INNER.sub(lambda inner: _here(shlex.split(inner[1])[1:])[1].strip(), command)
        if _OF_THE_SHELL.search(command):
            return _shell(command)
        words = shlex.split(command)
        if words[0] == "cd":
            self.patch.chdir(words[1])
            return 0, ""
        if words[0] == "curl":
            return 0, _ask_stripe(words[1:])
        return _here(words[1:]) if words[0] == "engine" else _shell(command)


def _here(words: list[str]) -> tuple[int, str]:
    """Run a command of the engine; both of its streams, as a terminal shows them."""
    with io.BytesIO() as bytes_, io.TextIOWrapper(bytes_, "utf-8", write_through=True) as screen:
        with contextlib.redirect_stdout(screen), contextlib.redirect_stderr(screen):
            code = run(words)
        return code, bytes_.getvalue().decode()


def _shell(command: str) -> tuple[int, str]:
    ended = subprocess.run(  # noqa: S602 - commands of our own pages
        command,
        shell=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    return ended.returncode, ended.stdout


def _ask_stripe(words: list[str]) -> str:
    options = argparse.ArgumentParser()
    options.add_argument("-s", action="store_true")
    options.add_argument("-u", dest="user")
    options.add_argument("-X", dest="method")
    options.add_argument("-d", dest="fields", action="append", default=[])
    options.add_argument("url")
    given = options.parse_args(words)
    method = given.method or ("POST" if given.fields else "GET")
    fields = dict(one.split("=", 1) for one in given.fields)
    answer = Dashboard(Path.cwd())(method, urlsplit(given.url).path, **fields)
    return json.dumps(answer, indent=2)


def _commands(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each command of a block, and the lines that are shown under it."""
    command, shown = "", list[str]()
    for line in text.splitlines():
        if line.startswith("$ "):
            if command:
                yield command, shown
            command, shown = line[2:], []
        else:
            shown.append(line)
    yield command, shown


def _true(shown: list[str], printed: list[str]) -> list[str]:
    """What is shown, with `...` where lines are left out; all that was printed if it is not so."""
    rest = [_alike(line) for line in printed if line.strip()]
    written: list[str] = []
    between: list[str] = []
    for line in shown:
        if line.strip() in {"", _LEFT_OUT}:
            between.append(line)
            continue
        if _alike(line) not in rest:
            return printed
        at = rest.index(_alike(line))
        written += [*_marked(between, left_out=at > 0), line]
        rest, between = rest[at + 1 :], []
    return [*written, *_marked(between, left_out=bool(rest))]


def _marked(between: list[str], *, left_out: bool) -> list[str]:
    """What is shown between two lines: empty lines, and one `...` if lines are left out there."""
    if not left_out:
        return ["" for _ in between]
    lines = between if any(map(str.strip, between)) else [_LEFT_OUT, *between]
    first = next(at for at, line in enumerate(lines) if line.strip())
    return [line for at, line in enumerate(lines) if at == first or not line.strip()]


def _alike(line: str) -> str:
    for pattern, instead in _VARIES:
        line = pattern.sub(instead, line.rstrip())
    return line


def _hunks(diff: str) -> Iterator[tuple[str, str]]:
    """What each run of `-` and `+` lines takes out, and what it puts there."""
    for hunk in re.findall(r"(?:^[-+].*\n)+", diff, re.MULTILINE):
        lines = hunk.splitlines()
        old, new = (
            "".join(f"{line[1:]}\n" for line in lines if line[0] == sign) for sign in ("-", "+")
        )
        yield old, new
