"""How entries are written in their files."""

from __future__ import annotations

import pytest

from engine.catalog.codec import EntryReader, encode_fields, encode_operation, encode_shape
from engine.catalog.generator.files import catalog_files
from engine.catalog.model import Entry, Operation, Shape
from engine.schema.attribute import Kind

STRING = Shape(kind=Kind.STRING)
AMOUNT = Shape(
    kind=Kind.OBJECT,
    fields={
        "amount": Shape(kind=Kind.INTEGER, required=True),
        "currency": Shape(kind=Kind.STRING, required=True, values=("eur", "usd")),
    },
)


def _entry(fields: dict[str, Shape], **shapes: object) -> dict[str, object]:
    return {
        "object": "thing",
        "service": "v1.things",
        "summary": "",
        "operations": {},
        "response": encode_fields(fields),
        "shapes": shapes,
    }


@pytest.mark.parametrize(
    ("shape", "written"),
    [
        (Shape(kind=Kind.INTEGER), "integer"),
        (Shape(kind=Kind.STRING, nullable=True, emptyable=True), "string?~"),
        (Shape(kind=Kind.STRING, emptyable=True, max_length=40), "string~<40"),
        (Shape(kind=Kind.STRING, nullable=True, currency=True), "string?$"),
        (
            Shape(kind=Kind.STRING, max_length=40, reference="product"),
            {"string<40": "product"},
        ),
        (Shape(kind=Kind.STRING, values=("day", "week")), {"string": ["day", "week"]}),
        (
            Shape(kind=Kind.STRING, values=("day",), open_values=True, nullable=True),
            {"string?+": ["day"]},
        ),
        (Shape(kind=Kind.INTEGER, literals=("inf",)), {"integer": ["inf"]}),
        (Shape(kind=Kind.STRING, reference="product"), {"string": "product"}),
        (Shape(kind=Kind.OBJECT, reference="product"), {"object": "product"}),
        (Shape(kind=Kind.LIST, element=STRING), {"list": "string"}),
        (Shape(kind=Kind.MAP, emptyable=True, element=AMOUNT), {"map~": encode_shape(AMOUNT)}),
        (
            Shape(kind=Kind.OBJECT, fields=AMOUNT.fields),
            {"object": {"amount!": "integer", "currency!": {"string": ["eur", "usd"]}}},
        ),
        (
            Shape(kind=Kind.ANY, fields={"gte": Shape(kind=Kind.INTEGER)}),
            {"kind": "any", "fields": {"gte": "integer"}},
        ),
        (
            Shape(kind=Kind.OBJECT, reference="item", fields={"id": STRING}),
            {"kind": "object", "fields": {"id": "string"}, "reference": "item"},
        ),
    ],
)
def test_a_shape_is_written_compactly_and_read_back(shape: Shape, written: object) -> None:
    """Every form of a shape survives being written and read."""
    assert encode_shape(shape) == written
    entry = EntryReader(_entry({"field": shape})).entry()
    assert entry.response.fields["field"] == shape


def test_required_is_written_with_the_name() -> None:
    """The same shape can be required in one place and optional in another."""
    read = EntryReader(
        _entry({}, money={"object": {"amount!": "integer"}})
        | {"response": {"first!": "#money", "second": "#money", "third!": "#money"}}
    ).entry()
    first, second, third = (read.response.fields[name] for name in ("first", "second", "third"))
    assert (first.required, second.required) == (True, False)
    assert first is third
    assert first.fields == second.fields


def test_operations_survive() -> None:
    """A call is read as it was written, hosts and missing parameters included."""
    upload = Operation(method="post", path="/v1/files", params=AMOUNT, base="files", returns="File")
    bare = Operation(method="get", path="/v1/balance")
    written = _entry({}) | {
        "operations": {"create": encode_operation(upload), "retrieve": encode_operation(bare)}
    }
    read = EntryReader(written).entry()
    assert read.operations == {"create": upload, "retrieve": bare}


def test_what_repeats_is_shared_within_a_file() -> None:
    """A large shape that stands twice is written once, under the name of a field."""
    large = Shape(
        kind=Kind.OBJECT,
        fields={f"a_rather_long_name_{number}": STRING for number in range(4)},
    )
    other = Shape(kind=Kind.OBJECT, fields={**large.fields, "one_more": STRING})
    entry = Entry(
        object="thing",
        service="v1.things",
        operations={
            "create": Operation(
                method="post",
                path="/v1/things",
                params=Shape(kind=Kind.OBJECT, fields={"part": large, "list": other}),
            )
        },
        response=Shape(
            kind=Kind.OBJECT,
            fields={
                "part": Shape(kind=Kind.LIST, element=large),
                "holder": Shape(kind=Kind.OBJECT, fields={"part": other}),
            },
        ),
    )
    text = catalog_files([entry], "2026-08-26")["thing.json"]
    assert text.count("a_rather_long_name_1") == 2
    assert '"#part"' in text
