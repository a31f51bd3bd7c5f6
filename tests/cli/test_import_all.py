"""`engine import --all` as people type it: options, the question, the streams, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.bootstrap.project import open_project
from engine.ports.provider import RequestContext
from tests.support.command_line import Engine, Terminal

QUESTION = (b"[y/N] ",)


@pytest.fixture
def account(root: Path) -> Path:
    """A project without stacks, and an embedded account with two objects made by hand."""
    (root / "stacks" / "shop.py").unlink()
    context = open_project(root, environment="local")
    provider = context.connect()
    product = provider.create(
        context.schemas["stripe_product"], {"name": "Pro"}, RequestContext("a")
    )
    provider.create(
        context.schemas["stripe_price"],
        {"product": product["id"], "currency": "usd", "unit_amount": 900},
        RequestContext("b"),
    )
    return root


def files(root: Path) -> list[str]:
    """The modules and states of a project."""
    found = (*(root / "stacks").glob("*"), *(root / "state").glob("*/*.json"))
    return sorted(str(path.relative_to(root)) for path in found)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "engine import needs an address and an id, or --all"),
        (("--split",), "--split goes with --all"),
        (("--type", "Price"), "--type goes with --all"),
        (("stripe_product.pro", "prod_1", "--yes"), "--yes goes with --all"),
        (
            ("stripe_product.pro", "prod_1", "--all"),
            "engine import --all takes no address and no id: stripe_product.pro",
        ),
        (("stripe_product.pro",), "which object stripe_product.pro is to be is missing"),
        (
            ("--all", "--secret-from-stdin"),
            "--secret-from-stdin is of one object, and does not go with --all",
        ),
        (
            ("--all", "--yes", "--stack", "a", "--split"),
            "--stack names one stack and --split writes several",
        ),
        (("--all", "--yes", "--stack", "A b"), "'A b' cannot name a stack"),
        (("--all", "--yes", "--type", "Prise"), "there is no type 'Prise'"),
        (("--all", "--json"), "engine import --all needs a yes, and --json asks no questions"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    engine: Engine, account: Path, words: tuple[str, ...], message: str
) -> None:
    """With a way on, and before anything is read."""
    before = files(account)
    ended = engine("import", *words)
    assert ended.code == 1
    assert f"Error: {message}\n" in ended.err
    assert "Hint: " in ended.err
    assert files(account) == before


def test_a_misspelt_type_is_suggested(engine: Engine, account: Path) -> None:
    """As everywhere."""
    del account
    assert "did you mean price?" in engine("import", "--all", "--yes", "--type", "Prise").err


def test_without_a_terminal_it_needs_a_yes(shell: Engine, account: Path) -> None:
    """What would be written is shown, and nothing is written."""
    ended = shell("import", "--all")
    assert ended.code == 1
    assert "+ stacks/imported.py: 3 objects" in ended.out
    assert "Hint: --yes writes the files without a question" in ended.err
    assert "needs a yes, and there is no terminal to ask on" in ended.err
    assert files(account) == []


def test_a_yes_writes_the_files_and_names_the_next_step(engine: Engine, account: Path) -> None:
    """What is shown first, and what was done, on stdout; the next step on stderr."""
    ended = engine("import", "--all", "--yes")
    assert ended.code == 0
    assert "+ stacks/imported.py: 3 objects" in ended.out
    assert "1 price\n" in ended.out
    assert ended.out.endswith("Imported 3 objects into stacks/imported.py.\n")
    assert ended.err == "engine plan shows that nothing changes.\n"
    assert files(account) == ["stacks/imported.py", "state/local/imported.json"]
    plan = engine("plan", "--detailed-exitcode")
    assert (plan.code, "No changes." in plan.out) == (0, True)


def test_once_more_nothing_is_new(engine: Engine, account: Path) -> None:
    """No question is needed, and the exit code is 0."""
    engine("import", "--all", "--yes")
    before = files(account)
    ended = engine("import", "--all", "--yes")
    assert ended.code == 0
    assert "There is nothing to import that no stack manages; nothing was written.\n" in ended.out
    assert "3 managed by stacks of this project" in ended.out
    assert files(account) == before


def test_the_document_has_everything(engine: Engine, account: Path) -> None:
    """One on stdout, and nothing else there."""
    ended = engine("import", "--all", "--yes", "--json", "--split")
    assert (ended.code, ended.err) == (0, "")
    document = json.loads(ended.out)
    assert document["written"]
    catalog = next(stack for stack in document["stacks"] if stack["stack"] == "catalog")
    assert catalog["file"] == "stacks/catalog.py"
    assert catalog["text"] == (account / "stacks" / "catalog.py").read_text()
    assert {entry["type"] for entry in catalog["resources"]} == {"stripe_product", "stripe_price"}
    again = json.loads(engine("import", "--all", "--yes", "--json").out)
    assert (again["stacks"], again["written"]) == ([], False)
    assert {"type": "stripe_price", "why": "owned", "count": 1} in again["left"]


def test_the_code_can_be_read_before_the_answer(terminal: Terminal, account: Path) -> None:
    """With -v the preview has it."""
    del account
    code, screen = terminal(["import", "--all", "-v", "--no-color"], b"n\n", questions=QUESTION)
    assert code == 1
    assert 'Product("pro", name="Pro")' in screen


@pytest.mark.parametrize("answer", [b"y\n", b"yes\n", b"Y\n"])
def test_a_yes_at_the_question_writes(terminal: Terminal, account: Path, answer: bytes) -> None:
    """In whatever case."""
    code, screen = terminal(["import", "--all", "--no-color"], answer, questions=QUESTION)
    assert code == 0
    assert "Write this file and its state? [y/N] " in screen
    assert files(account) == ["stacks/imported.py", "state/local/imported.json"]


@pytest.mark.parametrize("answer", [b"n\n", b"\n", b"yep\n", b"\x04"])
def test_anything_else_writes_nothing(terminal: Terminal, account: Path, answer: bytes) -> None:
    """The end of input too."""
    code, screen = terminal(["import", "--all", "--no-color"], answer, questions=QUESTION)
    assert code == 1
    assert screen.endswith("Import cancelled. Nothing was written.\n")
    assert files(account) == []


def test_ctrl_c_at_the_question_writes_nothing(terminal: Terminal, account: Path) -> None:
    """It is no answer, and no bug."""
    code, screen = terminal(["import", "--all", "--no-color"], b"\x03", questions=QUESTION)
    assert code == 130
    assert "Traceback" not in screen
    assert files(account) == []
