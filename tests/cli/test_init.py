"""Starting a project."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from engine.emulator.core import Emulator
from engine.emulator.doors.server import EmulatorServer
from tests.support.command_line import Engine

REFUSED = "A live key is refused until an environment says live = true; see pyproject.toml."
MADE = [
    "stacks/catalog.py",
    "state/README.md",
    "state/.gitignore",
    "pyproject.toml",
    ".gitignore",
]


@pytest.fixture
def home(root: Path) -> Path:
    """An empty folder inside the current one."""
    folder = root / "billing"
    folder.mkdir()
    return folder


def test_a_new_project_is_valid_and_plans_four_resources(engine: Engine, home: Path) -> None:
    """Product, two prices and a portal over them, on the embedded emulator."""
    ended = engine("init", "billing")
    assert ended.code == 0
    assert [line.split()[:2] for line in ended.out.splitlines()[: len(MADE)]] == [
        ["made", name] for name in MADE
    ]
    assert "\nNext:\n  cd billing\n  engine validate " in ended.out
    assert (
        engine("-C", "billing", "validate").out == "Success: 1 stack, 4 resources, no problems.\n"
    )
    ended = engine("-C", "billing", "plan", "--detailed-exitcode")
    assert ended.code == 2
    assert ended.out.endswith("\nPlan: 4 to create, 0 to update, 0 to replace, 0 to remove.\n")
    assert (home / "pyproject.toml").exists()


def test_a_second_time_nothing_is_touched(engine: Engine, home: Path) -> None:
    """What is there is left, and said to be left."""
    engine("init", "billing")
    before = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    ended = engine("init", "billing")
    assert ended.code == 0
    assert [line.split()[0] for line in ended.out.splitlines()[: len(MADE)]] == ["left"] * len(MADE)
    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == before


def test_real_stacks_get_no_example_beside_them(engine: Engine, root: Path) -> None:
    """The example would be applied together with them."""
    assert "left  stacks/catalog.py  (stacks/ has shop.py already)" in engine("init").out
    assert [path.name for path in (root / "stacks").iterdir()] == ["shop.py"]


def test_existing_files_are_added_to(engine: Engine, home: Path) -> None:
    """A table and two lines are appended; everything else stays to the byte."""
    (home / "pyproject.toml").write_text('[project]\nname = "x"', encoding="utf-8")
    (home / ".gitignore").write_text("*.pyc\n.engine\n", encoding="utf-8")
    engine("init", "billing")
    document = tomllib.loads((home / "pyproject.toml").read_text(encoding="utf-8"))
    assert document["project"] == {"name": "x"}
    assert document["tool"]["engine"]["environments"]["test"]["api-key"] == "env:STRIPE_TEST_KEY"
    ignored = (home / ".gitignore").read_text(encoding="utf-8")
    assert ignored.startswith("*.pyc\n.engine\n\n#")
    assert ignored.count(".engine") == 1
    assert ignored.endswith("\nstate/local/\n*.plan\n.env\n.env.emulator\n")


def test_a_project_with_a_table_keeps_it(engine: Engine, home: Path) -> None:
    """Whatever is in it."""
    (home / "pyproject.toml").write_text("[tool.engine]\n", encoding="utf-8")
    assert "left  pyproject.toml  (it has [tool.engine])" in engine("init", "billing").out


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("pyproject.toml", b"[tool", "is not TOML"),
        ("pyproject.toml", b"\xff", "is not UTF-8 text"),
        (".gitignore", b"\xff", "is not UTF-8 text"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(
    engine: Engine, home: Path, name: str, content: bytes, message: str
) -> None:
    """And left as it is."""
    (home / name).write_bytes(content)
    ended = engine("init", "billing")
    assert ended.code == 1
    assert f"Error: billing/{name} {message}" in ended.err
    assert (home / name).read_bytes() == content


def test_a_folder_that_cannot_be_made_is_named(engine: Engine, root: Path) -> None:
    """The system's reason, with the path."""
    (root / "file").write_text("", encoding="utf-8")
    ended = engine("init", "file")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == "Error: file: File exists\n"


def test_init_tells_machines_what_it_made(engine: Engine, home: Path) -> None:
    """One document, and nothing else."""
    ended = engine("--json", "init", "billing")
    assert json.loads(ended.out) == {
        "format_version": "1",
        "folder": "billing",
        "made": MADE,
        "left": [],
        "environment": {"name": "local", "embedded": True, "livemode": False},
    }
    assert home.is_dir()


def test_without_a_key_the_emulator_is_named(engine: Engine, home: Path) -> None:
    """And no account is needed."""
    assert home.is_dir()
    assert engine("init", "billing").out.endswith(
        "  engine apply       create it, on the embedded Stripe emulator: no account is needed\n"
    )


@pytest.mark.parametrize(
    ("key", "base", "told"),
    [
        (
            "sk_test_shop",
            "",
            "These speak to environment default (test mode).\n",
        ),
        (
            "sk_test_shop",
            "http://user:word@127.0.0.1:4242/",
            "These speak to environment default at http://127.0.0.1:4242 (test mode).\n",
        ),
        (
            "sk_live_shop",
            "",
            f"These speak to environment default (LIVE MODE).\n{REFUSED}\n",
        ),
    ],
)
def test_with_a_key_the_account_is_named_that_the_next_command_writes_to(
    engine: Engine,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    key: str,
    base: str,
    told: str,
) -> None:
    """Its mode too, and how to do without it."""
    assert home.is_dir()
    monkeypatch.setenv("STRIPE_API_KEY", key)
    monkeypatch.setenv("STRIPE_API_BASE", base)
    out = engine("init", "billing").out
    assert "no account is needed" not in out
    assert out.endswith(
        "  engine apply       create it, after a yes, on the account of the key in "
        f"STRIPE_API_KEY\n\n{told}"
        "To try it on the embedded emulator, without an account: add -e local\n"
    )


def test_an_environment_whose_key_is_not_set_says_so(engine: Engine, home: Path) -> None:
    """The one that is named with -e, or by the project."""
    assert home.is_dir()
    out = engine("init", "billing", "-e", "test").out
    assert "on the account of the key in STRIPE_TEST_KEY\n" in out
    assert "environment test (the key is not set yet)." in out


def test_the_live_environment_works_once_it_is_uncommented(
    engine: Engine, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The block is taken as it is, and a live key is then used."""
    engine("init", "billing")
    file = home / "pyproject.toml"
    head, mark, block = file.read_text(encoding="utf-8").partition("# [tool.engine.env")
    assert mark
    lines = f"{mark}{block}".splitlines()
    assert all(line.startswith("# ") for line in lines)
    file.write_text(head + "\n".join(line.removeprefix("# ") for line in lines), encoding="utf-8")
    with Emulator() as emulator, EmulatorServer(emulator) as server:
        monkeypatch.setenv("STRIPE_API_BASE", server.url)
        monkeypatch.setenv("STRIPE_LIVE_KEY", "sk_live_shop")
        ended = engine("-C", "billing", "apply", "-e", "live", "--yes")
        assert ended.code == 0, ended.err
        assert "LIVE MODE" in ended.out.splitlines()[0]
