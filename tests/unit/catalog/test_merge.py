"""Entries and rows become attributes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.catalog import loader
from engine.catalog.merge import apply_row, attributes, matches, with_parent
from engine.catalog.model import Entry, Operation, Shape
from engine.catalog.rows import Field, Row
from engine.schema.attribute import Kind
from engine.schema.lifecycle import Life

STRING = Shape(kind=Kind.STRING)


def _row(**fields: Field) -> Row:
    return Row(
        face="Thing", title="thing", stack="things", id_prefix="", life=Life(), fields=fields
    )


def _object(**fields: Shape) -> Shape:
    return Shape(kind=Kind.OBJECT, fields=fields)


def _entry(
    create: Shape | None = None,
    update: Shape | None = None,
    response: Shape | None = None,
    service: str = "v1.things",
) -> Entry:
    calls = {"create": create, "update": update}
    return Entry(
        object="thing",
        service=service,
        operations={
            name: Operation(method="post", path="/v1/things", params=params)
            for name, params in calls.items()
            if params is not None
        },
        response=response or _object(),
    )


def test_a_type_without_update_is_immutable_as_a_whole() -> None:
    """Where nothing can be changed, every change forces replacement."""
    root = attributes(_entry(_object(a=_object(b=STRING)), None, _object(c=STRING)))
    assert root.fields["a"].immutable
    assert root.fields["a"].fields["b"].immutable
    assert not root.fields["c"].immutable


def test_a_type_without_create_is_updated_only() -> None:
    """A settings object that is always there has only updates."""
    root = attributes(_entry(None, _object(a=STRING), _object(a=STRING)))
    assert root.fields["a"].update_only
    assert not root.fields["a"].immutable


def test_elements_of_lists_are_compared_too() -> None:
    """A field of a list's elements that update does not take is fixed."""
    created = Shape(kind=Kind.LIST, element=_object(price=STRING, quantity=STRING))
    updated = Shape(kind=Kind.LIST, element=_object(id=STRING, quantity=STRING))
    element = attributes(_entry(_object(a=created), _object(a=updated))).fields["a"].element
    assert element is not None
    flags = {name: (one.immutable, one.update_only) for name, one in element.fields.items()}
    assert flags == {"id": (False, True), "price": (True, False), "quantity": (False, False)}


def test_a_page_of_a_sub_list_is_read_through() -> None:
    """A list parameter that the answer holds as a page is compared with the page's data."""
    page = _object(data=Shape(kind=Kind.LIST, element=_object(id=STRING)), has_more=STRING)
    given = Shape(kind=Kind.LIST, element=_object(price=STRING))
    field = attributes(_entry(_object(a=given), None, _object(a=page))).fields["a"]
    assert field.source == "a.data"
    assert field.in_response
    assert field.element is not None
    assert field.element.fields["id"].in_response


def test_an_id_whose_object_is_answered_is_a_reference() -> None:
    """A parameter takes the id of what the answer holds as a whole."""
    answered = Shape(kind=Kind.OBJECT, reference="part", fields={"id": STRING})
    field = attributes(_entry(_object(a=STRING), None, _object(a=answered))).fields["a"]
    assert (field.kind, field.reference) == (Kind.STRING, "part")
    assert field.fields == {}


def test_null_clears_in_v2() -> None:
    """The newer API has no empty strings; an optional parameter is cleared by null."""
    nullable = replace(STRING, nullable=True)
    shapes = (_object(a=nullable), _object(a=nullable))
    assert not attributes(_entry(*shapes)).fields["a"].clearable
    assert attributes(_entry(*shapes, service="v2.things")).fields["a"].clearable


def test_words_of_requests_are_not_mixed_with_those_of_answers() -> None:
    """What Stripe may answer is not thereby something an author may write."""
    given = replace(STRING, values=("a",))
    answered = replace(STRING, values=("a", "b"))
    root = attributes(_entry(_object(x=given), None, _object(x=answered, y=answered)))
    assert root.fields["x"].values == ("a",)
    assert root.fields["y"].values == ("a", "b")


def test_a_star_stands_for_elements_and_for_fields() -> None:
    """A row's path can speak of every element, every entry and every field at once."""
    leaf = _object(value=STRING)
    root = attributes(
        _entry(
            _object(
                card=leaf,
                link=leaf,
                name=STRING,
                rows=Shape(kind=Kind.LIST, element=leaf),
                words=Shape(kind=Kind.MAP, element=STRING),
            )
        )
    )
    assert matches(root, "*.value") == (("card", "value"), ("link", "value"))
    assert matches(root, "rows.*.value") == (("rows", "*", "value"),)
    assert matches(root, "words.*") == (("words", "*"),)
    assert matches(root, "name.value") == ()


