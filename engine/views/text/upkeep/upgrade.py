"""What another API version would change, as text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from engine.catalog import loader
from engine.ports.upkeep.upgrade import (
    DeclaredDifference,
    Difference,
    FieldDifference,
    PinnedEndpoint,
    TypeDifference,
    UpgradeReport,
)
from engine.redaction import redact
from engine.views.plural import counted
from engine.views.style import Style, on_a_line, printable, wrapped
from engine.views.text.plan import plan_text

_SHOWN, _FEW, _FEW_WORDS = 40, 12, 5
_SENTENCES = {
    Difference.APPEARS: "appears: {after}",
    Difference.VANISHES: "vanishes",
    Difference.KIND: "is {after} and no {before}",
    Difference.REQUIRED: "is required",
    Difference.OPTIONAL: "is not required any more",
    Difference.IMMUTABLE: "cannot be changed any more: a change replaces the object",
    Difference.MUTABLE: "can be changed in place",
    Difference.CLEARABLE: "can be cleared",
    Difference.NOT_CLEARABLE: "cannot be cleared any more",
    Difference.REFERENCE: "is the id of {after}, and was that of {before}",
    Difference.RETURNED: "is returned",
    Difference.NOT_RETURNED: "is not returned any more, so that a drift of it is not seen",
}
_GROUPS = (
    (Difference.APPEARS, "appear"),
    (Difference.VANISHES, "vanish"),
)


def upgrade_text(report: UpgradeReport, style: Style, *, verbose: bool) -> str:
    """Write the two releases, the differences, the endpoints and the next plan.

    Args:
        report: What is different.
        style: Decoration.
        verbose: Write every difference of what is not declared, too.
    """
    blocks = ["\n".join(_head(report, style))]
    blocks += ["\n".join(_type(one, style, verbose=verbose)) for one in report.types]
    blocks += _problems(report, style)
    blocks += _endpoints(report, style)
    blocks.append(_plan(report, style, verbose=verbose))
    blocks.append(_end(report, style))
    return redact("\n\n".join(block for block in blocks if block))


def _head(report: UpgradeReport, style: Style) -> Iterator[str]:
    before, after = report.before, report.after
    if before == after:
        yield style.paint(
            f"API version {after.api_version} (Stripe SDK {after.sdk}): there is nothing to "
            "compare it with",
            "bold",
        )
        yield from wrapped(
            "pip install --target DIR stripe==VERSION && engine upgrade --sdk DIR compares it with "
            "another release",
            "  -> ",
            "     ",
        )
    else:
        yield style.paint(
            f"API version {before.api_version} (Stripe SDK {before.sdk}) -> {after.api_version} "
            f"(Stripe SDK {after.sdk})",
            "bold",
        )
    by_version: dict[str, list[str]] = defaultdict(list)
    for stack, version in report.states:
        by_version[version or "none yet"].append(stack)
    for version, stacks in sorted(by_version.items()):
        yield f"  states of {report.environment} written with {version}: {', '.join(stacks)}"


def _type(one: TypeDifference, style: Style, *, verbose: bool) -> Iterator[str]:
    yield style.paint(one.type, "bold")
    if one.vanishes:
        yield f"  {style.paint('!', 'red', 'bold')} there is no such type any more"
        return
    for declared in one.declared:
        yield from _declared(declared, style)
    if one.calls:
        yield f"  {style.paint('!', 'yellow')} calls that there are no more: {', '.join(one.calls)}"
    if one.others and verbose:
        yield "  of what is not declared:"
        yield from (f"      {_sentence(other)}" for other in one.others)
    elif one.others:
        yield from _short(one.others)


def _declared(declared: DeclaredDifference, style: Style) -> Iterator[str]:
    mark = style.paint("!", "red", "bold") if declared.breaks else style.paint("~", "yellow")
    yield f"  {mark} {_sentence(declared.difference)}"
    shown = declared.places[:_FEW]
    for address, place in shown:
        yield f"      {address}  {place}"
    if len(declared.places) > len(shown):
        yield f"      and {len(declared.places) - len(shown)} more"


def _sentence(one: FieldDifference) -> str:
    return f"{one.path} {_what(one)}"


def _what(one: FieldDifference) -> str:
    if one.what is Difference.WORDS:
        lost = f"does not take {_few(one.before)}" if one.before else ""
        gained = f"takes {_few(one.after)}, too" if one.after else ""
        return on_a_line("; ".join(filter(None, (lost, gained))))
    if one.what is Difference.LENGTH:
        return f"has at most {one.after} characters" if one.after else "may be of any length"
    return on_a_line(_SENTENCES[one.what].format(before=one.before, after=one.after))


def _few(words: str) -> str:
    """The first of some words, and how many more there are."""
    first, *rest = words.split(", ")
    shown, more = [first, *rest[: _FEW_WORDS - 1]], len(rest) - _FEW_WORDS + 1
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _short(others: Sequence[FieldDifference]) -> Iterator[str]:
    """How many differences there are of what is not declared, with their names."""
    for what, verb in _GROUPS:
        names = [one.path for one in others if one.what is what]
        if names:
            yield from _names(f"not declared, {verb}", names)
    rest = sorted({one.path for one in others if one.what not in dict(_GROUPS)})
    if rest:
        yield from _names("not declared, change", rest)


def _names(title: str, names: Sequence[str]) -> Iterator[str]:
    more = f" and {len(names) - _FEW} more (-v shows all)" if len(names) > _FEW else ""
    text = f"{title} ({len(names)}): {', '.join(names[:_FEW])}{more}"
    yield from wrapped(text, "    ", "      ")


def _problems(report: UpgradeReport, style: Style) -> Iterator[str]:
    if report.problems:
        title = style.paint(
            f"{counted(len(report.problems), 'problem')} of the stacks in "
            f"{report.after.api_version}",
            "bold",
            "red",
        )
        yield "\n".join([title, *(f"  {printable(one.finding)}" for one in report.problems)])


def _endpoints(report: UpgradeReport, style: Style) -> Iterator[str]:
    source = ""
    if report.endpoints_unread:
        source = f", by the states alone: {report.endpoints_unread}"
    if report.endpoints:
        title = f"Endpoints that get events of another API version{source}"
        yield "\n".join([style.paint(title, "bold"), *_endpoint_lines(report.endpoints)])


def _endpoint_lines(endpoints: Sequence[PinnedEndpoint]) -> Iterator[str]:
    for one in endpoints[:_SHOWN]:
        owner = one.address or "no stack manages it"
        yield f"  {printable(one.version)}  {one.type} {printable(one.id)}  {owner}"
    if len(endpoints) > _SHOWN:
        yield f"  and {len(endpoints) - _SHOWN} more"


def _plan(report: UpgradeReport, style: Style, *, verbose: bool) -> str:
    if report.plan is None:
        return f"No plan: {printable(report.why_no_plan)}"
    title = style.paint(f"The next plan with API version {report.after.api_version}", "bold")
    shown = plan_text(report.plan, loader.schemas(), style, verbose=verbose, compact=not verbose)
    return f"{title}\n{shown}"


def _end(report: UpgradeReport, style: Style) -> str:
    if report.breaks:
        text = "Something that is declared would be refused, or would mean something else."
        return style.paint(text, "bold", "red")
    return style.paint("Nothing that is declared would be refused or mean something else.", "bold")
