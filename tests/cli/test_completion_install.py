"""`engine completion`: the script of a shell, in a file of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engine.cli.commands.completion import SHELLS, place_of
from tests.support.command_line import Engine

FILES = {
    "bash": ".local/share/bash-completion/completions/engine",
    "zsh": ".local/share/zsh/site-functions/_engine",
    "fish": ".config/fish/completions/engine.fish",
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person's folder, and none of the variables that name others."""
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "BASH_COMPLETION_USER_DIR", "SHELL"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "home of anna"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    return folder


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_printed(engine: Engine, shell: str) -> None:
    """The same in a document."""
    ended = engine("completion", shell)
    assert ended.code == 0
    assert f"_ENGINE_COMPLETE={shell}_complete" in ended.out
    document = json.loads(engine("completion", shell, "--json").out)
    assert document["script"] == ended.out
    assert (document["file"], document["change"]) == (None, "printed")


@pytest.mark.parametrize("shell", SHELLS)
def test_it_is_installed_once_and_removed(engine: Engine, home: Path, shell: str) -> None:
    """Where the shell looks for it, in no other file; twice is the same as once."""
    file = home / FILES[shell]
    ended = engine("completion", shell, "--install")
    assert ended.code == 0
    assert ended.out.startswith(f"Wrote {file}.\n")
    assert file.read_text(encoding="utf-8") == engine("completion", shell).out
    assert [path for path in home.rglob("*") if path.is_file()] == [file]
    assert engine("completion", shell, "--install").out.startswith(f"{file} is there already.\n")
    assert engine("completion", shell, "--uninstall").out == f"Removed {file}.\n"
    assert not file.exists()
    assert engine("completion", shell, "--uninstall").out == (
        f"Nothing to remove: there is no {file}.\n"
    )


def test_an_old_script_is_written_anew(engine: Engine, home: Path) -> None:
    """As after an upgrade; the document says so."""
    file = home / FILES["fish"]
    file.parent.mkdir(parents=True)
    file.write_text("# of an older engine: _ENGINE_COMPLETE\n", encoding="utf-8")
    document = json.loads(engine("completion", "fish", "--install", "--json").out)
    assert (document["file"], document["change"]) == (str(file), "written")


@pytest.mark.parametrize("option", ["--install", "--uninstall"])
def test_what_is_of_others_stays(engine: Engine, home: Path, option: str) -> None:
    """Another program may be called `engine` too."""
    file = home / FILES["bash"]
    file.parent.mkdir(parents=True)
    file.write_text("complete -W 'start stop' engine\n", encoding="utf-8")
    ended = engine("completion", "bash", option)
    assert ended.code == 1
    assert "is not a completion script of the engine" in ended.err
    assert file.read_text(encoding="utf-8") == "complete -W 'start stop' engine\n"


def test_a_link_stays_a_link(engine: Engine, home: Path, tmp_path: Path) -> None:
    """People keep such files in repositories of their settings."""
    kept = tmp_path / "dotfiles" / "engine.fish"
    kept.parent.mkdir()
    kept.write_text("", encoding="utf-8")
    file = home / FILES["fish"]
    file.parent.mkdir(parents=True)
    file.symlink_to(kept)
    assert engine("completion", "fish", "--install").code == 0
    assert file.is_symlink()
    assert "_ENGINE_COMPLETE" in kept.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("shell", "environ", "expected"),
    [
        ("bash", {"XDG_DATA_HOME": "/d"}, "/d/bash-completion/completions/engine"),
        ("bash", {"BASH_COMPLETION_USER_DIR": "/b:/c"}, "/b/completions/engine"),
        ("zsh", {"XDG_DATA_HOME": "/d"}, "/d/zsh/site-functions/_engine"),
        ("fish", {"XDG_CONFIG_HOME": "/c"}, "/c/fish/completions/engine.fish"),
        ("fish", {"XDG_CONFIG_HOME": "relative"}, "~/.config/fish/completions/engine.fish"),
    ],
)
def test_other_folders_are_respected(shell: str, environ: dict[str, str], expected: str) -> None:
    """Those of the XDG specification, which says to pass over relative ones."""
    assert place_of(shell, environ) == Path(expected).expanduser()


def test_the_shell_of_the_login_is_the_default(
    engine: Engine, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is not known has to be named."""
    monkeypatch.setenv("SHELL", "/usr/local/bin/zsh")
    ended = engine("completion", "--install")
    assert (home / FILES["zsh"]).exists()
    assert f"fpath=('{home}/.local/share/zsh/site-functions' $fpath)" in ended.out
    monkeypatch.setenv("SHELL", "/bin/tcsh")
    assert "SHELL names tcsh" in engine("completion").err
    monkeypatch.delenv("SHELL")
    assert "engine completion bash|zsh|fish" in engine("completion").err


def test_both_options_exclude_each_other(engine: Engine) -> None:
    """It is written or removed."""
    ended = engine("completion", "bash", "--install", "--uninstall")
    assert (ended.code, "exclude each other" in ended.err) == (1, True)


@pytest.mark.parametrize(
    ("words", "offered"),
    [("engine val", "validate"), ("engine plan --env = loc", "local")],
)
@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed here")
def test_bash_completes_with_what_is_installed(
    engine: Engine, home: Path, words: str, offered: str
) -> None:
    """In a shell that reads the file, as bash-completion does; it takes `--env=loc` apart."""
    engine("completion", "bash", "--install")
    program = home / "engine"
    program.write_text(f"#!/bin/sh\nexec '{sys.executable}' -m engine\n", encoding="utf-8")
    program.chmod(0o755)
    script = (
        f"source '{home / FILES['bash']}'; COMP_WORDS=({words}); COMP_CWORD={words.count(' ')};"
        f"_engine_completion '{program}'; "
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(  # noqa: S603 - our own words
        ["bash", "--norc", "-c", script],  # noqa: S607 - as a person has it
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stdout == f"{offered}\n"
