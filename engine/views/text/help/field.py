"""Everything that is known of one field, as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from engine.catalog.help.fields import FieldHelp, shown
from engine.catalog.help.left_out import LeftOut
from engine.schema.attribute import Attribute, Kind, is_moment
from engine.schema.field_semantics import ListOrder
from engine.schema.resource_type import Schemas
from engine.schema.rules import Rule
from engine.values.markers import ABSENT
from engine.values.paths import ANY_PART
from engine.views import vocabulary
from engine.views.fields import show
from engine.views.money import money
from engine.views.plural import counted
from engine.views.style import Style, wrapped
from engine.views.text.help.prose import plain, prose
from engine.views.text.types import field_lines, kind_words

_LABEL = 12
_LEAST_WIDTH = 40
_EXAMPLE = 2900


def field_text(help: FieldHelp, schemas: Schemas, style: Style, width: int) -> str:
    """Write the page of one field: what it means, what it takes, what a change does.

    Args:
        help: What is known of it.
        schemas: The managed types, to name those that a reference can be to.
        style: Decoration.
        width: Columns of a line.
    """
    width = max(width, _LEAST_WIDTH)
    name = f"{help.kind.name}.{help.text_path}"
    head = f"{style.paint(name, 'bold')}: {_form(help)}"
    facts = [
        ("Takes", _takes(help.attribute)),
        ("Default", _default(help.attribute)),
        ("Refers to", _refers(help.attribute, schemas)),
        ("Money", _money(help)),
        ("Limits", _limits(help.attribute)),
        ("A change", _change(help)),
        ("Left out", _left_out(help)),
        ("Returned", _returned(help)),
        ("Elements", _elements(help.attribute)),
        ("Instead", [help.instead]),
        ("Rules", (_rule(rule, help) for rule in help.rules)),
    ]
    lines = [line for label, texts in facts for line in _fact(label, texts, style, width)]
    holder = _holder(help.attribute)
    inner = field_lines(holder, around=holder)
    blocks = [
        head,
        "\n".join(_meaning(help, style, width)),
        "\n".join(lines),
        "\n".join([style.paint("Fields", "bold"), *inner]) if inner else "",
    ]
    return "\n\n".join(filter(None, blocks))


def _fact(label: str, texts: Iterable[str], style: Style, width: int) -> Iterator[str]:
    indent = "  " + " " * _LABEL
    for at, text in enumerate(filter(None, texts)):
        begin = f"  {style.paint(f'{label:<{_LABEL}}', 'bold')}" if at == 0 else indent
        first, *more = wrapped(text, indent, width=width)
        yield from (begin + first.removeprefix(indent), *more)


def _meaning(help: FieldHelp, style: Style, width: int) -> Iterator[str]:
    if help.meaning:
        yield from prose(help.meaning, indent="  ", width=width)
        yield style.paint(f"  (Stripe's SDK {help.sdk_version})", "dim")
    elif help.sdk_version:
        yield f"  Stripe's SDK {help.sdk_version} has no text about it."
    else:
        yield "  No source of Stripe's SDK is installed here, so there is no text about it."


def _form(help: FieldHelp) -> str:
    attribute = help.attribute
    words = "moment in Unix seconds" if is_moment(str(help.path[-1]), attribute) else None
    form = words or kind_words(attribute)
    if not attribute.declarable:
        return f"{form}, set by Stripe"
    if not attribute.required:
        return f"{form}, optional"
    around = shown(help.path[:-1])
    return f"{form}, required{f' in {around}' if around else ''}"


def _takes(attribute: Attribute) -> Iterator[str]:
    of = attribute if attribute.values else attribute.element or attribute
    if of.values:
        yield f"{', '.join(of.values)}{', or another word' if of.open_values else ''}"
    if attribute.words:
        words = ", ".join(show(word) for word in attribute.words)
        yield f"{'or ' if of.values else f'{kind_words(attribute)}, or '}{words}"
    if attribute.currency:
        yield 'the three-letter code of a currency, such as "usd"'
    if attribute.currency_keys:
        yield 'codes of currencies as its keys, such as "eur"'


def _default(attribute: Attribute) -> Iterator[str]:
    if attribute.neutral not in (ABSENT, None, [], ""):
        yield f"{show(attribute.neutral)}, which means the same as leaving it out"
    if attribute.copied:
        yield f"what Stripe has in {attribute.copied}"
    if attribute.generated:
        yield "Stripe makes one"


def _refers(attribute: Attribute, schemas: Schemas) -> Iterator[str]:
    named = attribute.reference or (attribute.element.reference if attribute.element else "")
    if not named:
        return
    target = next((kind for kind in schemas.values() if kind.object == named), None)
    if target is None:
        yield f"the id of {vocabulary.with_article(named)}, which cannot be declared"
    else:
        yield (
            f"{vocabulary.with_article(target.title)}: write NAME.id of a {target.face}(...), "
            "which is created first, or an id"
        )


def _money(help: FieldHelp) -> Iterator[str]:
    attribute = help.attribute
    if not attribute.money:
        return
    place = (
        "that is its key" if attribute.money == ANY_PART else f"in `{_written(attribute.money)}`"
    )
    examples = " and ".join(f"{money(_EXAMPLE, code)} in {code}" for code in ("usd", "jpy"))
    yield f"minor units of the currency {place}: {_EXAMPLE} is {examples}"
    if attribute.twin:
        yield f"{attribute.twin} is the same amount in another spelling: declare one of the two"


def _limits(attribute: Attribute) -> Iterator[str]:
    noun = {Kind.LIST: "element", Kind.MAP: "key"}.get(attribute.kind, "character")
    least, most = attribute.min_length, attribute.max_length
    if least and least == most:
        yield counted(most, noun)
    elif least and most:
        yield f"{least} to {counted(most, noun)}"
    elif least or most:
        yield f"at {'least' if least else 'most'} {counted(least or most, noun)}"
    for bound, words in (
        (attribute.above, "more than {}"),
        (attribute.least, "{} or more"),
        (attribute.most, "{} or less"),
    ):
        if bound is not None:
            yield words.format(bound)
    if attribute.pattern and not attribute.currency:
        yield attribute.says.replace("{value}", "…") or f"what matches {attribute.pattern}"


def _change(help: FieldHelp) -> Iterator[str]:
    attribute, kind = help.attribute, help.kind
    title = vocabulary.with_article(kind.title)
    if not attribute.declarable:
        return
    if attribute.immutable:
        yield f"forces replacement: {_why_fixed(help)}"
        verbs = " or ".join(vocabulary.ended(removal.verb) for removal in kind.life.removals)
        loses = f", and what is new loses {kind.life.loses}" if kind.life.loses else ""
        yield f"the old {kind.title} is {verbs}{loses}" if verbs else ""
        return
    if attribute.frozen:
        yield (
            f"in place, but not from {' or '.join(map(show, attribute.frozen))}: leaving that "
            "forces replacement"
        )
    elif attribute.add_only:
        yield "new keys in place; another value under a key that exists forces replacement"
    elif attribute.update_only and kind.creatable:
        yield f"in place; Stripe takes it in updates of {title} only, so it follows the create"
    else:
        yield "in place"
    if attribute.chooser:
        yield f"to choose another {attribute.chooser} removes what belongs to the first"


def _why_fixed(help: FieldHelp) -> str:
    kind, title = help.kind, vocabulary.with_article(help.kind.title)
    if not help.fixed_by:
        return f"Stripe has no update of {title}"
    fixed = kind.root.at(help.fixed_by)
    name = shown(help.fixed_by)
    if kind.parent == name:
        return f"{title} is made under it and stays there"
    if fixed is not None and fixed.in_update:
        return f"Stripe changes {name} of {title} in no way that a declaration can say"
    return f"Stripe takes {name} when {title} is created, and in no update"


_LEFT_OUT: Mapping[LeftOut, str] = {
    LeftOut.REFUSED: "refused by engine validate",
    LeftOut.REPLACES: "forces replacement by an object without it",
    LeftOut.CLEARED: "an update clears it",
    LeftOut.STAYS: "the value on Stripe stays: no update can clear it",
    LeftOut.GOES: "it goes: the list is sent as the code has it",
    LeftOut.BY_FIELD: "each field in it goes as that field does",
}


def _left_out(help: FieldHelp) -> Iterator[str]:
    if help.left_out is LeftOut.DEFAULT:
        yield f"an update sets it to {show(help.attribute.neutral)}"
    elif help.left_out in _LEFT_OUT:
        yield _LEFT_OUT[help.left_out]
    if help.attribute.frozen and help.left_out is not LeftOut.GOES:
        yield f"from {' or '.join(map(show, help.attribute.frozen))}: the value on Stripe stays"


def _returned(help: FieldHelp) -> Iterator[str]:
    attribute, kind = help.attribute, help.kind
    if attribute.write_only:
        yield "never, so what is changed outside of the code is not seen"
    if attribute.sensitive:
        yield "a secret: it is never shown, and a state has a fingerprint of it at most"
    if not attribute.declarable and attribute.in_response and len(help.path) == 1:
        name = shown(help.path)
        yield f"by Stripe; another declaration refers to it as NAME.{name} of a {kind.face}(...)"


def _elements(attribute: Attribute) -> Iterator[str]:
    if attribute.order is ListOrder.SET:
        yield "their order means nothing"
    if attribute.key:
        yield f"an element is the same one if its {attribute.key} is"


def _rule(rule: Rule, help: FieldHelp) -> str:
    message = rule.message.replace("{field}", help.text_path).replace(
        "{place}", _written(rule.each)
    )
    mode = " (in live mode)" if rule.live else ""
    return f"- {plain(message)}{mode}"


def _written(dotted: str) -> str:
    """A dotted path as people write it, without the elements of lists and maps."""
    return dotted.replace(f".{ANY_PART}", "")


def _holder(attribute: Attribute) -> Attribute:
    """What has the fields: the object, or the elements of the list or map."""
    held = attribute
    while held.element is not None:
        held = held.element
    return held