def test_a_row_path_that_leads_nowhere_is_refused() -> None:
    """Knowledge about a field that does not exist is a mistake, not a wish."""
    root = attributes(_entry(_object(a=STRING)))
    with pytest.raises(LookupError, match="thing: the path b leads nowhere"):
        apply_row(root, _row(b=Field(sensitive=True)))


def test_a_hand_row_makes_a_whole_object_immutable() -> None:
    """Immutability from a row reaches everything below that an author may write."""
    shape = _object(a=_object(b=STRING))
    root = apply_row(attributes(_entry(shape, shape)), _row(a=Field(immutable=True)))
    assert root.fields["a"].fields["b"].immutable


def test_ignored_parameters_are_gone() -> None:
    """A request directive is no field of the type."""
    shape = _object(a=STRING, b=STRING)
    root = apply_row(attributes(_entry(shape, shape)), _row(a=Field(ignored=True)))
    assert set(root.fields) == {"b"}


def test_an_alias_is_answered() -> None:
    """A parameter told under another name counts as answered."""
    entry = _entry(None, _object(disabled=STRING), _object(status=STRING))
    row = _row(disabled=Field(source="status"))
    disabled = apply_row(attributes(entry), row).fields["disabled"]
    assert (disabled.source, disabled.in_response) == ("status", True)


def test_a_child_has_its_parents_id_as_a_field() -> None:
    """A type that lives under another takes the parent's id like any other parameter."""
    entry = loader.entry("product_feature")
    root = with_parent(attributes(entry), "product", "product")
    product = root.fields["product"]
    assert product.required
    assert product.immutable
    assert product.in_response
    assert product.reference == "product"
    assert root.fields["entitlement_feature"].reference == "entitlements.feature"


def test_an_object_that_an_answer_holds_whole_is_looked_up() -> None:
    """The SDK names the object, and its own entry says which parameters it tells."""
    given = _object(name=STRING)
    held = Shape(kind=Kind.OBJECT, reference="person")
    entry = _entry(_object(a=given), None, _object(a=held))
    assert not attributes(entry).fields["a"].fields["name"].in_response
    known = attributes(entry, {"person": given}.get).fields["a"]
    assert known.fields["name"].in_response


def test_a_form_takes_the_place_of_several() -> None:
    """What the SDK takes as text or as an object is declared in one of the two."""
    given = Shape(kind=Kind.ANY, fields={"name": STRING})
    root = attributes(_entry(_object(a=given), None, _object(a=STRING)))
    as_text = apply_row(root, _row(a=Field(kind=Kind.STRING))).fields["a"]
    assert (as_text.kind, dict(as_text.fields)) == (Kind.STRING, {})
    as_object = apply_row(root, _row(a=Field(kind=Kind.OBJECT))).fields["a"]
    assert (as_object.kind, list(as_object.fields)) == (Kind.OBJECT, ["name"])


def test_elements_are_named_by_a_handle() -> None:
    """The handle is no declaration, and what is said of an element that goes is kept."""
    listed = Shape(kind=Kind.LIST, element=_object(id=STRING, price=STRING))
    row = _row(**{"a": Field(handle="id", drop={"deleted": True}), "a.*.id": Field(ignored=True)})
    field = apply_row(attributes(_entry(None, _object(a=listed), _object(a=listed))), row).fields[
        "a"
    ]
    assert (field.handle, field.drop) == ("id", {"deleted": True})
    assert field.element is not None
    assert list(field.element.fields) == ["price"]


def test_an_alias_without_a_source_is_told_under_its_own_name() -> None:
    """Only the words differ then, whichever of several fields it is."""
    root = attributes(_entry(_object(a=_object(b=STRING, c=STRING)), None, _object()))
    row = _row(**{"a.*": Field(source_words={"active": "on"})})
    fields = apply_row(root, row).fields["a"].fields
    assert {name: one.source for name, one in fields.items()} == {"b": "b", "c": "c"}
    assert fields["b"].source_words == {"active": "on"}


def test_words_may_stand_for_what_they_came_to() -> None:
    """`now` is told as a moment, so the field says that its words are resolved."""
    moment = Shape(kind=Kind.INTEGER, literals=("now",))
    root = attributes(_entry(_object(a=moment), None, _object(a=Shape(kind=Kind.INTEGER))))
    field = apply_row(root, _row(a=Field(resolved=True))).fields["a"]
    assert field.resolved
    assert set(field.words) == {"now"}
