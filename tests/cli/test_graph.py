"""`engine graph`: of the code, of a plan, of one resource, in each language."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import Engine, Terminal, Write

SITE = """
    from engine import stack_output
    from engine.stripe import PaymentLink

    PaymentLink("buy", line_items=[{"price": stack_output("shop", "price_id"), "quantity": 1}])
"""
PRODUCT, PRICE, LINK = "stripe_product.pro", "stripe_price.pro-monthly", "stripe_payment_link.buy"


@pytest.fixture
def site(write: Write) -> None:
    """A second stack, which reads the first."""
    write("site", SITE)


def document(engine: Engine, *words: str) -> Any:
    """The picture that a command draws, as a document."""
    ended = engine("graph", "--json", *words)
    assert (ended.code, ended.err) == (0, "")
    return json.loads(ended.out)


def nodes(engine: Engine, *words: str) -> dict[str, str | None]:
    """The action of each resource."""
    found = document(engine, *words)["nodes"]
    return {f"{one['stack']}:{one['address']}": one["action"] for one in found}


@pytest.mark.usefixtures("site")
def test_the_code_offline(shell: Engine, root: Path) -> None:
    """No key, no state, nothing written: every stack, with what is read of another."""
    ended = shell("graph")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("digraph engine {\n")
    assert f'"site:{LINK}" -> "shop:{PRICE}" [color=' in ended.out
    assert f'"shop:{PRICE}" -> "shop:{PRODUCT}"\n' in ended.out
    assert sorted(path.name for path in root.iterdir()) == ["stacks"]


@pytest.mark.usefixtures("site")
def test_one_stack(engine: Engine) -> None:
    """What it reads of another is drawn by its name."""
    assert document(engine, "site") == {
        "format_version": "1",
        "nodes": [
            {
                "stack": "site",
                "address": LINK,
                "type": "stripe_payment_link",
                "name": "buy",
                "kind": "resource",
                "action": None,
            },
            {
                "stack": "shop",
                "address": "output.price_id",
                "type": None,
                "name": "price_id",
                "kind": "output",
                "action": None,
            },
        ],
        "edges": [
            {
                "from": {"stack": "site", "address": LINK},
                "to": {"stack": "shop", "address": "output.price_id"},
                "kind": "output",
            }
        ],
    }


@pytest.mark.usefixtures("site")
def test_a_plan_made_now(engine: Engine, write: Write) -> None:
    """Each resource with what would happen; a key, a state and Stripe are asked."""
    assert set(nodes(engine, "--plan").values()) == {"create"}
    assert engine("apply", "--yes").code == 0
    assert set(nodes(engine, "--plan").values()) == {"no-op"}
    assert nodes(engine, "--plan", "--changes") == {}
    write("site", SITE.replace('"quantity": 1}]', '"quantity": 1}], metadata={"a": "b"}'))
    assert nodes(engine, "--plan") == {
        f"shop:{PRODUCT}": "no-op",
        f"shop:{PRICE}": "no-op",
        f"site:{LINK}": "update",
    }
    assert nodes(engine, "--plan", "--changes") == {
        f"shop:{PRICE}": "no-op",
        f"site:{LINK}": "update",
    }
    write("site", "")
    assert nodes(engine, "--plan", "site") == {f"site:{LINK}": "delete"}


@pytest.mark.usefixtures("site")
def test_a_saved_plan(engine: Engine) -> None:
    """As it was when it was made, with the edges between its stacks."""
    assert engine("plan", "-o", "shop.plan").code == 0
    saved = document(engine, "shop.plan")
    assert saved == document(engine, "--plan")
    assert {edge["kind"] for edge in saved["edges"]} == {"reference", "output"}
    ended = engine("graph", "shop.plan", "--var", "name=Max")
    assert ended.code == 1
    assert "--var and a plan file do not go together" in ended.err


@pytest.mark.usefixtures("site")
def test_one_resource_and_what_surrounds_it(engine: Engine) -> None:
    """Over stacks, in both directions, so far as is asked."""
    all_of_it = {f"shop:{PRODUCT}", f"shop:{PRICE}", f"site:{LINK}"}
    assert set(nodes(engine, "--around", PRODUCT)) == all_of_it
    assert set(nodes(engine, "--around", PRICE, "--depth", "1")) == all_of_it
    near = all_of_it - {f"site:{LINK}"}
    assert set(nodes(engine, "--around", f"shop:{PRODUCT}", "--depth", "1")) == near


def test_an_address_with_a_mistake(engine: Engine, write: Write) -> None:
    """The nearest one is named; of several the stacks are."""
    ended = engine("graph", "--around", "stripe_product.por")
    assert (ended.code, ended.out) == (1, "")
    assert "stripe_product.por is not in the picture" in ended.err
    assert f"did you mean {PRODUCT}?" in ended.err
    assert "engine graph --json lists what is" in engine("graph", "--around", "stripe_x.q").err
    write("other", 'from engine.stripe import Product\nProduct("pro", name="Other")\n')
    ended = engine("graph", "--around", PRODUCT)
    assert f"several stacks have {PRODUCT}: other:{PRODUCT}, shop:{PRODUCT}" in ended.err
    assert "--around other:stripe_product.pro" in ended.err
    assert nodes(engine, "--around", f"other:{PRODUCT}") == {f"other:{PRODUCT}": None}
    assert "did you mean shop:" in engine("graph", "--around", "shop:stripe_product.por").err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--depth", "1"), "--depth goes with --around"),
        (("--changes",), "--changes is of a plan"),
        (("--json", "--format", "svg"), "--json and --format svg do not go together"),
        (("--around", "shop:"), "--around shop: names no resource"),
        (("--around", "pro"), "'pro' is not an address"),
        (("--plan", "shop.plan"), "shop.plan is a plan already"),
        (("--format", "png"), "'png' is not one of 'dot', 'mermaid', 'svg'"),
        (("nowhere",), "nowhere"),
    ],
)
def test_what_does_not_go_together(engine: Engine, words: tuple[str, ...], message: str) -> None:
    """It is said before anything is done."""
    ended = engine("graph", *words)
    assert ended.code == 1
    assert message in ended.err


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("a.svg", "<svg "),
        ("a.SVG", "<svg "),
        ("a.mmd", "flowchart RL\n"),
        ("a.gv", "digraph engine {\n"),
        ("picture", "digraph engine {\n"),
    ],
)
def test_a_file_is_written_in_the_language_of_its_name(
    engine: Engine, root: Path, name: str, begins: str
) -> None:
    """Again and again; stdout stays empty."""
    for _ in range(2):
        ended = engine("graph", "-o", name)
        assert (ended.code, ended.out) == (0, "")
        assert ended.err == f"The picture is in {name}.\n"
    text = (root / name).read_text(encoding="utf-8")
    assert text.startswith(begins)
    assert text.endswith("\n")
    ended = engine("graph", "-o", name, "--format", "mermaid")
    assert (root / name).read_text(encoding="utf-8").startswith("flowchart RL\n")


def test_no_other_file_is_overwritten(engine: Engine, root: Path) -> None:
    """Neither a stack, nor a state, which is JSON too, nor a saved plan."""
    assert engine("apply", "--yes").code == 0
    assert engine("plan", "-o", "shop.plan").code == 0
    for name in ("stacks/shop.py", "state/local/shop.json", "shop.plan"):
        before = (root / name).read_bytes()
        for format in ("--json", "--format=svg"):
            ended = engine("graph", "-o", name, format)
            assert ended.code == 1
            assert "exists and is no picture, so it is not overwritten" in (ended.out + ended.err)
        assert (root / name).read_bytes() == before


def test_a_document_as_a_file(engine: Engine, root: Path) -> None:
    """It can be written again too."""
    for _ in range(2):
        ended = engine("graph", "--json", "-o", "a.json")
        assert (ended.code, ended.out, ended.err) == (0, "", "")
    assert json.loads((root / "a.json").read_text(encoding="utf-8"))["format_version"] == "1"


def test_what_mermaid_would_not_draw(engine: Engine, write: Write, root: Path) -> None:
    """The picture is written, and stderr says so, with the ways out."""
    write(
        "many",
        """
        from engine.stripe import Coupon, PromotionCode

        coupon = Coupon("c", percent_off=5)
        for number in range(501):
            PromotionCode(f"p{number}", promotion={"type": "coupon", "coupon": coupon})
        """,
    )
    ended = engine("graph", "many", "--format", "mermaid")
    assert ended.code == 0
    assert ended.out.count(" --> ") == 501
    assert "Mermaid draws at most 500 edges" in ended.err
    assert "--around ADDR" in ended.err
    assert engine("graph", "shop", "--format", "mermaid").err == ""
    assert "Mermaid draws" in engine("graph", "many", "-o", "a.mmd").err
    assert (root / "a.mmd").stat().st_size > 10_000


def test_a_plan_that_is_refused_is_drawn(engine: Engine, write: Write) -> None:
    """Its picture may show why; stderr says that an apply does nothing of it."""
    protected = """
        from engine import Lifecycle
        from engine.stripe import Product

        Product("pro", name="Pro", lifecycle=Lifecycle(protect=True))
    """
    write("shop", protected)
    assert engine("apply", "--yes").code == 0
    write("shop", "")
    ended = engine("graph", "--plan")
    assert ended.code == 0
    assert "An apply refuses this plan; engine plan says why." in ended.err
    assert "- pro" in ended.out


def test_mistakes_in_the_code_are_findings(engine: Engine, write: Write) -> None:
    """As everywhere."""
    write("shop", "from engine.stripe import Product\nProduct('pro', nam='Pro')\n")
    ended = engine("graph")
    assert ended.code == 1
    assert "stacks/shop.py:2" in ended.err


def test_hostile_names_on_the_account_are_not_in_pictures(engine: Engine, write: Write) -> None:
    """Nodes are called as the code calls them, not as Stripe does."""
    write(
        "shop",
        """
        from engine.stripe import Product

        Product("pro", name='"><script>alert(1)</script>')
        """,
    )
    for language in ("dot", "mermaid", "svg"):
        ended = engine("graph", "--plan", "--format", language)
        assert ended.code == 0
        assert "script" not in ended.out


def test_an_svg_is_for_a_file(terminal: Terminal) -> None:
    """On a terminal it would be noise; the message has the command."""
    code, shown = terminal(["graph", "--format", "svg"])
    assert code == 1
    assert "--format svg is for a file, not for a terminal" in shown
    assert re.search(r"engine graph --format svg -o graph\.svg", shown)
