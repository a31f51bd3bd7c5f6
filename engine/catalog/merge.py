"""Merge what the SDK says about a type, and its row, into attributes.

Create parameters, update parameters and the response become one tree; then the row of the type is
applied to it. Pure: no file is read here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from engine.catalog.model import ALTERNATIVES, Entry, Shape
from engine.catalog.rows import Field, Row
from engine.frozen import frozen
from engine.schema.attribute import Attribute, Kind
from engine.schema.field_semantics import SEMANTICS
from engine.values.markers import ABSENT
from engine.values.paths import ANY_PART, parse_path

TreePath: TypeAlias = tuple[str, ...]
"""Names of fields from the root; `*` is the element of a list or a map."""

Embedded: TypeAlias = Callable[[str], Shape | None]
"""Shape of an object by its name, for objects with an entry that other responses hold whole."""

_DECIMAL = "_decimal"


@frozen(kw_only=False)
class _Views:
    """One field as create, update and the response have it."""

    create: Shape | None
    update: Shape | None
    response: Shape | None
    fixed: bool
    nulls_clear: bool
    embedded: Embedded

    @property
    def params(self) -> Shape | None:
        return self.create or self.update

    def below(self, create: Shape | None, update: Shape | None, response: Shape | None) -> _Views:
        fixed = self.fixed or (create is not None and update is None)
        return _Views(create, update, response, fixed, self.nulls_clear, self.embedded)

    def opened(self) -> _Views:
        """The same with the response's fields, where it holds another type's object whole."""
        response = self.response
        if response is None or response.kind is not Kind.OBJECT:
            return self
        if response.fields or not response.reference:
            return self
        if self.params is None or self.params.kind is not Kind.OBJECT:
            return self
        return replace(self, response=self.embedded(response.reference) or response)


def _nothing_known(_: str) -> Shape | None:
    return None


def attributes(entry: Entry, embedded: Embedded = _nothing_known) -> Attribute:
    """Merge what the SDK says about a type, before any row.

    A field is immutable if create takes it and update does not, and so is everything below it.
    A type without an update is immutable as a whole.

    Args:
        entry: What the SDK says.
        embedded: Shapes of the objects that the response holds whole.

    Returns:
        An object attribute with the type's fields.
    """
    create, update = (_params(entry, verb) for verb in ("create", "update"))
    views = _Views(
        create,
        update,
        entry.response,
        fixed=update is None,
        # v2 has no empty strings: there null is what clears.
        nulls_clear=entry.service.startswith("v2."),
        embedded=embedded,
    )
    return _attribute("", views)


def _params(entry: Entry, verb: str) -> Shape | None:
    found = entry.operations.get(verb)
    return found.params if found is not None else None


def _attribute(name: str, views: _Views) -> Attribute:
    views, source = _list_page_opened(name, views.opened())
    create, update, response = views.create, views.update, views.response
    shape = views.params or response
    if shape is None:
        raise ValueError(f"{name} is in no view")
    return Attribute(
        kind=shape.kind,
        # A parameter of updates alone may be required in them.
        required=(create or update or shape).required if views.params is not None else False,
        required_in_update=update is not None and update.required,
        in_create=create is not None,
        in_update=update is not None,
        in_response=response is not None,
        immutable=views.fixed and views.params is not None,
        clearable=update is not None
        and (update.emptyable or (views.nulls_clear and update.nullable)),
        values=_words(views, "values"),
        words={word: word for word in _words(views, "literals")},
        reference=_named(response) if shape.kind is Kind.STRING else "",
        fields=_fields(views),
        element=_element(views),
        source=source,
        **_text(views),
    )


def _named(response: Shape | None) -> str:
    """Object name that an id names; empty if it may name objects of several types."""
    named = response.reference if response is not None else ""
    return "" if ALTERNATIVES in named else named


def _text(views: _Views) -> Mapping[str, Any]:
    """What is known of a text: its longest length, and whether it is a currency."""
    shapes = [shape for shape in (views.create, views.update) if shape is not None]
    if any(shape.currency for shape in shapes):
        return _CURRENCY
    return {"max_length": min((one.max_length for one in shapes if one.max_length), default=0)}


_CURRENCY: Mapping[str, Any] = {
    "currency": True,
    "fold_case": True,
    "min_length": 3,
    "max_length": 3,
    "pattern": "[A-Za-z]{3}",
    "says": 'a currency is its three-letter code, such as "usd"',
}


def _list_page_opened(name: str, views: _Views) -> tuple[_Views, str]:
    """The data of a page, where the response holds one for a parameter that is a list."""
    params, response = views.params, views.response
    if params is None or response is None or params.kind is not Kind.LIST:
        return views, ""
    page = response.fields.get("data")
    if response.kind is not Kind.OBJECT or page is None:
        return views, ""
    return replace(views, response=page), f"{name}.data"


def _words(views: _Views, field: str) -> tuple[str, ...]:
    """Values of create, then those of update alone; the response's if no request takes it."""
    shapes = [views.create, views.update] if views.params is not None else [views.response]
    found: dict[str, None] = {}
    for shape in shapes:
        if shape is not None:
            found.update(dict.fromkeys(getattr(shape, field)))
    return tuple(found)


