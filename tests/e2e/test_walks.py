"""Pages that show a session at a terminal are true: each command is run, in its order.

Above a block stands what it is: `<!-- file: stacks/shop.py -->` writes it, `<!-- run -->` runs its
commands, which begin with `$ `. Every line that the page shows under a command is a line that the
command prints, in that order; what the page leaves out is marked by `...` or by nothing at all.
"""

from __future__ import annotations

import argparse
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.command_line import run_here
from tests.support.dashboard import Dashboard
from tests.support.store_addresses import STORE_ADDRESSES

TEAMS = "how-to/share-state.md"
DOCS = Path(__file__).parents[2] / "docs"
_BLOCK = re.compile(
    r"<!-- (?:file: (?P<file>\S+)|run(?:, exits (?P<code>\d+))?) -->\n"
    r"```\w*\n(?P<text>.*?)```",
    re.DOTALL,
)
_PAGES = sorted(
    path.relative_to(DOCS).as_posix()
    for path in DOCS.rglob("*.md")
    if _BLOCK.search(path.read_text("utf-8"))
)
# Ids and counts of requests differ from run to run.
_VARIES = re.compile(r"\b([a-z]+)_[A-Za-z0-9]{8,}\b")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the commands run."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", [page for page in _PAGES if page != TEAMS])
def test_the_commands_of_a_page_print_what_it_shows(
    page: str, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """From the first block to the last, in one folder."""
    _walk(page, folder, capfd)


@pytest.mark.parametrize("kind", STORE_ADDRESSES)
def test_the_commands_of_the_page_on_teams_work_in_every_store(
    kind: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The page takes the address from a variable, so that it is one page for all of them."""
    with STORE_ADDRESSES[kind]() as address:
        for name, value in {**address.login, "ENGINE_STATE": address.state}.items():
            monkeypatch.setenv(name, value)
        _walk(TEAMS, folder, capfd)


def _walk(page: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "stacks").mkdir()
    for block in _BLOCK.finditer((DOCS / page).read_text(encoding="utf-8")):
        if block["file"]:
            path = tmp_path / block["file"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block["text"], encoding="utf-8")
            continue
        for command, shown in _commands(block["text"]):
            _run(capfd, command, shown, int(block["code"] or 0))


def test_pages_show_sessions() -> None:
    """The pages on stacks and on teams are among those that are tried."""
    assert {"how-to/split-and-move.md", TEAMS} <= {*_PAGES}


def _run(capfd: pytest.CaptureFixture[str], command: str, shown: list[str], code: int) -> None:
    """Run a command of a page; words of the shell that a page needs are few."""
    words = shlex.split(command)
    if words[0] == "rm":
        for name in words[1:]:
            Path(name).unlink()
        return
    if words[0] == "mv":
        Path(words[1]).rename(words[2])
        return
    if words[0] == "curl":
        _ask_stripe(words[1:])
        return
    if words[0] == "pytest":
        _run_tests(words[1:], code)
        return
    assert words[0] == "engine", command
    ended = run_here(capfd, *words[1:])
    printed = [_alike(line) for line in (ended.out + ended.err).splitlines()]
    assert ended.code == code, f"{command}\n{ended.out}{ended.err}"
    rest = iter(printed)
    for line in shown:
        assert _alike(line) in rest, f"{command}: not printed: {line}\n{ended.out}{ended.err}"


def _run_tests(words: list[str], code: int) -> None:
    """Run the tests of a project, which find its policies as its settings of pytest say."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    command += ["-o", "pythonpath=stacks", "--rootdir", ".", *words]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - of a page
    assert ended.returncode == code, ended.stdout + ended.stderr


def _ask_stripe(words: list[str]) -> None:
    """Send what `curl` would send to the embedded account, which a page serves in a terminal."""
    options = argparse.ArgumentParser()
    options.add_argument("-u", dest="user")
    options.add_argument("-X", dest="method", default="POST")
    options.add_argument("-d", dest="fields", action="append", default=[])
    options.add_argument("url")
    given = options.parse_args(words)
    dashboard = Dashboard(Path.cwd())
    dashboard(
        given.method, urlsplit(given.url).path, **dict(one.split("=", 1) for one in given.fields)
    )


def _commands(text: str) -> Iterator[tuple[str, list[str]]]:
    """Each command of a block, and the lines that are shown under it."""
    command, shown = "", list[str]()
    for line in text.splitlines():
        if line.startswith("$ "):
            if command:
                yield command, shown
            command, shown = line[2:], []
        elif line.strip() and line.strip() != "...":
            shown.append(line)
    yield command, shown


def _alike(line: str) -> str:
    return _VARIES.sub(r"\1_ID", line.rstrip())
