"""Saved plans on the command line: what is typed, what is said, what is left."""

from __future__ import annotations

import json
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import Engine, Write

HEAD = "Environment local (embedded emulator), account acct_"


def written(engine: Engine, *words: str) -> Any:
    """Save a plan to shop.plan."""
    ended = engine("plan", "-o", "shop.plan", *words)
    assert ended.code in (0, 2), ended.err
    return ended


def test_a_plan_is_saved_and_the_next_step_named(engine: Engine, root: Path) -> None:
    """The plan goes to stdout as ever, what to do with it to stderr."""
    shown = engine("plan").out
    ended = written(engine)
    assert (ended.code, ended.out) == (0, shown)
    assert ended.err == (
        "\nThe plan is saved in shop.plan. To carry out exactly it: engine apply shop.plan\n"
    )
    assert stat.S_IMODE((root / "shop.plan").stat().st_mode) == 0o600
    assert written(engine, "--detailed-exitcode").code == 2


def test_the_next_step_names_what_the_command_named(
    engine: Engine, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bare word might be a stack, and a blank would be two words."""
    ended = engine("plan", "-e", "local", "-o", "tfplan")
    assert ended.err.endswith(": engine apply -e local ./tfplan\n")
    monkeypatch.chdir(root.parent)
    ended = engine("-C", "project", "plan", "--out", "my shop.plan")
    assert ended.err.endswith(": engine -C project apply 'my shop.plan'\n")
    assert (root / "my shop.plan").exists()


def test_a_saved_plan_is_applied_without_a_question(shell: Engine, root: Path) -> None:
    """Without a terminal too: whoever saved it could look at it; it is shown all the same."""
    plan = shell("plan", "-o", "shop.plan")
    ended = shell("apply", "shop.plan")
    assert ended.code == 0
    assert ended.out.startswith(plan.out)
    assert "\n\nApply complete: 2 created, 0 updated, 0 replaced, 0 removed.\n" in ended.out
    assert (root / "state" / "local" / "shop.json").exists()

    again = shell("apply", "shop.plan", "--yes")
    assert (again.code, again.out) == (4, "")
    state = json.loads((root / "state" / "local" / "shop.json").read_text(encoding="utf-8"))
    assert again.err == (
        "Error: local/shop: the saved plan was applied already, or another run did the same: "
        f"serial {state['serial']} of the state has all that it would do\n"
        "Hint: run engine plan -o again and apply what it writes; nothing was changed\n"
    )


def test_a_saved_plan_without_changes(engine: Engine) -> None:
    """There is no next step, and applying it says so."""
    assert engine("apply", "--yes").code == 0
    ended = written(engine)
    assert ended.err == "\nThe plan is saved in shop.plan.\n"
    ended = engine("apply", "shop.plan")
    assert ended.code == 0
    assert ended.out.startswith(HEAD)
    assert ended.out.endswith("\nNo changes.\nWhat is on Stripe is what the code says.\n")


@pytest.mark.parametrize("option", [(), ("--detailed-exitcode",)])
def test_a_refused_plan_is_shown_and_not_saved(
    engine: Engine, write: Write, root: Path, option: Sequence[str]
) -> None:
    """It ends as its apply would: with exit code 4, on which a pipeline stops."""
    text = """
        from engine import Lifecycle
        from engine.stripe import Product

        Product("pro", name="Pro", lifecycle=Lifecycle(protect=True))
    """
    write("shop", text)
    assert engine("apply", "--yes").code == 0
    ended = engine("plan", "--destroy", "-o", "shop.plan", *option)
    assert ended.code == 4
    assert "This plan is refused:\n  stripe_product.pro is protected" in ended.out
    assert ended.err.startswith("\nError: the plan is refused: stripe_product.pro is protected")
    assert ended.err.endswith("\nHint: it is not saved in shop.plan\n")
    assert not (root / "shop.plan").exists()
    ended = engine("plan", "--destroy", *option)
    assert ended.code == 4
    assert ended.err.endswith("\nHint: an apply ends like this too\n")
    ended = engine("plan", "--destroy", "--json", *option)
    assert ended.code == 4
    (stack,) = json.loads(ended.out)["stacks"]
    assert stack["refused"] == [
        {
            "reference": "protected",
            "message": stack["refusals"][0],
            "stack": "shop",
            "address": "stripe_product.pro",
            "file": None,
            "line": None,
            "policy": None,
        }
    ]


PROTECTED = """
    from engine import Lifecycle
    from engine.stripe import Coupon

    Coupon("ten", percent_off={}, duration="once", lifecycle=Lifecycle(protect=True))
"""


@pytest.mark.parametrize(
    "words", [("apply", "--yes"), ("apply",), ("plan", "--detailed-exitcode"), ("plan",)]
)
def test_documents_name_each_refusal(engine: Engine, write: Write, words: Sequence[str]) -> None:
    """With its rule, its address, and the line where that is declared; always with exit code 4."""
    write("shop", PROTECTED.format(10))
    assert engine("apply", "--yes").code == 0
    write("shop", PROTECTED.format(20))
    if words == ("apply",):
        words = ("destroy", "--yes")
    ended = engine(*words, "--json")
    assert ended.code == 4
    document = json.loads(ended.out)
    found = document["error"] if "error" in document else document["stacks"][0]
    (refused,) = found["refused"]
    assert "stripe_coupon.ten is protected" in refused.pop("message")
    there = words[0] != "destroy"
    assert refused == {
        "reference": "protected",
        "stack": "shop",
        "address": "stripe_coupon.ten",
        "file": "stacks/shop.py" if there else None,
        "line": 5 if there else None,
        "policy": None,
    }


@pytest.mark.parametrize("content", ["plan", "empty"])
def test_an_earlier_plan_goes_when_the_new_one_is_refused(
    engine: Engine, write: Write, root: Path, content: str
) -> None:
    """A pipeline that goes on would apply yesterday's; an empty file of mktemp is left."""
    write("shop", PROTECTED.format(10))
    assert engine("apply", "--yes").code == 0
    if content == "plan":
        written(engine)
    else:
        (root / "shop.plan").touch()
    write("shop", PROTECTED.format(20))
    ended = engine("plan", "-o", "shop.plan")
    assert ended.code == 4
    assert (root / "shop.plan").exists() is (content == "empty")
    assert ("The earlier plan in shop.plan is removed" in ended.err) is (content == "plan")
    # What is no refusal leaves it: the network may be back in a minute.
    write("shop", PROTECTED.format(10))
    written(engine)
    write("shop", "broken(")
    assert engine("plan", "-o", "shop.plan").code == 1
    assert (root / "shop.plan").exists()


def test_a_stale_plan_says_so_to_programs(engine: Engine) -> None:
    """It is refused as any other, with its reference."""
    written(engine)
    assert engine("apply", "--yes").code == 0
    ended = engine("apply", "shop.plan", "--json")
    assert ended.code == 4
    (refused,) = json.loads(ended.out)["error"]["refused"]
    assert (refused["reference"], refused["stack"]) == ("plan-stale", "shop")


def test_documents_are_those_of_plan_and_apply(engine: Engine) -> None:
    """Nothing else is on stdout or stderr."""
    plain = json.loads(engine("plan", "--json").out)
    ended = written(engine, "--json")
    assert ended.err == ""
    assert json.loads(ended.out) == plain
    assert json.loads(engine("show", "shop.plan", "--json").out) == plain
    ended = engine("apply", "shop.plan", "--json")
    document = json.loads(ended.out)
    assert (ended.code, ended.err) == (0, "")
    assert document["saved_plan"] is True
    assert [entry["outcome"] for entry in document["outcomes"]] == ["applied", "applied"]


def test_an_apply_says_that_it_planned_itself(engine: Engine) -> None:
    """A machine can tell the two apart."""
    assert json.loads(engine("apply", "--yes", "--json").out)["saved_plan"] is False


def test_a_saved_plan_is_shown_as_it_was(engine: Engine) -> None:
    """With what it was made with at its head; Stripe is not asked."""
    shown = written(engine, "--target", "stripe_product.pro").out
    ended = engine("show", "shop.plan")
    head, rest = ended.out.split("\n", 1)
    assert head.startswith("Plan saved by engine ")
    assert head.endswith(", made with --target stripe_product.pro")
    assert (ended.code, rest, ended.err) == (0, shown, "")


def test_an_object_that_moved_is_named(engine: Engine, root: Path) -> None:
    """Exit code 4: nothing was changed."""
    assert engine("apply", "--yes").code == 0
    written(engine, "--var", "name=Pro 2")
    # A second state of the same account stands for a hand in the Dashboard.
    state = root / "state" / "local" / "shop.json"
    before = state.read_bytes()
    assert engine("apply", "--yes", "--var", "name=By hand").code == 0
    state.write_bytes(before)
    ended = engine("apply", "shop.plan")
    assert ended.code == 4
    assert ended.err == (
        "Error: the saved plan does not hold any more: stripe_product.pro changed on Stripe since "
        'the plan was made: name "Pro" -> "By hand"\n'
        "Hint: run engine plan -o again and apply what it writes; nothing was changed\n"
    )


@pytest.mark.parametrize(
    "words",
    [
        ("--no-refresh",),
        ("--refresh-only",),
        ("--target", "stripe_product.pro"),
        ("--exclude", "stripe_product.pro"),
        ("--replace", "stripe_product.pro"),
        ("--destroy",),
        ("--var", "name=x"),
        ("--allow-mass-change",),
    ],
)
def test_options_that_would_make_another_plan(engine: Engine, words: tuple[str, ...]) -> None:
    """Each is refused by name, before the file is read."""
    ended = engine("apply", "none.plan", *words)
    assert ended.code == 1
    assert ended.err == (
        f"Error: {words[0]} and a plan file do not go together: what is applied was decided when "
        "it was planned\n"
        f"Hint: give {words[0]} to engine plan -o FILE\n"
    )


def test_options_that_say_how_it_is_carried_out(engine: Engine) -> None:
    """They change nothing about what is done."""
    written(engine)
    ended = engine("apply", "shop.plan", "--parallelism", "1", "--lock-timeout", "1")
    assert ended.code == 0


def test_a_word_that_is_a_stack_and_a_file(engine: Engine, root: Path) -> None:
    """Nobody guesses which one was meant."""
    assert engine("plan", "-o", "shop").code == 0
    for command in ("apply", "show"):
        ended = engine(command, "shop")
        assert ended.code == 1
        assert ended.err == (
            "Error: shop is a stack, and a file of that name is here\n"
            "Hint: write ./shop for the file; for the stack, give the file another name\n"
        )
    assert engine("apply", "./shop").code == 0
    (root / "shop").rename(root / "tfplan")
    assert engine("show", "tfplan").out.startswith("Plan saved by engine ")
    assert engine("show", "shop").out.startswith("Stack shop")


def test_a_plan_file_stands_alone(engine: Engine) -> None:
    """It says itself which stacks it is of."""
    ended = engine("apply", "shop", "shop.plan")
    assert ended.err == (
        "Error: shop.plan is a plan file, and those are applied or shown alone\n"
        "Hint: name one plan file, or only stacks\n"
    )


def test_what_is_no_plan_file_is_said_to_be_none(engine: Engine, root: Path) -> None:
    """A module, a file that is not there, and any other file."""
    ended = engine("apply", "stacks/shop.py")
    assert ended.err == "Error: stacks/shop.py is a stack module\nHint: name the stack: shop\n"
    ended = engine("show", "none.plan")
    assert ended.err.startswith("Error: the plan file none.plan cannot be read\nNo such file")
    (root / "picture.png").write_bytes(b"\x89PNG\r\n")
    for command in ("apply", "show"):
        ended = engine(command, "picture.png")
        assert ended.code == 1
        assert ended.err == (
            "Error: picture.png is not a plan file\n"
            "Hint: engine plan -o FILE writes one; engine apply and engine show read it\n"
        )


def test_a_file_that_was_edited(engine: Engine, root: Path) -> None:
    """It is neither shown nor applied."""
    written(engine)
    path = root / "shop.plan"
    path.write_bytes(path.read_bytes().replace(b"2900", b"1900"))
    for command in ("apply", "show"):
        ended = engine(command, "shop.plan")
        assert (ended.code, ended.out) == (1, "")
        assert ended.err == (
            "Error: shop.plan cannot be trusted: its digest does not match its content, so it was "
            "edited or damaged after the engine wrote it\n"
            "Hint: run engine plan -o again; nothing was changed\n"
        )


def test_a_place_that_will_not_do_is_refused_before_planning(engine: Engine, root: Path) -> None:
    """Nobody waits for a plan that cannot be kept, and no file is lost."""
    (root / "notes.txt").write_text("notes", encoding="utf-8")
    ended = engine("plan", "-o", "notes.txt", "no-such-stack")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith("Error: notes.txt exists and is no plan file, so it is not over")
    assert (root / "notes.txt").read_text(encoding="utf-8") == "notes"
    assert engine("plan", "-o", "none/shop.plan").err.startswith("Error: there is no folder for n")
