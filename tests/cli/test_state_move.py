"""`engine state mv` between stacks and `engine state rm STACK:`: forms, results, refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.backends.state.journal import framed
from engine.bootstrap.project import open_project
from tests.support.command_line import Engine, Terminal, Write

HEAD = "from engine.stripe import Coupon, PromotionCode, WebhookEndpoint\n"
C10 = 'c10 = Coupon("c10", id="C10", percent_off=10)\n'
CODE = 'PromotionCode("code", code="SALE", promotion={"type": "coupon", "coupon": c10})\n'
HOOK = 'WebhookEndpoint("h", url="https://a.example.com/h", enabled_events=["*"])\n'
COUPON, ENDPOINT = "stripe_coupon.c10", "stripe_webhook_endpoint.h"


@pytest.fixture
def two(engine: Engine, root: Path, write: Write) -> Path:
    """A shop that was applied, and whose declarations moved to the stack `other`."""
    write("shop", HEAD + C10 + CODE + HOOK)
    assert engine("apply", "--yes").code == 0
    write("shop", HEAD)
    write("other", HEAD + C10 + CODE + HOOK)
    return root / "state" / "local"


def resources(folder: Path, stack: str) -> dict[str, Any]:
    """What a state records, by address."""
    found: dict[str, Any] = json.loads((folder / f"{stack}.json").read_bytes())["resources"]
    return found


def test_what_moved_is_shown(engine: Engine, two: Path) -> None:
    """Each resource with its object, the place of its secret, and what became of the stamps."""
    ended = engine("state", "mv", f"shop:{COUPON}", f"shop:{ENDPOINT}", "other:", "--with-children")
    assert ended.code == 0
    lines = ended.out.splitlines()
    id = resources(two, "other")["stripe_promotion_code.code"]["id"]
    hook = resources(two, "other")[ENDPOINT]["id"]
    assert lines[:3] == [
        f"Moved {COUPON} [C10] from shop to other.",
        f"Moved stripe_promotion_code.code [{id}] from shop to other.",
        f"Moved {ENDPOINT} [{hook}] from shop to other.",
    ]
    assert lines[3].startswith("  its secret is now here: ")
    assert f"other/{ENDPOINT}.secret" in lines[3]
    assert lines[4] == (
        "Nothing was sent to Stripe. 3 objects keep the stamp of shop until the next update; "
        "engine state stamp other writes the new one at once."
    )
    assert "Commit both files." in ended.err
    assert resources(two, "shop") == {}
    assert engine("state", "verify").code == 0


def test_programs_get_what_moved(engine: Engine, two: Path) -> None:
    """One document with both places of each object."""
    document = json.loads(engine("state", "mv", f"shop:{COUPON}", "other:", "--json").out)
    assert (document["from"], document["to"], document["ended"]) == ("shop", "other", False)
    assert document["moved"] == [
        {
            "from": f"shop:{COUPON}",
            "to": f"other:{COUPON}",
            "type": "stripe_coupon",
            "id": "C10",
            "account": None,
            "stamped": False,
            "secret": None,
            "sent_again": False,
        }
    ]
    assert document["already"] == []
    assert set(resources(two, "other")) == {COUPON}


def test_an_address_may_change_with_the_stack(engine: Engine, two: Path, write: Write) -> None:
    """The name, and not the type."""
    write("other", HEAD + C10.replace('"c10"', '"ten"'))
    ended = engine("state", "mv", COUPON, "other:stripe_coupon.ten")
    assert ended.out.startswith(f"Moved {COUPON} [C10] from shop to other as stripe_coupon.ten.\n")
    assert set(resources(two, "other")) == {"stripe_coupon.ten"}


def test_the_same_command_again_has_nothing_to_do(engine: Engine, two: Path) -> None:
    """Also after a run that was cut off between its two writes."""
    shop = two / "shop.json"
    before = shop.read_bytes()
    command = ("state", "mv", f"shop:{COUPON}", f"shop:{ENDPOINT}", "other:", "--with-children")
    assert engine(*command).code == 0
    after = [(two / name).read_bytes() for name in ("shop.json", "other.json")]
    again = engine(*command)
    assert again.code == 0
    assert f"{COUPON} is in the state of other already.\n" in again.out
    shop.write_bytes(before)
    assert engine(*command).code == 0
    assert [(two / name).read_bytes() for name in ("shop.json", "other.json")] == after


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((f"shop:{COUPON}",), "state mv takes what is moved, and where to"),
        ((f"shop:{COUPON}", "other"), "a stack has a colon behind its name, other:"),
        ((f"shop:{COUPON}", "othr:"), "did you mean other:?"),
        ((f"shop:{COUPON}", "elsewhere:"), "write stacks/elsewhere.py first"),
        ((f"shap:{COUPON}", "other:"), "did you mean shop:?"),
        ((f"live/shop:{COUPON}", "other:"), "-e NAME chooses the environment"),
        ((f":{COUPON}", "other:"), "write STACK:ADDR, or STACK: for all"),
        (("shop:stripe_coupon.c1", "other:"), f"did you mean {COUPON}?"),
        (("stripe_coupon.c1", "other:"), f"did you mean {COUPON}?"),
        (("data.stripe_coupon.c10", "other:"), "is a lookup: it is read"),
        ((f"shop:{COUPON}", "other:data.stripe_coupon.c10"), "is no address for a coupon"),
        ((f"shop:{COUPON}", f"other:{ENDPOINT}"), "an object keeps its type: stripe_coupon.h"),
        ((f"shop:{COUPON}", "other:stripe_coupon.c11"), f"did you mean {COUPON}? If not, declare"),
        ((f"shop:{COUPON}", "shop:"), "is in stack shop already"),
        ((COUPON, ENDPOINT, f"other:{COUPON}"), "engine state mv"),
        (("shop:", f"other:{COUPON}"), "engine state mv OLD: NEW:"),
        (("shop:", COUPON, "other:"), "engine state mv OLD: NEW:"),
        (("shop:", "shop:"), "both the old and the new name"),
        (("shap:", "other:"), "did you mean shop:?"),
        (("shop:", "othr:"), "stacks/shop.py still declares stack shop"),
        ((f"shop:{COUPON}", f"shop:{ENDPOINT}", "--with-children"), "moves to another stack"),
    ],
)
def test_what_cannot_move_is_refused_with_the_right_form(
    engine: Engine, two: Path, words: tuple[str, ...], message: str
) -> None:
    """No state changes."""
    before = (two / "shop.json").read_bytes()
    ended = engine("state", "mv", *words)
    assert ended.code == 1
    assert message in ended.err
    assert (two / "shop.json").read_bytes() == before
    assert not (two / "other.json").exists()


def test_what_the_giver_still_declares_has_to_be_forced(
    engine: Engine, two: Path, write: Write
) -> None:
    """The next apply of shop would make the coupon again."""
    write("shop", HEAD + C10)
    ended = engine("state", "mv", f"shop:{COUPON}", "other:")
    assert ended.code == 1
    assert f"stacks/shop.py:2 still declares {COUPON}" in ended.err
    assert "take it out of stacks/shop.py first" in ended.err
    assert engine("state", "mv", f"shop:{COUPON}", "other:", "--force").code == 0
    assert set(resources(two, "other")) == {COUPON}


def test_a_receiver_without_a_module_has_to_be_forced(engine: Engine, two: Path) -> None:
    """Nothing declares the coupon there."""
    (two.parents[1] / "stacks" / "other.py").unlink()
    ended = engine("state", "mv", f"shop:{COUPON}", "other:")
    assert ended.code == 1
    assert "there is no stack other" in ended.err


def test_a_source_without_a_stack_is_the_one_that_has_it(
    engine: Engine, two: Path, write: Write
) -> None:
    """Several that have it are named; a missing one is looked for in all of them."""
    write("third", HEAD + 'Coupon("c10", id="THIRD", percent_off=10)\n')
    assert engine("apply", "third", "--yes").code == 0
    several = engine("state", "mv", COUPON, "other:")
    assert "is in several stacks: shop, third" in several.err
    assert f"say which: shop:{COUPON}" in several.err
    mixed = engine("state", "mv", f"shop:{COUPON}", f"third:{COUPON}", "other:")
    assert "these are in several stacks: shop, third" in mixed.err
    wrong = engine("state", "mv", f"third:{ENDPOINT}", "other:")
    assert f"it is in that of another stack: shop:{ENDPOINT}" in wrong.err
    assert engine("state", "mv", "--stack", "shop", COUPON, "other:").code == 0
    assert set(resources(two, "other")) == {COUPON}


def test_an_object_that_the_receiver_has_under_another_name_stays(
    engine: Engine, two: Path, write: Write
) -> None:
    """It would have two addresses there: one of the two states has to forget it."""
    before = (two / "shop.json").read_bytes()
    write("other", HEAD + C10.replace('"c10"', '"ten"'))
    assert engine("state", "mv", f"shop:{COUPON}", "other:stripe_coupon.ten").code == 0
    after = (two / "other.json").read_bytes()
    (two / "shop.json").write_bytes(before)
    write("other", HEAD + C10)
    ended = engine("state", "mv", f"shop:{COUPON}", "other:")
    assert ended.code == 1
    assert "C10 is stripe_coupon.ten in the state of other already" in ended.err
    assert f"engine state rm shop:{COUPON}" in ended.err
    assert (two / "other.json").read_bytes() == after


def test_a_secret_that_cannot_be_read_here_stays_where_it_is(
    engine: Engine, root: Path, write: Write
) -> None:
    """A field that has it could not be compared, so such a move has to be forced."""
    (root / "pyproject.toml").write_text(
        '[tool.engine.environments.local]\nemulator = true\nsecrets = "command:cat"\n'
    )
    hook = f"hook = {HOOK}"
    user = 'Coupon("u", percent_off=10, metadata={"secret": hook.secret})\n'
    write("shop", HEAD + hook + user)
    assert engine("apply", "--yes").code == 0
    write("shop", HEAD)
    write("other", HEAD + hook + user)
    refused = engine("state", "mv", "shop:", "other:")
    assert refused.code == 1
    assert "stripe_coupon.u has a secret that cannot be compared" in refused.err
    assert not (root / "state" / "local" / "other.json").exists()
    moved = engine("state", "mv", f"shop:{ENDPOINT}", "other:")
    assert moved.code == 0
    assert (
        "its secret cannot be read here, and stays: cat was given it as local/shop "
        f"{ENDPOINT}.secret" in moved.out
    )


@pytest.mark.parametrize("stack", ["shop", "other"])
def test_an_unfinished_run_of_either_stack_comes_first(
    engine: Engine, two: Path, stack: str
) -> None:
    """Its journal speaks of addresses."""
    (two / f"{stack}.journal").write_bytes(framed(b"{}"))
    for words in ((f"shop:{COUPON}", "other:"), ("shop:", "other:")):
        ended = engine("state", "mv", *words)
        assert ended.code == 1
        assert f"an unfinished run of local/{stack} left a journal" in ended.err


@pytest.mark.parametrize("stack", ["shop", "other"])
def test_a_held_lock_of_either_stack_is_respected(engine: Engine, two: Path, stack: str) -> None:
    """Nothing is written to a stack that is locked."""
    assert engine("lock", f"local/{stack}", "--reason", "freeze").code == 0
    ended = engine("state", "mv", f"shop:{COUPON}", "other:")
    assert ended.code == 3
    assert "freeze" in ended.err
    assert not (two / "other.json").exists()


@pytest.mark.parametrize("stack", ["shop", "other"])
@pytest.mark.parametrize("words", [(f"shop:{COUPON}", "other:"), ("shop:", "other:")])
def test_a_run_of_either_stack_is_waited_for(
    engine: Engine, two: Path, stack: str, words: tuple[str, str]
) -> None:
    """Both states change under both locks."""
    backend = open_project(two.parents[1], environment="local").backend
    with backend.lock(stack, "local", operation="apply", timeout=0.0, on_wait=lambda _: None):
        ended = engine("state", "mv", *words)
    assert ended.code == 3
    assert f"local/{stack}" in ended.err
    assert not (two / "other.json").exists()
    assert engine("state", "mv", *words).code == 0


def test_a_whole_stack_joins_another(engine: Engine, two: Path) -> None:
    """With its module gone its state goes too."""
    (two.parents[1] / "stacks" / "shop.py").unlink()
    ended = engine("state", "mv", "shop:", "other:")
    assert ended.code == 0
    assert "Stack shop is now other" in ended.out
    assert not (two / "shop.json").exists()


def test_a_whole_stack_joins_one_that_has_a_state(engine: Engine, two: Path, write: Write) -> None:
    """Its module may stay: what it had is what the other one has then."""
    more = 'Coupon("x", id="X", percent_off=10)\n'
    write("other", HEAD + more)
    assert engine("apply", "other", "--yes").code == 0
    write("other", HEAD + more + C10 + CODE + HOOK)
    ended = engine("state", "mv", "shop:", "other:")
    assert ended.code == 0
    assert f"Moved {COUPON} [C10] from shop to other.\n" in ended.out
    assert "has no state any more" not in ended.out
    assert resources(two, "shop") == {}
    assert set(resources(two, "other")) >= {COUPON, ENDPOINT, "stripe_coupon.x"}
    (two.parents[1] / "stacks" / "shop.py").unlink()
    ended = engine("state", "mv", "shop:", "other:")
    assert ended.out == "Stack shop has no state any more.\n"
    assert not (two / "shop.json").exists()
    assert engine("plan", "--detailed-exitcode").code == 0


# ── forgetting ────────────────────────────────────────────────────────────────────────────


def test_a_stack_without_a_module_can_be_forgotten(engine: Engine, two: Path) -> None:
    """Its objects are named, and stay; its state file goes."""
    refused = engine("state", "rm", "shop:", "--yes")
    assert refused.code == 1
    assert "stacks/shop.py declares stack shop" in refused.err
    (two.parents[1] / "stacks" / "shop.py").unlink()
    silent = engine("state", "rm", "shop:", "--json")
    assert "asks no questions, so it needs --yes" in silent.err
    assert (two / "shop.json").exists()
    ended = engine("state", "rm", "shop:", "--yes")
    assert ended.code == 0
    assert f"Forgot {COUPON} [C10]; it stays on Stripe.\n" in ended.out
    assert ended.out.endswith("Stack shop has no state any more.\n")
    assert not (two / "shop.json").exists()
    again = engine("state", "rm", "shop:", "--yes")
    assert "stack shop has no state in environment local" in again.err


@pytest.mark.parametrize(("answer", "goes"), [(b"yes\n", True), (b"y\n", False)])
def test_a_person_is_asked_before_a_stack_is_forgotten(
    terminal: Terminal, two: Path, answer: bytes, *, goes: bool
) -> None:
    """Only yes is a yes."""
    (two.parents[1] / "stacks" / "shop.py").unlink()
    code, screen = terminal(("state", "rm", "shop:"), answer)
    assert code == 0
    assert COUPON in screen
    assert "Forget stack shop?" in screen
    assert (two / "shop.json").exists() is not goes
    assert ("Nothing was changed." in screen) is not goes


def test_a_stack_is_named_with_the_address(engine: Engine, two: Path) -> None:
    """In rm and in show."""
    shown = engine("state", "show", f"shop:{COUPON}")
    assert shown.out.startswith(f"{COUPON} [C10]")
    assert "engine show shop shows it" in engine("state", "show", "shop:").err
    assert engine("state", "rm", f"shop:{COUPON}").code == 0
    assert COUPON not in resources(two, "shop")
    missing = engine("state", "rm", f"other:{COUPON}")
    assert "stack other has no state in environment local" in missing.err
    both = engine("state", "rm", f"shop:{ENDPOINT}", "other:")
    assert "a whole stack is forgotten alone" in both.err
