"""What is known of outputs before anything is applied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from engine.catalog import loader
from engine.stack.model import Stack
from engine.stack.shapes import Shapes
from engine.values.markers import ABSENT, UNKNOWN
from engine.values.secret import Sealed
from engine.values.targets import output_target
from tests.support.stack_project import StackProject

MODULE = """
    from engine import Sensitive, output, stack_output
    from engine.stripe import Product

    p = Product("pro", name="Pro", metadata={"tier": "gold"})
    output("id", p.id)
    output("map", {"a": p.id, "list": [1, {"b": "c"}]})
    output("secret", Sensitive({"inside": "x"}))
    output("hidden", {"inside": "x"}, sensitive=True)
    output("tags", {"of": p.metadata})
    output("passed-on", {"all": stack_output("base", "map")})
    output("circle", stack_output("base", "circle"))
"""
BASE = """
    from engine import output, stack_output

    output("map", {"deep": {"er": "x"}})
    output("circle", stack_output("shop", "circle"))
"""


@pytest.fixture
def modules(project: StackProject) -> dict[str, Stack]:
    """Two stacks, one of which cannot be evaluated any more."""
    broken = project.load("raise ValueError", "broken")
    return {
        "shop": project.load(MODULE),
        "base": project.load(BASE, "base"),
        "broken": broken,
    }


def shapes_of(modules: Mapping[str, Stack], **states: Mapping[str, Any]) -> Shapes:
    """What is known with some states."""
    return Shapes(
        modules=modules, stack_of=modules.get, recorded=states.get, schemas=loader.schemas()
    )


@pytest.mark.parametrize(
    ("place", "shape"),
    [
        ("shop.id", "${stripe_product.pro.id}"),
        ("shop.id.x", ABSENT),
        ("shop.map.list", [1, {"b": "c"}]),
        ("shop.map.list[1].b", "c"),
        ("shop.map.list[1].b.x", ABSENT),
        ("shop.map.list[2]", ABSENT),
        ("shop.map.other", ABSENT),
        ("shop.other", ABSENT),
        ("shop.secret", {"inside": "x"}),
        ("shop.secret.inside", "x"),
        ("shop.hidden.inside", "x"),
        ("shop.tags.of", UNKNOWN),
        ("shop.tags.of.tier", UNKNOWN),
        ("shop.passed-on.all", {"deep": {"er": "x"}}),
        ("shop.passed-on.all.deep.er", "x"),
        ("shop.passed-on.all.depp", ABSENT),
        ("shop.circle", UNKNOWN),
        ("broken.any", UNKNOWN),
        ("gone.any", UNKNOWN),
    ],
)
def test_the_module_tells_the_shape(modules: dict[str, Stack], place: str, shape: Any) -> None:
    """Through references to other stacks, and into what is hidden, but not into attributes."""
    assert shapes_of(modules)(output_target(f"output.{place}")) == shape


@pytest.mark.parametrize(
    ("place", "shape"),
    [
        ("shop.tags.of", {"tier": "gold"}),
        ("shop.tags.of.other", UNKNOWN),
        ("broken.known", {"a": 1}),
        ("broken.other", UNKNOWN),
        ("gone.known.a", 1),
        ("gone.known.b", ABSENT),
        ("gone.other", ABSENT),
        ("gone.sealed", UNKNOWN),
        ("gone.sealed.x", UNKNOWN),
    ],
)
def test_the_state_tells_what_the_module_does_not(
    modules: dict[str, Stack], place: str, shape: Any
) -> None:
    """A module that does not run may declare more than its state does."""
    shapes = shapes_of(
        modules,
        shop={"tags": {"of": {"tier": "gold"}}},
        broken={"known": {"a": 1}},
        gone={"known": {"a": 1}, "sealed": Sealed("0123456789abcdef")},
    )
    assert shapes(output_target(f"output.{place}")) == shape
    assert shapes.exists("gone")
    assert not shapes.exists("other")
    assert shapes.names("gone") == ("known", "sealed")
    assert shapes.names("base") == ("map", "circle")
