"""Accounts of a fleet with equal plans, or equal ends, as words for every format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from engine.frozen import frozen
from engine.plan.model import PlanReport
from engine.ports.fleet.members import Member
from engine.ports.fleet.reports import FleetPlan, FleetReport
from engine.ports.fleet.tasks import DONE, WRONG, Failure, MemberOutcome, MemberResult
from engine.schema.resource_type import Schemas
from engine.views import vocabulary
from engine.views.described import DescribedChange, describe_plan, moves_money
from engine.views.style import on_a_line, printable

FEW = 3
"""Changes of a plan that its line says one by one."""
WHOLE = 10
"""Groups whose plans are shown; of further ones there is a line."""
_COLOURS = {
    MemberOutcome.UNCHANGED: "dim",
    MemberOutcome.PLANNED: "yellow",
    MemberOutcome.APPLIED: "green",
    MemberOutcome.SKIPPED: "yellow",
}


@frozen
class Part:
    """Accounts of which there is one thing to say.

    Attributes:
        outcome: What became of them.
        names: Their names.
        words: What their plan does, or why they failed, in a line.
        plan: The plan of the first of them; None if it has none, or was shown before.
        changes: Its changes in words.
        failure: Why they failed, as the first of them says; None if they did not.
    """

    outcome: MemberOutcome
    names: tuple[str, ...]
    words: str
    plan: PlanReport | None = None
    changes: tuple[DescribedChange, ...] = ()
    failure: Failure | None = None

    @property
    def line(self) -> str:
        """How many accounts they are, and what there is to say of them."""
        return f"{accounts(len(self.names))}: {self.words}"

    @property
    def colour(self) -> str:
        """A colour of the vocabulary."""
        return _COLOURS.get(self.outcome, "red")

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should know of its plan as a whole."""
        plans = self.plan.plans if self.plan is not None else ()
        return tuple(warning for plan in plans for warning in plan.warnings)

    @property
    def details(self) -> tuple[str, ...]:
        """Why they failed, and what to do next, below the line."""
        if self.failure is None:
            return ()
        hint = f"Hint: {printable(self.failure.hint)}" if self.failure.hint else ""
        lines = [*printable(self.failure.cause).splitlines(), hint]
        return tuple(filter(None, lines))


def accounts(count: int) -> str:
    """Write a number of accounts: `1 account`, `1,912 accounts`."""
    return f"{count:,} account{'' if count == 1 else 's'}"


def some(names: Sequence[str], few: int) -> str:
    """The first of many names, and how many more there are."""
    shown, left = ", ".join(names[:few]), len(names) - few
    return f"{shown} and {left:,} more" if left > 0 else shown


def plan_parts(plan: FleetPlan, schemas: Schemas) -> list[Part]:
    """The accounts of a plan: the largest part first, and those that failed at the end."""
    parts = [_planned(group.plan, group.members, schemas) for group in plan.groups if group.members]
    if plan.unchanged:
        outcome = MemberOutcome.UNCHANGED
        parts.append(Part(outcome=outcome, names=_names(plan.unchanged), words="no changes"))
    parts.sort(key=lambda part: -len(part.names))
    return [*parts, *result_parts(plan.failed)]


def result_parts(results: Iterable[MemberResult]) -> list[Part]:
    """What became of accounts; equal reasons once, what went wrong first."""
    groups: dict[tuple[str, ...], list[MemberResult]] = {}
    for result in results:
        groups.setdefault(_reason(result), []).append(result)
    parts = [
        Part(
            outcome=group[0].outcome,
            names=_names(result.member for result in group),
            words=_ended(group[0]),
            failure=group[0].failure,
        )
        for group in groups.values()
    ]
    return sorted(parts, key=lambda part: (part.outcome not in WRONG, -len(part.names)))


def plan_conclusion(plan: FleetPlan) -> str:
    """Count the accounts and the changes of a plan."""
    changing = sum(len(group.members) for group in plan.groups)
    changes = sum(
        len(group.members) * sum(len(stack.pending) for stack in group.plan.plans)
        for group in plan.groups
    )
    parts = [
        f"{accounts(changing)} to change ({_many(changes, 'change')})",
        f"{len(plan.unchanged):,} unchanged",
        *wrong_counts(plan.failed),
    ]
    return f"Plan for fleet {plan.fleet}: {', '.join(parts)}."


