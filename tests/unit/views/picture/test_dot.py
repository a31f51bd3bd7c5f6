"""Pictures in DOT: what Graphviz reads, and nothing that a name can add to it."""

from __future__ import annotations

import re
import shutil
import subprocess
from xml.etree import ElementTree as ET

import pytest

from engine.plan.model import Action
from engine.views.picture.dot import dot
from engine.views.picture.model import Edge, EdgeKind, NodeKind, Picture, picture_of
from tests.support.pictures import EVERY_ACTION, HOSTILE, catalogue, chain, hostile, node

GRAPHVIZ = shutil.which("dot")
TEXT = r'"(?:[^"\\\n]|\\.)*"'
LINES = (
    r"digraph engine \{|\}",
    rf"  (?:graph|node|edge) \[\w+={TEXT}(?:, \w+={TEXT})*\]",
    r'  subgraph "cluster_\d+" \{|  \}',
    rf"    (?:label|color)={TEXT}",
    rf"    {TEXT} \[\w+={TEXT}(?:, \w+={TEXT})*\]",
    rf"  {TEXT} -> {TEXT}(?: \[\w+={TEXT}(?:, \w+={TEXT})*\])?",
)
LINE = re.compile("|".join(f"(?:{line})" for line in LINES))


def test_a_picture() -> None:
    """Defaults first, then each stack, then the edges, to what is referred to."""
    text = dot(chain("stripe_product.pro", "stripe_price.month"))
    assert text.splitlines()[4:] == [
        '  subgraph "cluster_0" {',
        '    label="shop"',
        '    color="#c3cad3"',
        '    "shop:stripe_product.pro" [label="product\\npro", tooltip="shop:stripe_product.pro"]',
        '    "shop:stripe_price.month" [label="price\\nmonth", tooltip="shop:stripe_price.month"]',
        "  }",
        '  "shop:stripe_price.month" -> "shop:stripe_product.pro"',
        "}",
    ]
    assert 'rankdir="RL"' in text


def test_an_action_is_a_symbol_and_a_colour() -> None:
    """And what is looked up, and each kind of edge, looks different."""
    one = node("stripe_product.a", action=Action.CREATE, symbol="+")
    other = node("stripe_price.b", kind=NodeKind.LOOKUP)
    edges = [
        Edge(one.key, other.key, EdgeKind.DEPENDS_ON),
        Edge(other.key, one.key, EdgeKind.OUTPUT),
    ]
    text = dot(picture_of([one, other], edges))
    assert (
        '[label="product\\n+ a", tooltip="shop:stripe_product.a: create", color="#187637"' in text
    )
    assert 'style="rounded,filled,dashed"' in text
    assert '"shop:stripe_product.a" -> "shop:stripe_price.b" [style="dashed"]' in text
    assert '-> "shop:stripe_product.a" [color=' in text


@pytest.mark.parametrize(
    "picture", [catalogue(5, actions=EVERY_ACTION), hostile(), picture_of([], [])]
)
def test_each_line_is_one_statement(picture: Picture) -> None:
    """Whatever the names are: no text ends before its quote."""
    assert [line for line in dot(picture).splitlines() if not LINE.fullmatch(line)] == []


def test_names_that_look_alike_stay_apart() -> None:
    """Two nodes are never one because a sign of their names is not shown."""
    nodes = [node("stripe_price.a\ufffe"), node("stripe_price.a\uffff")]
    names = re.findall(r"^    (\".*\") \[", dot(picture_of(nodes, [])), re.MULTILINE)
    assert len(set(names)) == 2


@pytest.mark.skipif(GRAPHVIZ is None, reason="Graphviz's dot is not installed")
def test_graphviz_shows_each_name_as_it_is() -> None:
    """It reads the text, and draws exactly our nodes and edges."""
    assert GRAPHVIZ is not None
    picture = hostile()
    drawn = subprocess.run(  # noqa: S603 - our own text
        [GRAPHVIZ, "-Tsvg"], input=dot(picture), capture_output=True, encoding="utf-8", check=True
    )
    assert drawn.stderr == ""
    root = ET.fromstring(drawn.stdout)  # noqa: S314 - Graphviz wrote it
    groups = [one.attrib.get("class") for one in root.iter("{http://www.w3.org/2000/svg}g")]
    assert groups.count("node") == len(picture.nodes)
    assert groups.count("edge") == len(picture.edges)
    assert groups.count("cluster") == len(picture.stacks)
    shown = {one.text for one in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {'"><script>alert(1)</script>', "semi;colon #quot; &amp; end", "a b %% c"} <= shown
    assert {"]]>", 'back\\slash\\" -->', "${x} $(y) <b>"} <= shown
    assert len(HOSTILE) == len(picture.nodes)
