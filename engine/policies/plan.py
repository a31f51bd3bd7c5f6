"""The plan as policies are given it: typed, with money, and without any secret."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from engine.address import ResourceAddress
from engine.frozen import frozen
from engine.plan.amounts import Amount, amounts_in
from engine.plan.impact import Impact
from engine.plan.model import Action, PlanReport
from engine.plan.model import Change as Planned
from engine.schema.attribute import Attribute, Kind
from engine.schema.lifecycle import Verb
from engine.schema.resource_type import ResourceType, Schemas
from engine.values import markers
from engine.values.paths import Path, dotted
from engine.values.secret import is_secret
from engine.values.tree import children, is_nested, scalars

UNKNOWN: Final = markers.UNKNOWN
"""In the place of a value that is known after the apply only."""

_IN_SEVEN_YEARS = {"day": 7 * 365, "week": 365, "month": 7 * 12, "year": 7}
"""How often something is charged in seven years, in which there are whole weeks."""


class Secret(Enum):
    """What is in the place of a secret."""

    SECRET = "(sensitive value)"  # noqa: S105 - a mask

    def __repr__(self) -> str:
        return self.value

    __str__ = __repr__


SECRET: Final = Secret.SECRET
"""In the place of a secret: that there is one is known, and what it is is not."""


@frozen
class Environment:
    """Where a plan would be applied.

    Attributes:
        name: Its name.
        live: It is for real money: settings say so, or the account is in live mode.
        embedded: It is the embedded emulator.
    """

    name: str
    live: bool = False
    embedded: bool = False


@frozen
class Finding:
    """What a policy has against a plan; made by `refuse`, and yielded by the policy.

    Attributes:
        message: What is wrong, and what would be right.
        stack: The stack that it is about; empty if it is about all.
        address: The resource that it is about; empty if it is about no single one.
        line: Where that is declared; empty if it is not.
    """

    message: str
    stack: str = ""
    address: str = ""
    line: str = ""


@frozen
class FieldChange:
    """One field that differs.

    Attributes:
        path: Where it is, `recurring.interval`.
        before: What Stripe has; None if nothing.
        after: What is wanted; None if nothing, UNKNOWN if that is known after the apply only.
        forces_replacement: Stripe cannot change it in place.
    """

    path: str
    before: Any
    after: Any
    forces_replacement: bool


@frozen
class AmountChange:
    """One amount of money, before and after.

    Attributes:
        path: Where it is, `unit_amount` or `currency_options.eur.unit_amount`.
        before: What Stripe has; None if there is none.
        after: What is wanted; None if there is none, or if it is known after the apply only.
        unknown: It is known after the apply only.
    """

    path: str
    before: Amount | None
    after: Amount | None
    unknown: bool = False

    @property
    def share(self) -> Decimal | None:
        """By how much it changes over a year: -0.5 is half as much as before.

        None if that cannot be computed: one of the two is missing or unknown, the currency is
        another, one is charged once and the other again and again, or it was nothing before.
        """
        if self.before is None or self.after is None or not self.before.value:
            return None
        both = [_over_years(self.before), _over_years(self.after)]
        if self.before.currency != self.after.currency or None in both:
            same = self.before.interval == self.after.interval == ""
            if not same or self.before.currency != self.after.currency:
                return None
            both = [self.before.value, self.after.value]
        old, new = both
        return None if old is None or new is None else (new - old) / old


def _over_years(amount: Amount) -> Decimal | None:
    """What an amount comes to over some years; None if it is charged once."""
    times = _IN_SEVEN_YEARS.get(amount.interval)
    return None if times is None else amount.value * times / amount.interval_count


class Change:
    """What a plan does to one resource.

    Attributes:
        stack: Its stack.
        address: The resource, `stripe_price.pro`.
        type: Its resource type, `stripe_price`.
        name: Its name in the code.
        kind: What is known of its type.
        action: What happens to it.
        id: Stripe's id; empty before it exists.
        removal: How the old object ends; None if none does.
        line: Where it is declared, `stacks/saas.py:12`; empty if it no longer is.
        account: Connected account that it is on; empty for the key's own.
        dependencies: Addresses that it refers to or comes after; `shop:stripe_product.pro` in
            another stack.
    """

    def __init__(self, plan: Plan, stack: str, planned: Planned, kind: ResourceType) -> None:
        self._plan, self._planned = plan, planned
        self.kind = kind
        self.stack: str = stack
        self.address: ResourceAddress = planned.address
        self.type: str = planned.type
        self.name: str = planned.address.name
        self.action: Action = planned.action
        self.id: str = planned.id
        self.removal: Verb | None = planned.removal.verb if planned.removal is not None else None
        self.line: str = planned.line
        self.account: str = planned.account
        self.dependencies: tuple[str, ...] = planned.dependencies

    def __repr__(self) -> str:
        return f"<{self.action} {self.stack}:{self.address}>"

    @property
    def before(self) -> Mapping[str, Any]:
        """Its declared values as Stripe has them; empty before it exists."""
        return self._shown(self._planned.before)

    @property
    def after(self) -> Mapping[str, Any]:
        """The same as they will be, UNKNOWN where only the apply knows; empty if it is removed."""
        return self._shown(self._planned.after)

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Its metadata as it will be; of what is removed, as Stripe has it."""
        values = self.before if self.action in (Action.DELETE, Action.FORGET) else self.after
        found = values.get("metadata")
        return found if isinstance(found, Mapping) else {}

    @property
    def fields(self) -> tuple[FieldChange, ...]:
        """The fields that differ; none if it is new or removed."""
        return tuple(
            FieldChange(
                path=dotted(field.path),
                before=SECRET if field.sensitive else self._at(field.path, field.before),
                after=SECRET if field.sensitive else self._at(field.path, field.after),
                forces_replacement=field.forces_replacement,
            )
            for field in self._planned.fields
        )

    @property
    def amounts(self) -> tuple[AmountChange, ...]:
        """Its amounts of money, those that stay the same too."""
        before = self._amounts(self._planned.before)
        after = self._amounts(self._planned.after)
        unknown = {
            self._spelling(path)
            for path, value in scalars(self._planned.after)
            if value is UNKNOWN and self._holds_money(path)
        }
        return tuple(
            AmountChange(
                path=dotted(path),
                before=before.get(path),
                after=after.get(path),
                unknown=path in unknown,
            )
            for path in dict.fromkeys([*before, *after, *unknown])
        )

    @property
    def impact(self) -> Impact | None:
        """What uses its object, counted when it is first asked for; None if nothing is known to."""
        return self._plan.impact_of(self)

    def refuse(self, message: str) -> Finding:
        """What a policy yields that has something against this change."""
        return self._plan.found(
            Finding(message=message, stack=self.stack, address=str(self.address), line=self.line)
        )

    def _amounts(self, values: Mapping[str, Any]) -> dict[Path, Amount]:
        found = amounts_in(self.kind.root, values)
        return {self._spelling(path): amount for path, amount in found.items()}

    def _spelling(self, path: Path) -> Path:
        """The path of an amount that has two, `unit_amount` of `unit_amount_decimal`."""
        attribute = self.kind.root.at(path)
        decimal = attribute is not None and attribute.kind is Kind.DECIMAL and attribute.twin
        return (*path[:-1], decimal) if decimal else path

    def _holds_money(self, path: Path) -> bool:
        attribute = self.kind.root.at(path)
        return attribute is not None and bool(attribute.money)

    def _shown(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        hidden = {field.path for field in self._planned.fields if field.sensitive}
        found = shown(values, self.kind.root, hidden)
        return found if isinstance(found, Mapping) else {}

    def _at(self, path: Path, value: Any) -> Any:
        return shown(value, self.kind.root.at(path), frozenset())


def shown(
    value: Any, attribute: Attribute | None, hidden: Sequence[Path] | set[Path] | frozenset[Path]
) -> Any:
    """A nested value for authors' code: plain, without secrets, a copy.

    Args:
        value: The value.
        attribute: What is known of it.
        hidden: Paths below it that must not be shown.
    """
    return _shown(value, attribute, (), frozenset(hidden))


def _shown(value: Any, attribute: Attribute | None, path: Path, hidden: frozenset[Path]) -> Any:
    secret = path in hidden or is_secret(value) or (attribute is not None and attribute.sensitive)
    if secret:
        return None if value in (None, markers.ABSENT) else SECRET
    if is_nested(value):
        parts = (
            (key, _shown(inner, attribute and attribute.child(key), (*path, key), hidden))
            for key, inner in children(value)
        )
        return dict(parts) if isinstance(value, Mapping) else [inner for _, inner in parts]
    if value is markers.ABSENT or value is markers.CLEAR:
        return None
    return str.__str__(value) if isinstance(value, str) else value


class Plan:
    """What one run would do.

    Attributes:
        environment: Where.
        account: The account of the key; empty if it was not asked for.
        stacks: The names of the stacks that are planned.
        destroy: Everything is to be removed.
        changes: What changes; `resources` has what stays as it is too.
        refusals: What forbids the plan already.
    """

    def __init__(
        self,
        report: PlanReport,
        schemas: Schemas,
        *,
        live: bool = False,
        impacts: Callable[[], Sequence[Impact]] = tuple,
    ) -> None:
        """Take a report.

        Args:
            report: What would be done.
            schemas: Resource types by name.
            live: Settings say that the environment is live.
            impacts: Counts what uses the objects that the plan ends or changes.
        """
        self.environment = Environment(
            name=report.environment,
            live=live or bool(report.livemode),
            embedded=report.embedded,
        )
        self.account: str = report.account_id
        self.stacks: tuple[str, ...] = tuple(plan.stack for plan in report.plans)
        self.destroy: bool = report.options.destroy
        self.refusals: tuple[str, ...] = tuple(map(str, report.refusals))
        self.changes: tuple[Change, ...] = tuple(
            Change(self, plan.stack, change, schemas[change.type])
            for plan in report.plans
            for change in plan.pending
        )
        self._report, self._schemas = report, schemas
        self._impacts = impacts
        self._counted: dict[tuple[str, str], Impact] | None = None
        self._made: list[Finding] = []

    @functools.cached_property
    def resources(self) -> tuple[Change, ...]:
        """Every resource that was looked at, unchanged ones too."""
        return tuple(
            Change(self, plan.stack, change, self._schemas[change.type])
            for plan in self._report.plans
            for change in plan.changes
        )

    def refuse(self, message: str) -> Finding:
        """What a policy yields that has something against the plan as a whole."""
        return self.found(Finding(message=message))

    def found(self, finding: Finding) -> Finding:
        """Remember a finding, so that one that its policy does not yield is noticed."""
        self._made.append(finding)
        return finding

    def unyielded(self, findings: Sequence[Finding]) -> Iterator[Finding]:
        """The findings that were made and are not among those that a policy yielded."""
        yielded = {id(finding) for finding in findings}
        yield from (finding for finding in self._made if id(finding) not in yielded)

    def impact_of(self, change: Change) -> Impact | None:
        """What uses the object of a change."""
        if self._counted is None:
            found = self._impacts()
            self._counted = {(one.stack, str(one.address)): one for one in found}
        return self._counted.get((change.stack, str(change.address)))
