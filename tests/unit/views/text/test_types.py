"""The list of types, the page of one, and examples that are valid."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.catalog import loader
from engine.schema.attribute import Attribute, Kind
from engine.schema.lifecycle import Life, Probe, Removal, Verb
from engine.schema.resource_type import ResourceType
from engine.stack.checks.rules import CheckContext
from engine.stack.checks.stack import problems_of
from engine.stack.loader import load_stack
from engine.variables import Variables
from engine.views.example import example_of
from engine.views.json.types import type_document, types_document
from engine.views.style import PLAIN
from engine.views.text.types import type_text, types_text

SCHEMAS = loader.schemas()

WIDGET = ResourceType(
    name="stripe_widget",
    object="widget",
    title="widget",
    face="Widget",
    root=Attribute(
        kind=Kind.OBJECT,
        fields={
            "colour": Attribute(
                kind=Kind.STRING, in_create=True, values=tuple("abcdefghij"), open_values=True
            ),
            "id": Attribute(kind=Kind.STRING, in_response=True),
            "maker": Attribute(kind=Kind.STRING, in_create=True, required=True, reference="maker"),
            "parts": Attribute(
                kind=Kind.LIST,
                in_create=True,
                required=True,
                element=Attribute(
                    kind=Kind.OBJECT,
                    in_create=True,
                    fields={
                        "size": Attribute(
                            kind=Kind.INTEGER,
                            in_create=True,
                            required=True,
                            words={"inf": None},
                            neutral=1,
                        )
                    },
                ),
            ),
            "tags": Attribute(
                kind=Kind.MAP,
                in_create=True,
                required=True,
                element=Attribute(kind=Kind.STRING, in_create=True),
            ),
            "token": Attribute(kind=Kind.STRING, in_response=True, sensitive=True),
        },
    ),
    life=Life(
        removals=(
            Removal(verb=Verb.DELETE, unless=Probe(object="order", filter="widget")),
            Removal(verb=Verb.KEEP, unless_leaf=("default", True), note="it is in use"),
        ),
        protect=True,
    ),
)


def test_every_managed_type_has_a_row() -> None:
    """Type, class, what removal does, and how an object is found again."""
    lines = types_text(SCHEMAS, 100, PLAIN).splitlines()
    assert lines[0].split() == ["TYPE", "CLASS", "REMOVAL", "FOUND", "AGAIN", "BY"]
    assert len(lines) == len(SCHEMAS) + 4
    (price,) = [line for line in lines if line.startswith("stripe_price ")]
    assert price.split() == ["stripe_price", "Price", "archive", "lookup_key"]
    assert "the catalog knows 100 more of Stripe's objects." in lines[-2]


def test_the_page_of_a_type_tells_fields_removal_and_identity() -> None:
    """Nested fields are indented; a type of one's own shows every kind of remark."""
    text = type_text(WIDGET, {"stripe_widget": WIDGET}, PLAIN)
    assert text == (
        "stripe_widget: widget, declared with engine.stripe.Widget\n"
        "\n"
        "  from engine.stripe import Widget\n"
        "\n"
        '  widget = Widget("example", maker="maker_123", parts=[{"size": 1}], '
        'tags={"plan": "pro"})\n'
        "\n"
        "Fields\n"
        "  colour  string          one of a, b, c, d, e, f, g, h and 2 more "
        "(--json lists them), or another\n"
        "  maker   maker id        required\n"
        "  parts   list of object  required\n"
        '    size  integer         required; or "inf"; default 1\n'
        "  tags    map of string   required\n"
        "\n"
        "Returned by Stripe, to refer to: id, token (sensitive)\n"
        "\n"
        "Removal\n"
        "  deleted (unless an order belongs to it)\n"
        "  kept (unless default is true; it is in use)\n"
        "  Protected unless its lifecycle says otherwise.\n"
        "\n"
        "Found again by\n"
        "  nothing but its id\n"
        "\n"
        "Looked up by\n"
        "  id\n"
        "\n"
        "Import\n"
        "  engine import stripe_widget.NAME ID"
    )


def test_the_page_of_a_price_says_what_cannot_change() -> None:
    """The facts come from the catalog."""
    text = type_text(loader.resource_type("stripe_price"), SCHEMAS, PLAIN)
    assert "  unit_amount               integer           a change replaces; minor units\n" in text
    assert "  Stripe cannot delete a price.\n" in text
    assert "  lookup_key; a replacement takes it over\n" in text


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_example_is_a_valid_stack(name: str, tmp_path: Path) -> None:
    """Copied into stacks/, the example of each type has no problems."""
    (tmp_path / "stacks").mkdir()
    path = tmp_path / "stacks" / "example.py"
    path.write_text(example_of(SCHEMAS[name], SCHEMAS), encoding="utf-8")
    stack = load_stack(path, root=tmp_path, environment="local", variables=Variables())
    assert problems_of(stack, SCHEMAS, tmp_path, CheckContext(now=1_790_000_000)) == ()
    assert name in {declaration.type for declaration in stack.declarations.values()}


def test_types_are_documents() -> None:
    """Lists and pages hold only what JSON can say."""
    listing = types_document(SCHEMAS, 100)
    assert [entry["type"] for entry in listing["types"]] == sorted(SCHEMAS)
    assert listing["other_objects"] == 100
    page = type_document(loader.resource_type("stripe_price"), SCHEMAS)
    assert json.loads(json.dumps(page)) == page
    fields = {entry["path"]: entry for entry in page["fields"]}
    assert fields["unit_amount"]["immutable"] is True
    assert fields["tiers[*].up_to"]["required"] is True
