"""Each semantic of a field is declared once, and everything that has to know of it reads that.

`nox -s regenerate` writes the table in the documentation.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from engine.catalog import loader
from engine.catalog.rows import Field
from engine.plan.compare.unchanged import is_as_declared
from engine.schema.attribute import Attribute, Kind
from engine.schema.field_semantics import SEMANTICS, ListOrder, Semantics
from engine.schema.resource_type import ResourceType
from engine.state.model import ResourceState
from engine.values.markers import ABSENT
from tests.support.generated import updating

TABLE = Path(__file__).parents[3] / "docs" / "reference" / "field-semantics.md"
# What a field looks like and where it is; all else that is known of it is a semantic.
SHAPE = {
    "kind",
    "required",
    "required_in_update",
    "in_create",
    "in_update",
    "in_response",
    "values",
    "fields",
    "element",
    "twin",
    "declarable",
    "needed",
}
# What a row says of a field that no attribute keeps, or that changes its shape.
OF_ROWS = {"signed", "kind", "optional", "ignored", "instead", "content", "excused", "example"}


def _set(name: str) -> Any:
    """A value with which a semantic is set."""
    default = getattr(Semantics(), name)
    if isinstance(default, ListOrder):
        return ListOrder.SET
    if default is ABSENT or isinstance(default, str):
        return "word"
    if isinstance(default, Mapping):
        return {"word": "other"}
    return ("word",) if isinstance(default, tuple) else 1


def _quickly_unchanged(**semantics: Any) -> bool:
    field = Attribute(kind=Kind.STRING, in_create=True, in_response=True, **semantics)
    root = Attribute(kind=Kind.OBJECT, fields={"field": field})
    kind = ResourceType(name="stripe_thing", object="thing", title="", face="Thing", root=root)
    values = {"field": "value"}
    prior = ResourceState(type=kind.name, id="1", declared=values, attributes=values)
    return is_as_declared(kind, values, values, prior, values)


def test_what_is_known_of_a_field_is_its_shape_or_a_semantic() -> None:
    """A field of attributes that is in neither list would be known to nobody who has to know."""
    assert {one.name for one in fields(Attribute)} == SHAPE | set(SEMANTICS)
    assert {one.name for one in fields(Field)} == OF_ROWS | set(SEMANTICS)


@pytest.mark.parametrize("name", SEMANTICS)
def test_only_literal_semantics_are_compared_quickly(name: str) -> None:
    """A field with another one is never taken for unchanged before it was normalized."""
    assert _quickly_unchanged()
    assert _quickly_unchanged(**{name: _set(name)}) is SEMANTICS[name].literal
    # Whether it is set is asked by its truth.
    assert SEMANTICS[name].literal or not getattr(Semantics(), name)


@pytest.mark.parametrize("name", SEMANTICS)
def test_what_a_row_says_reaches_the_attribute(name: str) -> None:
    """Each semantic that some row gives is found in the type."""
    for object_name in loader.managed():
        row, root = loader.row(object_name), loader.by_object(object_name).root
        for path, value in row.by_path(name).items():
            if "*" not in path and not row.at(path).ignored:
                found = root.at(tuple(path.split(".")))
                assert found is not None
                assert getattr(found, name) == value


def _meanings() -> Iterator[tuple[str, str]]:
    """The semantics with the text below each."""
    (declared,) = ast.parse(inspect.getsource(Semantics)).body
    assert isinstance(declared, ast.ClassDef)
    for field, text in pairwise(declared.body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            assert isinstance(text, ast.Expr), f"{field.target.id} has no sentence"
            assert isinstance(text.value, ast.Constant)
            yield field.target.id, inspect.cleandoc(str(text.value.value)).replace("\n", " ")


def test_the_documentation_has_the_table() -> None:
    """Each semantic with its sentence, and whether equal text is equal with it."""
    head = "| semantic | meaning | equal text is equal |\n|---|---|---|\n"
    rows = (
        f"| `{name}` | {meaning} | {'yes' if SEMANTICS[name].literal else 'no'} |\n"
        for name, meaning in _meanings()
    )
    page = f"# What can be known of a field\n\n{_INTRODUCTION}\n{head}{''.join(rows)}"
    if updating():
        TABLE.write_text(page, encoding="utf-8")
    assert TABLE.read_text(encoding="utf-8") == page


_INTRODUCTION = """\
In addition to its shape, this is what the catalog knows of a field. The rows in
`engine/catalog/semantics` give it; `engine/schema/field_semantics.py` declares it, and this table
is printed from there. Where equal text is not equal, values are normalized before a comparison.
"""
