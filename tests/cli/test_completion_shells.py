"""What zsh and fish do with the Tab key, once `engine completion --install` has been followed."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command_line import Engine

TYPED = {
    "engine val": "engine validate",
    "engine state his": "engine state history",
    "engine plan --env=te": "engine plan --env=test",
    "engine plan --ref": "engine plan --refresh-only",
    "engine plan --target stripe_pri": "engine plan --target stripe_price.pro-monthly",
    "engine apply sav": "engine apply saved.plan",
    "engine apply sh": "engine apply shop",
}
"""What a person types before Tab, and what is on the line after it."""


@pytest.fixture
def home(engine: Engine, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person's folder; `engine` is in PATH, and the current folder is an applied project."""
    assert engine("apply", "--yes").code == 0
    (root / "pyproject.toml").write_text("[tool.engine.environments.test]\n", encoding="utf-8")
    (root / "saved.plan").touch()
    folder = tmp_path / "home of anna"
    program = folder / "bin" / "engine"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\nexec '{sys.executable}' -m engine \"$@\"\n", encoding="utf-8")
    program.chmod(0o755)
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "ZDOTDIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return folder


def at_a_terminal(*words: str, typed: str) -> str:
    """What a program writes that reads keys from a terminal."""
    ours, its = pty.openpty()
    with subprocess.Popen(words, stdin=its, stdout=its, stderr=its, start_new_session=True) as run:  # noqa: S603 - a shell
        os.close(its)
        os.write(ours, typed.encode())
        screen = b""
        try:
            while got := os.read(ours, 4096):
                screen += got
        except OSError:  # Linux's way to say that the other side is closed
            pass
        os.close(ours)
        run.wait()
    return screen.decode(errors="replace")


@pytest.mark.skipif(
    shutil.which("zsh") is None, reason="zsh is not installed (apt-get install zsh)"
)
def test_zsh_completes(engine: Engine, home: Path) -> None:
    """With the lines in .zshrc that the installation shows, in a folder whose name has blanks."""
    said = engine("completion", "zsh", "--install").out
    lines = [line.strip() for line in said.splitlines() if line.startswith("  ")]
    assert len(lines) == 2
    keep = (
        'keep() { print -r -- "${BUFFER% }" >> ~/lines; BUFFER= }; zle -N keep; bindkey "^G" keep'
    )
    (home / ".zshrc").write_text("\n".join([*lines, keep, ""]), encoding="utf-8")
    screen = at_a_terminal("zsh", "-i", typed="".join(f"{one}\t\x07" for one in TYPED) + "exit\r")
    found = (home / "lines").read_text(encoding="utf-8").splitlines()
    assert dict(zip(TYPED, found, strict=True)) == TYPED, screen


@pytest.mark.skipif(
    shutil.which("fish") is None, reason="fish is not installed (apt-get install fish)"
)
def test_fish_completes(engine: Engine, home: Path) -> None:
    """It finds the file by itself."""
    del home
    assert engine("completion", "fish", "--install").code == 0
    for typed, expected in TYPED.items():
        done = subprocess.run(  # noqa: S603 - our own words
            ["fish", "-c", f"complete -C '{typed}'"],  # noqa: S607 - as a person has it
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
        offered = [line.partition("\t")[0] for line in done.stdout.splitlines()]
        assert offered == [expected.rpartition(" ")[2]], typed
