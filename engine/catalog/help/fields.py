"""Everything that is known of one field of a type, in one record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.catalog import loader
from engine.catalog.help.left_out import LeftOut, left_out
from engine.catalog.help.sdk_texts import installed
from engine.frozen import frozen
from engine.schema.attribute import Attribute
from engine.schema.resource_type import ResourceType
from engine.schema.rules import Rule, RuleKind
from engine.values.paths import ANY_PART, Path, parse_path


@frozen
class FieldHelp:
    """What is known of one field.

    Attributes:
        kind: The type that has it.
        path: Where it is; `*` for an element of a list or a map.
        attribute: The field.
        meaning: What it means, in the SDK's words, as Markdown; empty if the SDK has no text.
        sdk_version: The version of that SDK; empty if none is installed.
        fixed_by: Of an immutable field, the outermost field around it that is immutable, or itself;
            empty if all of the type is.
        left_out: What taking it out of the code does.
        rules: The checks that speak of it.
        instead: What to write in its place; empty if there is nothing to write.
    """

    kind: ResourceType
    path: Path
    attribute: Attribute
    meaning: str
    sdk_version: str
    fixed_by: Path
    left_out: LeftOut
    rules: tuple[Rule, ...]
    instead: str

    @property
    def text_path(self) -> str:
        """The path as people write it, without the elements of lists and maps."""
        return shown(self.path)


def shown(path: Path) -> str:
    """A path as people write it, without the elements of lists and maps."""
    return ".".join(str(part) for part in path if part != ANY_PART)


def field_help(kind: ResourceType, path: Path) -> FieldHelp:
    """What is known of a field.

    Args:
        kind: The type.
        path: Of a field that it has; `*` for an element of a list or a map.
    """
    texts = installed()
    service = loader.entry(kind.object).service
    return FieldHelp(
        kind=kind,
        path=path,
        attribute=kind.root.at(path) or kind.root,
        meaning=texts.of_field(service, path) if texts is not None else "",
        sdk_version=texts.version if texts is not None else "",
        fixed_by=_fixed_by(kind, path),
        left_out=left_out(kind, path),
        rules=tuple(rule for rule in kind.rules if _whole(path) in map(_whole, _subjects(rule))),
        instead=kind.instead.get(".".join(map(str, path)), ""),
    )


def meanings(kind: ResourceType) -> Mapping[Path, str]:
    """What the fields at the top of a type mean, those of which the SDK has a text."""
    texts = installed()
    if texts is None:
        return {}
    service = loader.entry(kind.object).service
    found = {(name,): texts.of_field(service, (name,)) for name in kind.root.fields}
    return {path: text for path, text in found.items() if text}


def meaning_of_type(kind: ResourceType) -> str:
    """What objects of a type are, as Markdown; empty if the SDK has no text."""
    texts = installed()
    return texts.of_type(loader.entry(kind.object).service) if texts is not None else ""


def _fixed_by(kind: ResourceType, path: Path) -> Path:
    if kind.root.at(path) is None or not kind.updatable:
        return ()
    return next((where for where, one in kind.root.along(path) if one.immutable), ())


def _subjects(rule: Rule) -> Iterator[Path]:
    """The fields that a rule speaks of: what it checks, what switches it on, and parts of lists."""
    for name in (*rule.fields, *rule.when, *rule.follow):
        yield parse_path(name)
    if rule.kind is RuleKind.UNIQUE_ELEMENTS:
        parts = tuple(rule.value)
    elif rule.kind is RuleKind.LAST_ELEMENT:
        parts = (rule.value[0],)
    elif rule.kind is RuleKind.RISING_ELEMENTS:
        parts = (rule.value,)
    else:
        parts = ()
    for name in rule.fields:
        for part in parts:
            yield (*parse_path(name), ANY_PART, *parse_path(part))
    if rule.kind in _OF_ANOTHER and isinstance(rule.value, str):
        yield parse_path(rule.value)


def _whole(path: Path) -> Path:
    """The list or the map, if a path names its elements."""
    return path[:-1] if path[-1:] == (ANY_PART,) else path


_OF_ANOTHER = {RuleKind.OTHER_KEYS, RuleKind.OWN_KEY, RuleKind.BELONGS, RuleKind.ONE_CURRENCY}
"""Rules whose value names another field."""
