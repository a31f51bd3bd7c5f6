"""What can be declared, as text: the list of types and the page of one."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from engine.schema.attribute import Attribute, Kind, walk
from engine.schema.field_semantics import SEMANTICS, ListOrder
from engine.schema.lifecycle import Removal
from engine.schema.resource_type import ResourceType, Schemas
from engine.values.markers import ABSENT
from engine.values.paths import Path
from engine.views import vocabulary
from engine.views.example import example_of
from engine.views.fields import show
from engine.views.plural import counted
from engine.views.style import WIDTH, Style, wrapped

_MANY_WORDS = 8
_GAP = "  "
_NO_MEANINGS: Mapping[Path, str] = MappingProxyType({})
_FURTHER = "engine types TYPE shows the fields of one, engine types TYPE.FIELD explains a field."


def types_text(schemas: Schemas, others: int, style: Style) -> str:
    """Write the managed types as a table.

    Args:
        schemas: The managed types.
        others: How many further object types the catalog knows.
        style: Decoration.
    """
    rows = [("TYPE", "CLASS", "REMOVAL", "FOUND AGAIN BY")]
    rows += [_type_row(schemas[name]) for name in sorted(schemas)]
    lines = columns(rows)
    lines[0] = style.paint(lines[0], "bold")
    number = counted(len(schemas), "type")
    more = f"{number} can be declared; the catalog knows {others} more of Stripe's objects."
    return "\n".join([*lines, "", more, _FURTHER])


def type_text(
    kind: ResourceType,
    schemas: Schemas,
    style: Style,
    *,
    about: Sequence[str] = (),
    meanings: Mapping[Path, str] = _NO_MEANINGS,
    width: int = WIDTH,
) -> str:
    """Write the page of one type: example, fields, removal, identity.

    Args:
        kind: The type.
        schemas: The managed types.
        style: Decoration.
        about: Lines that say what its objects are.
        meanings: What its fields mean, in a sentence; those without one have no such line.
        width: Columns of these sentences.
    """
    returned = ", ".join(
        f"{name} (sensitive)" if field.sensitive else name
        for name, field in sorted(kind.root.fields.items())
        if not field.declarable
    )
    sections: dict[str, Iterable[str]] = {
        "Removal": _removal_lines(kind),
        "Found again by": _identity_lines(kind),
        "Looked up by": [f"  {', '.join(kind.criteria)}"],
        "Import": [f"  engine import {kind.name}.NAME {_import_id(kind)}"],
    }
    fields = field_lines(kind.root, meanings, width) or ["  none: it is kept as it is"]
    blocks = [
        f"{style.paint(kind.name, 'bold')}: {kind.title}, declared with engine.stripe.{kind.face}",
        *(["\n".join(about)] if about else []),
        textwrap.indent(example_of(kind, schemas), "  "),
        "\n".join([style.paint("Fields", "bold"), *fields]),
        *([f"Returned by Stripe, to refer to: {returned}"] if returned else []),
        *("\n".join([style.paint(title, "bold"), *lines]) for title, lines in sections.items()),
    ]
    return "\n\n".join(blocks)


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Align the columns of a table; the last one is not padded."""
    if not rows:
        return []
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]) - 1)]
    return [
        _GAP.join(
            [*(f"{text:<{width}}" for text, width in zip(row, widths, strict=False)), row[-1]]
        ).rstrip()
        for row in rows
    ]


def _type_row(kind: ResourceType) -> tuple[str, str, str, str]:
    verbs = " or ".join(removal.verb.value for removal in kind.life.removals)
    keys = ", ".join(key.attribute for key in kind.life.natural_keys)
    return kind.name, kind.face, verbs, keys or ("ownership stamp" if kind.has_metadata else "-")