def _fields(views: _Views) -> Mapping[str, Attribute]:
    kind = (views.params or views.response or Shape(kind=Kind.ANY)).kind
    create, update, response = (
        shape.fields if shape is not None and shape.kind is kind else {}
        for shape in (views.create, views.update, views.response)
    )
    names = sorted({*create, *update, *response})
    return {
        name: _attribute(name, views.below(create.get(name), update.get(name), response.get(name)))
        for name in names
    }


def _element(views: _Views) -> Attribute | None:
    kind = (views.params or views.response or Shape(kind=Kind.ANY)).kind
    create, update, response = (
        shape.element if shape is not None and shape.kind is kind else None
        for shape in (views.create, views.update, views.response)
    )
    if create is None and update is None and response is None:
        return None
    return _attribute(ANY_PART, views.below(create, update, response))


def with_parent(root: Attribute, name: str, reference: str) -> Attribute:
    """Add the id of the parent that a child type's path needs, as a field like any other."""
    parent = Attribute(
        kind=Kind.STRING,
        required=True,
        in_create=True,
        # The provider adds it to responses, which are read under the parent.
        in_response=True,
        immutable=True,
        reference=reference,
    )
    return replace(root, fields={**root.fields, name: parent})


def matches(root: Attribute, dotted: str) -> tuple[TreePath, ...]:
    """Places in a tree that a path of a row names.

    A `*` is the element of a list or a map; on an object it is every field below which the rest of
    the path exists.
    """
    return tuple(_matching(root, parse_path(dotted), ()))


def _matching(node: Attribute, parts: TreePath, taken: TreePath) -> Iterator[TreePath]:
    if not parts:
        yield taken
        return
    part, rest = parts[0], parts[1:]
    if part != ANY_PART:
        if part in node.fields:
            yield from _matching(node.fields[part], rest, (*taken, part))
        return
    if node.element is not None:
        yield from _matching(node.element, rest, (*taken, part))
    for name, child in node.fields.items():
        yield from _matching(child, rest, (*taken, name))


def apply_row(root: Attribute, row: Row) -> Attribute:
    """Apply a row to a tree.

    Raises:
        LookupError: if a path of the row does not exist.
    """
    changes: dict[TreePath, dict[str, Any]] = {}
    for dotted, facts in row.fields.items():
        places = matches(root, dotted)
        if not places:
            raise LookupError(f"{row.title}: the path {dotted} leads nowhere")
        for place in places:
            changes.setdefault(place, {}).update(_change(facts, place[-1]))
    dropped = {place for dotted in row.by_path("ignored") for place in matches(root, dotted)}
    return _rebuilt(root, (), changes, dropped, fixed=False)


def _change(facts: Field, name: str) -> dict[str, Any]:
    """What facts about a field change of its attribute."""
    given = facts.given()
    change = {key: value for key, value in given.items() if key == "kind" or key in SEMANTICS}
    if facts.optional:
        change["required"] = False
    if facts.source or facts.source_words:
        change |= {"source": facts.source or name, "in_response": True}
    if facts.money and not (facts.signed or _BOUNDS & change.keys()):
        change["least"] = 0
    return change


_BOUNDS = {"least", "above", "most"}


def _with_twins(fields: Mapping[str, Attribute]) -> Mapping[str, Attribute]:
    """Fields in which an amount and its decimal spelling name each other (D: "same as").

    What a row says of one of the two is true of the other.
    """
    paired = dict(fields)
    for name, decimal in fields.items():
        whole = fields.get(name.removesuffix(_DECIMAL))
        if name.endswith(_DECIMAL) and decimal.kind is Kind.DECIMAL and whole is not None:
            neutral = whole.neutral if decimal.neutral is ABSENT else decimal.neutral
            money = decimal.money or whole.money
            stem = name.removesuffix(_DECIMAL)
            paired[name] = replace(decimal, twin=stem, neutral=neutral, money=money)
            paired[stem] = replace(whole, twin=name, neutral=neutral, money=money)
    return paired


def _rebuilt(
    node: Attribute,
    path: TreePath,
    changes: Mapping[TreePath, Mapping[str, Any]],
    dropped: set[TreePath],
    *,
    fixed: bool,
) -> Attribute:
    own = changes.get(path, {})
    fixed = fixed or bool(own.get("immutable"))
    kept = node.fields if own.get("kind", Kind.OBJECT) is Kind.OBJECT else {}
    fields = {
        name: _rebuilt(child, (*path, name), changes, dropped, fixed=fixed)
        for name, child in kept.items()
        if (*path, name) not in dropped
    }
    element = node.element
    if element is not None:
        element = _rebuilt(element, (*path, ANY_PART), changes, dropped, fixed=fixed)
    built = node
    if own or fields or element is not None:
        built = replace(node, **{**own, "fields": _with_twins(fields), "element": element})
    if fixed and built.declarable and not built.immutable:
        return replace(built, immutable=True)
    return built