def wrong_counts(results: Sequence[MemberResult]) -> list[str]:
    """How many accounts are not as they should be: `3 accounts failed`, `1 account refused`."""
    counts = {what: sum(one.outcome is what for one in results) for what in WRONG}
    return [f"{accounts(count)} {what.value}" for what, count in counts.items() if count]


def former_note(plan: FleetPlan, few: int) -> str:
    """Which accounts left the fleet and still have something; empty if none."""
    if not plan.former:
        return ""
    names = some([on_a_line(name) for name in plan.former], few)
    return (
        f"Not in the fleet any more, and left as they are: {names}. To remove what they have: "
        f"engine destroy -e {plan.fleet}/ACCOUNT"
    )


def report_conclusion(report: FleetReport) -> str:
    """Count what became of the accounts."""
    counts = [
        f"{report.count(outcome):,} {outcome.value}"
        for outcome in MemberOutcome
        if report.count(outcome)
    ]
    if report.plan.failed:
        counts.append(f"{len(report.plan.failed):,} without a plan to apply")
    word = "incomplete" if report.failed else "complete"
    ended = ", ".join(counts) or "no changes"
    return f"{report.plan.operation} of fleet {report.plan.fleet} {word}: {ended}."


def is_live(plan: FleetPlan) -> bool | None:
    """Whether the plans are of live mode; None if that is not known."""
    modes = {group.plan.livemode for group in plan.groups}
    return True if True in modes else False if False in modes else None


def requests(count: int) -> str:
    """Say how many requests were made."""
    return f"{_many(count, 'request')} made to Stripe."


def report_failures(report: FleetReport) -> list[Part]:
    """The accounts that are not as the plan says, and those that were skipped."""
    wrong = [result for result in report.results if result.outcome not in DONE]
    return result_parts([*report.plan.failed, *wrong])


def differences(part: Part, usual: Part) -> tuple[str, ...]:
    """What a plan does otherwise than the most usual one, if the two have something in common."""
    theirs = _by_address(usual.changes)
    ours = _by_address(part.changes)
    if not theirs.keys() & ours.keys():
        return ()
    other = [f"{key}: {text}" for key, text in ours.items() if theirs.get(key) != text]
    return (*other, *(f"{key}: no change" for key in theirs if key not in ours))


def _by_address(changes: Sequence[DescribedChange]) -> Mapping[str, str]:
    return {
        f"{one.stack}:{one.change.address}": f"{one.change.action.value} {one.brief}".strip()
        for one in changes
    }


def _planned(report: PlanReport, members: Sequence[Member], schemas: Schemas) -> Part:
    changes = tuple(
        one
        for plan in report.plans
        for one in describe_plan(
            plan,
            schemas,
            {impact.address: impact for impact in report.impacts if impact.stack == plan.stack},
        )
    )
    return Part(
        outcome=MemberOutcome.PLANNED,
        names=_names(members),
        words="; ".join(_said(changes, len(members), schemas)),
        plan=report,
        changes=changes,
    )


def _said(changes: Sequence[DescribedChange], members: int, schemas: Schemas) -> Iterator[str]:
    """What a plan does: each of few changes, else how many there are and those of money."""
    money = [one for one in changes if moves_money(one, schemas)]
    if not changes:
        yield "only the state or its outputs"
    shown: Sequence[DescribedChange] = changes
    if len(changes) > FEW:
        actions = [one.change.action for one in changes]
        yield ", ".join(vocabulary.counts(actions, done=False, always=False))
        shown = money[:FEW]
    each = f", on each of {accounts(members)}" if members > 1 else ""
    for one in shown:
        name = f"{one.change.action.value} {one.name}"
        what = ": ".join(filter(None, [name, one.what]))
        yield what + (each if one in money else "")
    if len(changes) > FEW and len(money) > FEW:
        yield f"and {len(money) - FEW:,} more changes of money"


def _names(members: Iterable[Member]) -> tuple[str, ...]:
    return tuple(on_a_line(member.name) for member in members)


def _ended(result: MemberResult) -> str:
    if result.failure is None:
        return result.outcome.value
    return f"{result.outcome.value}: {on_a_line(printable(result.failure.message))}"


def _reason(result: MemberResult) -> tuple[str, ...]:
    """What results have in common that are shown once: all but their accounts and keys."""
    failure = result.failure
    if failure is None:
        return (result.outcome.value,)
    texts = [failure.reference, failure.message, failure.cause, failure.hint]
    member = result.member
    for name in filter(None, (member.name, member.account, member.key)):
        texts = [text.replace(name, "\0") for text in texts]
    return (result.outcome.value, *texts)


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
