"""Pictures in Mermaid: a small part of its syntax, and nothing that a name can add to it."""

from __future__ import annotations

import html
import re

import pytest

from engine.plan.model import Action
from engine.views.picture.labels import plain, type_of
from engine.views.picture.mermaid import beyond_mermaid, mermaid
from engine.views.picture.model import Edge, EdgeKind, NodeKind, Picture, picture_of
from tests.support.pictures import EVERY_ACTION, catalogue, chain, hostile, node

SAFE = r"(?:[^\W_]+(?:[._:-][^\W_]+)*| |#\d+;)*"
LINES = (
    "flowchart RL",
    rf'  subgraph s\d+\["{SAFE}"\]',
    rf'    n\d+(?:\["{SAFE}<br/>{SAFE}"\]|\(\["{SAFE}<br/>{SAFE}"\]\))(?::::[a-z_]+)?',
    "  end",
    r"  n\d+ (?:-->|-\.->|==>) n\d+",
    r"  classDef [a-z_]+ fill:#[0-9a-f]{6},stroke:#[0-9a-f]{6},color:#[0-9a-f]{6}",
)
LINE = re.compile("|".join(f"(?:{line})" for line in LINES))


def shown(label: str) -> str:
    """A label as Mermaid shows it."""
    return html.unescape(re.sub(r"#(\d+);", r"&#\1;", label))


def test_a_picture() -> None:
    """From right to left, like the other languages."""
    text = mermaid(chain("stripe_product.pro", "stripe_price.pro-monthly"))
    assert text == (
        "flowchart RL\n"
        '  subgraph s0["shop"]\n'
        '    n0["product<br/>pro"]\n'
        '    n1["price<br/>pro-monthly"]\n'
        "  end\n"
        "  n1 --> n0"
    )


def test_actions_are_symbols_and_classes() -> None:
    """Each class is defined once; a class has no hyphen."""
    text = mermaid(catalogue(3, actions=EVERY_ACTION))
    assert 'n3["product<br/>#45;#47;#43; p1"]:::replace' in text
    assert 'n0["product<br/>p0"]:::no_op' in text
    assert text.count("classDef replace ") == 1
    assert {line.split()[1] for line in text.splitlines() if "classDef" in line} == {
        action.value.replace("-", "_") for action in EVERY_ACTION
    }


def test_kinds_look_different() -> None:
    """Of nodes and of edges."""
    one, other = node("stripe_product.a"), node("output.month", "base", kind=NodeKind.OUTPUT)
    third = node("stripe_coupon.c")
    edges = [
        Edge(one.key, other.key, EdgeKind.OUTPUT),
        Edge(one.key, third.key, EdgeKind.DEPENDS_ON),
    ]
    text = mermaid(picture_of([one, other, third], edges))
    assert "  n0 ==> n1\n  n0 -.-> n2" in text
    assert '    n1(["output<br/>month"])' in text


@pytest.mark.parametrize(
    "picture", [catalogue(5, actions=EVERY_ACTION), hostile(), picture_of([], [])]
)
def test_each_line_is_of_the_few_forms(picture: Picture) -> None:
    """Whatever the names are: no quote, bracket, comment, tag or Markdown of theirs is one."""
    assert [line for line in mermaid(picture).splitlines() if not LINE.fullmatch(line)] == []


def test_hostile_names_are_shown_as_they_are() -> None:
    """Once Mermaid has read the numbers of their characters."""
    picture = hostile()
    labels = re.findall(r'n\d+\["(.*)<br/>(.*)"\]', mermaid(picture))
    assert [(shown(type), shown(label)) for type, label in labels] == [
        (type_of(one), plain(one.label)) for one in picture.nodes
    ]


@pytest.mark.parametrize(
    ("picture", "beyond"),
    [
        (catalogue(50), ""),
        (catalogue(130), "this picture has 655 and "),
        (picture_of([node(f"stripe_price.{'x' * 90}{n}") for n in range(500)], []), " has 0 and 5"),
    ],
)
def test_what_is_too_large_is_said(picture: Picture, beyond: str) -> None:
    """Mermaid would draw an error in its place."""
    text = beyond_mermaid(picture, mermaid(picture))
    assert (beyond in text) if beyond else text == ""


def test_a_plan_without_a_change_has_its_class() -> None:
    """What stays as it is has a class too, so that it looks like the rest of the plan."""
    one = node("stripe_price.a", action=Action.NO_OP)
    assert mermaid(picture_of([one], [])).splitlines()[-1].startswith("  classDef no_op ")
