"""Names are paths and reach terminals: what they may be, and how what may not is shown."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.command_line import Engine

BAD = [
    "../../x",
    "Live",
    "a b",
    ".hidden",
    "-x",
    "live/",
    "/shop",
    "live/.shop",
    "live/a/b",
    "\x1b[2J",
    "\u202elive",
    "ü",
]


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("way", ["flag", "variable", "default", "table"])
def test_environments_are_named_as_stacks_are(
    engine: Engine, root: Path, monkeypatch: pytest.MonkeyPatch, way: str, name: str
) -> None:
    """Wherever the name comes from; nothing is made, and nothing raw is shown."""
    words: tuple[str, ...] = ("plan",)
    spelt = json.dumps(name)
    if way == "flag":
        words = ("-e", name, *words) if not name.startswith("-") else (f"--env={name}", *words)
    elif way == "variable":
        monkeypatch.setenv("ENGINE_ENVIRONMENT", name)
    elif way == "default":
        (root / "pyproject.toml").write_text(f"[tool.engine]\ndefault-environment = {spelt}\n")
    else:
        (root / "pyproject.toml").write_text(f"[tool.engine.environments.{spelt}]\nlive = true\n")
    before = sorted(root.rglob("*"))
    ended = engine(*words)
    assert ended.code == 1
    assert "cannot name an environment" in ended.err
    assert not any(sign in ended.err for sign in ("\x1b", "\u202e"))
    assert sorted(root.rglob("*")) == [*before]


def test_what_begins_with_a_dot_is_no_stack(engine: Engine, root: Path) -> None:
    """Editors and file systems leave such files behind."""
    for name in (".#shop.py", "._shop.py", ".py", ".hidden.py"):
        (root / "stacks" / name).write_bytes(b"\x00\x05\x16\x07 raise SystemExit")
    assert engine("validate").out.startswith("Success: 1 stack, ")


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _folder(path: Path) -> None:
    path.mkdir()


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _dangling(path: Path) -> None:
    path.symlink_to("nowhere")


@pytest.mark.parametrize("make", [_pipe, _folder, _device, _dangling], ids=lambda f: f.__name__)
def test_what_is_no_file_is_no_stack(
    engine: Engine, root: Path, make: Callable[[Path], None]
) -> None:
    """Refused with its name; nobody waits for it."""
    make(root / "stacks" / "other.py")
    ended = engine("validate")
    assert ended.code == 1
    assert "stacks/other.py: it is a folder, a pipe, a device" in ended.err


@pytest.mark.parametrize("make", [_pipe, _folder, _device], ids=lambda f: f.__name__)
@pytest.mark.parametrize("name", ["shop.json", "shop.journal", "shop.lock.json"])
def test_what_is_no_file_is_no_state(
    engine: Engine, root: Path, make: Callable[[Path], None], name: str
) -> None:
    """Neither a state, nor a journal, nor a held lock."""
    assert engine("apply", "--yes").code == 0
    path = root / "state" / "local" / name
    path.unlink(missing_ok=True)
    make(path)
    ended = engine("plan")
    assert ended.code == 1
    assert name in ended.err
    assert any(word in ended.err for word in ("no file", "is a link", "Is a directory"))
    assert engine("state", "verify", f"state/local/{name}").code in (0, 1)


@pytest.mark.parametrize("make", [_pipe, _folder, _device], ids=lambda f: f.__name__)
def test_what_is_no_file_is_no_plan(
    engine: Engine, root: Path, make: Callable[[Path], None]
) -> None:
    """To read, or to write over."""
    make(root / "shop.plan")
    for words in (("show", "shop.plan"), ("apply", "shop.plan"), ("plan", "-o", "shop.plan")):
        ended = engine(*words)
        assert ended.code == 1
        assert "shop.plan" in ended.err


def test_a_link_in_place_of_a_state_is_refused(engine: Engine, root: Path) -> None:
    """The first write would break it, and two checkouts would go their own ways."""
    assert engine("apply", "--yes").code == 0
    path = root / "state" / "local" / "shop.json"
    path.rename(root / "elsewhere.json")
    path.symlink_to(root / "elsewhere.json")
    ended = engine("apply", "--yes")
    assert ended.code == 1
    assert "shop.json is a link" in ended.err
    assert "link the folder it is in" in ended.err


@pytest.mark.parametrize("word", ["../../x", "a b", "X"])
def test_no_name_leads_out_of_the_states(engine: Engine, root: Path, word: str) -> None:
    """Whatever takes the name of a stack."""
    (root / "x.lock.json").write_text("{}")
    for words in (
        ("state", "list", word),
        ("output", "--stack", word),
        ("lock", f"local/{word}", "--reason", "x"),
        ("lock", f"local/{word}", "--release"),
        ("state", "verify", word),
    ):
        assert engine(*words).code == 1
    assert (root / "x.lock.json").exists()


STRANGE = """
from engine.stripe import Product

Product("pro", name="P\\u202er\\x9bo\\x7f", metadata={"k\\x1bc\\u2066": "v\\u200b"})
"""


def test_nothing_that_a_terminal_acts_on_gets_there_raw(
    engine: Engine, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Values, keys and what Stripe answers; in colour, as documents and in progress too."""
    (root / "stacks" / "shop.py").write_text(STRANGE)
    monkeypatch.setenv("FORCE_COLOR", "1")
    bad = ("\x1bc", "\u202e", "\x9b", "\x7f", "\u2066", "\u200b")
    for words in (
        ("plan",),
        ("plan", "--json"),
        ("apply", "--yes", "-v"),
        ("show",),
        ("show", "--json"),
        ("state", "show", "stripe_product.pro"),
        ("destroy", "--yes"),
    ):
        ended = engine(*words)
        for sign in bad:
            assert sign not in ended.out + ended.err, (words, sign)
    shown = engine("plan").out
    assert all(f"\\u{code}" in shown for code in ("202e", "009b", "007f", "001b", "2066", "200b"))
    assert json.loads(engine("plan", "--json").out)