def field_lines(
    root: Attribute,
    meanings: Mapping[Path, str] = _NO_MEANINGS,
    width: int = WIDTH,
    *,
    around: Attribute | None = None,
) -> list[str]:
    """Write the fields of an object as a table, those that can be declared.

    Args:
        root: The object.
        meanings: What goes below the lines of some fields, by their paths.
        width: Columns of that.
        around: The field that the object is, if a page has described that one already.
    """
    # Elements are described with their list or map.
    fields = {path: field for path, field in walk(root) if field.declarable and path[-1] != "*"}
    rows = columns(
        [
            (
                f"  {_indented(path)}",
                kind_words(field),
                "; ".join(_remarks(field, root.at(path[:-1]) if path[1:] else around)),
            )
            for path, field in fields.items()
        ]
    )
    return [
        line
        for path, row in zip(fields, rows, strict=True)
        for line in (row, *wrapped(meanings.get(path, ""), "      ", width=width))
    ]


def _indented(path: Path) -> str:
    depth = sum(1 for part in path[:-1] if part != "*")
    return f"{'  ' * depth}{path[-1]}"


def kind_words(field: Attribute) -> str:
    """Say what a value looks like: `string`, `product id`, `list of object`."""
    if field.kind in (Kind.LIST, Kind.MAP) and field.element is not None:
        inner = field.element.reference + " id" if field.element.reference else field.element.kind
        return f"{field.kind} of {inner}"
    return f"{field.reference} id" if field.reference else field.kind.value


def _remarks(field: Attribute, above: Attribute | None) -> Iterator[str]:
    # What is true for a whole object is written once, at its top.
    if field.required:
        yield "required"
    if field.update_only and not (above and above.update_only):
        yield "set by an update after the create"
    for name, semantic in SEMANTICS.items():
        value = getattr(field, name)
        repeated = semantic.inherited and above is not None and getattr(above, name)
        if semantic.remark and value and not repeated:
            yield semantic.remark.format(value=value)
    if field.order is ListOrder.SET:
        yield "order means nothing"
    values = field.values or (field.element.values if field.element is not None else ())
    if values:
        yield _enumerated(values, is_open=field.open_values)
    if field.words:
        yield f"or {', '.join(show(word) for word in field.words)}"
    if field.neutral not in (ABSENT, None, [], ""):
        yield f"default {show(field.neutral)}"


def _enumerated(values: Sequence[str], *, is_open: bool) -> str:
    text = ", ".join(values[:_MANY_WORDS])
    if len(values) > _MANY_WORDS:
        text += f" and {len(values) - _MANY_WORDS} more (--json lists them)"
    return f"one of {text}{', or another' if is_open else ''}"


def _removal_lines(kind: ResourceType) -> Iterator[str]:
    for removal in kind.life.removals:
        yield f"  {vocabulary.ended(removal.verb)}{_condition(removal)}"
    reason = vocabulary.cannot_delete(kind)
    if reason:
        yield f"  {reason}."
    if kind.life.loses:
        yield f"  Removed and made anew, it loses {kind.life.loses}."
    if kind.life.protect:
        yield "  Protected unless its lifecycle says otherwise."


def _condition(removal: Removal) -> str:
    parts = []
    if removal.unless is not None:
        parts.append(f"unless {vocabulary.with_article(removal.unless.object)} belongs to it")
    if removal.unless_leaf is not None:
        path, value = removal.unless_leaf
        parts.append(f"unless {path} is {show(value)}")
    if removal.note:
        parts.append(removal.note)
    return f" ({'; '.join(parts)})" if parts else ""


def _identity_lines(kind: ResourceType) -> Iterator[str]:
    for key in kind.life.natural_keys:
        further = "".join(f" and {name}" for name in key.with_fields if "*" not in name)
        several = "" if key.unique else "; several may have it"
        transfer = "; a replacement takes it over" if key.transfer else ""
        yield f"  {key.attribute}{further}{several}{transfer}"
    if kind.has_metadata:
        yield "  the ownership stamp in its metadata"
    if kind.life.default_filters:
        yield "  being the account's default, with adopt=True"
    if not kind.life.natural_keys and not kind.has_metadata:
        yield "  nothing but its id"


def _import_id(kind: ResourceType) -> str:
    """The form of the id that an import takes."""
    if kind.life.composite is not None:
        return "'" + "&".join(f"{field}=..." for field in kind.life.composite.fields) + "'"
    if kind.life.singleton:
        return f"{kind.parent.upper()}_ID" if kind.parent else kind.object
    return f"{kind.parent.upper()}_ID/ID" if kind.parent else "ID"
