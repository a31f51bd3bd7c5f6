"""Deciding a declared resource that has an object: leave it, change it, revive it, replace it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from engine.frozen import frozen
from engine.plan.compare.compare_fields import (
    compare,
    drifted,
    taken_as_declared,
    with_secrets_sealed,
)
from engine.plan.compare.field_changes import field_changes
from engine.plan.compare.last_seen import ignored_in, seen_leaves, with_missing_expansions
from engine.plan.compare.liveness import has_ended, is_past, past_leaf
from engine.plan.compare.normalize import Normalizer, applied_leaves
from engine.plan.decide.decision import Decision, removal_policy_of
from engine.plan.decide.references import supply_secret
from engine.plan.inputs.accounts import is_known
from engine.plan.model import ACCOUNT_PATH, Action, FieldChange, FieldReason, Reason
from engine.plan.translate.companions import made_again
from engine.plan.translate.params import update_params
from engine.schema.remote import RemoteObject, id_of
from engine.schema.resource_type import ResourceType
from engine.stack.model import Declaration
from engine.state.model import ResourceState
from engine.values.markers import ABSENT, UNKNOWN
from engine.values.paths import Path, dotted, get_path
from engine.values.targets import AttributeTarget, OutputTarget, Target
from engine.values.templates import targets_in
from engine.values.tree import without

_OF_THE_CODE = (
    *(FieldReason.SET, FieldReason.CHANGED),
    *(FieldReason.CLEARED, FieldReason.STAYS, FieldReason.GOES),
)
"""Why a field differs if the declaration changed."""


@frozen
class Existing:
    """A declared resource and the object it has.

    Attributes:
        declaration: What is declared.
        kind: Its resource type.
        wanted: Arguments with references resolved.
        actual: The object.
        prior: What state records; None when it comes under management now.
        as_of: The values that references of the last apply name.
        normal: What makes values comparable.
        taken: Why an object that state does not record becomes this resource's; None if it does.
        old_account: The account that the object is on, empty for the key's own, if the declaration
            is on another one; None if it is not.
        force: Why it is replaced although its own fields do not force it; None if it is not.
        remade: Something it refers to was deleted outside of the code and is made again.
        refreshed: The object was read just now.
    """

    declaration: Declaration
    kind: ResourceType
    wanted: Mapping[str, Any]
    actual: RemoteObject
    prior: ResourceState | None
    as_of: Callable[[Target], Any]
    normal: Normalizer
    taken: Reason | None = None
    old_account: str | None = None
    force: Reason | None = None
    remade: bool = False
    refreshed: bool = True

    @property
    def is_imported(self) -> bool:
        """Whether the object was not made from here, as far as the state remembers."""
        return self.prior is None or self.prior.imported


def decide_existing(case: Existing) -> Decision:
    """Decide a resource that has an object: leave it, change it, revive it, or replace it."""
    declaration, kind, normal = case.declaration, case.kind, case.normal
    ignored = ignored_in(declaration)
    declared = without(normal.seal(declaration.arguments), ignored)
    wanted = without(case.wanted, ignored)
    prior = None
    if case.prior is not None:
        applied = applied_leaves(kind.root, case.prior.declared, case.prior.attributes)
        prior = without(applied, ignored)
    actual = with_missing_expansions(kind, case.actual, case.prior, case.as_of)
    known = normal.unsealed(prior, declaration.arguments)
    comparison = compare(
        normal, kind.root, wanted, actual, known, as_of=case.as_of, imported=case.is_imported
    )
    if case.prior is not None:
        comparison = with_secrets_sealed(normal, comparison, case.prior.attributes)
    moved = _moved_leaves(case)
    fields = field_changes(kind, comparison, declared, prior, case.actual, moved)
    if is_past(kind, case.actual) and case.force is None and case.old_account is None:
        return _past(case, fields)
    fields = (*_account_change(case), *fields)
    # What is no longer declared is cleared like any other field: nothing else ended the object.
    set_now = {name: value for name, value in wanted.items() if value is not None}
    ended = case.refreshed and has_ended(kind, case.actual, {**(prior or {}), **set_now})
    forced = case.force is not None or any(change.forces_replacement for change in fields)
    if forced:
        fields = tuple(_without_stays(fields))
    action = _action(case, fields, ended=ended, forced=forced)
    update: dict[str, Any] = {}
    revive_by = ""
    if action in (Action.UPDATE, Action.REVIVE, Action.IMPORT):
        sent = without(declaration.arguments, ignored)
        update = update_params(kind, fields, sent, wanted, case.actual)
        if ended and kind.life.revival is not None:
            update = {**(kind.life.revival.params or {}), **update}
            revive_by = kind.life.revival.call
        if action is Action.REVIVE:
            update |= made_again(kind, sent, case.actual)
    return _decided(
        case,
        action,
        reasons=tuple(_reasons(case, fields, ended=ended)),
        comparison=comparison,
        fields=fields,
        update=update,
        revive_by=revive_by,
        notes=() if forced else (*_taken_notes(case, declared, prior), *_secret_notes(case)),
    )


def _taken_notes(
    case: Existing, declared: Mapping[str, Any], prior: Mapping[str, Any] | None
) -> Iterator[str]:
    """What is taken to be as it is declared, since no response shows it."""
    if not case.is_imported or case.taken is Reason.REMEMBERED:
        return
    for path in taken_as_declared(case.kind.root, declared, prior):
        yield (
            f"{dotted(path)} is taken to be as it is declared: Stripe never returns it. If the "
            f"object was made otherwise, --replace {case.declaration.address} makes a new one"
        )


def _secret_notes(case: Existing) -> Iterator[str]:
    """Which secrets of an object are not known, for the plan that brings it under management."""
    if case.taken not in (Reason.IMPORTED, Reason.ADOPTED):
        return
    address = case.declaration.address
    for path in case.kind.creation_only:
        if get_path(case.actual, path[:-1]) is not None:  # it has the part that has the secret
            yield (
                f"its {dotted(path)} is not known here: Stripe returns it only when the object is "
                f"made. {supply_secret(address, id_of(case.actual))}"
            )


def decide_unchanged(case: Existing) -> Decision:
    """Decide a resource that the fast check found unchanged."""
    return _decided(case, Action.NO_OP, unchanged=True)


def _decided(
    case: Existing, action: Action, kept: Mapping[str, Any] | None = None, **parts: Any
) -> Decision:
    """The decision about the object of a case.

    Args:
        case: The resource and its object.
        action: What happens to it.
        kept: What state keeps as declared in place of the declaration; None for the declaration.
        parts: The further fields of the decision.
    """
    declaration = case.declaration
    return Decision(
        address=declaration.address,
        kind=case.kind,
        action=action,
        id=id_of(case.actual),
        declared=declaration.arguments if kept is None else kept,
        wanted=case.wanted if kept is None else kept,
        actual=case.actual,
        prior=case.prior,
        removal_policy=removal_policy_of(declaration, case.kind),
        old_account=case.old_account,
        superseded=case.prior.superseded if case.prior is not None else (),
        line=str(declaration.location),
        **parts,
    )


def _past(case: Existing, fields: tuple[FieldChange, ...]) -> Decision:
    """A resource whose object has done its work: nothing about it can change any more.

    State keeps what was declared while it could, so that each plan shows the difference again.
    """
    differing = [dotted(change.path) for change in fields if change.reason in _OF_THE_CODE]
    note = (
        f"it has ended ({past_leaf(case.kind, case.actual)}) and cannot change any more, but the "
        f"code differs in {', '.join(differing)}: put the code back, or declare a new one under "
        "another name"
    )
    return _decided(
        case,
        Action.NO_OP if case.taken is None else Action.IMPORT,
        None if case.prior is None else case.prior.declared,
        reasons=() if case.taken is None else (case.taken,),
        notes=(note,) if differing else (),
    )


def _account_change(case: Existing) -> Iterator[FieldChange]:
    """The line about the account, if the object is declared on another one: a new object."""
    account = case.declaration.lifecycle.account
    if case.old_account is not None:
        known = is_known(account)
        yield FieldChange(
            path=ACCOUNT_PATH,
            before=case.old_account or ABSENT,
            after=(account or ABSENT) if known else UNKNOWN,
            reason=FieldReason.CHANGED if known or _is_new(case) else FieldReason.REFERENCE,
            forces_replacement=True,
        )


def _is_new(case: Existing) -> bool:
    """Whether the account was not that of the resource at the last apply."""
    before = case.prior.dependencies if case.prior is not None else ()
    targets = targets_in(case.declaration.lifecycle.account)
    return any(
        isinstance(one, AttributeTarget) and str(one.address) not in before for one in targets
    )


def _moved_leaves(case: Existing) -> frozenset[Path]:
    """The leaves that changed on Stripe since the last apply."""
    if case.prior is None:
        return frozenset()
    seen = seen_leaves(case.normal, case.kind, case.prior)
    differences = drifted(case.normal, case.kind.root, seen, case.actual)
    return frozenset(difference.path for difference in differences)


def _action(
    case: Existing, fields: tuple[FieldChange, ...], *, ended: bool, forced: bool
) -> Action:
    if forced:
        return Action.REPLACE
    if case.taken in (Reason.IMPORTED, Reason.ADOPTED) and not ended:
        return Action.IMPORT
    if ended or case.taken is Reason.REMEMBERED:
        return Action.REVIVE
    if fields or (case.prior is not None and case.prior.superseded):
        return Action.UPDATE
    return Action.NO_OP


def _reasons(case: Existing, fields: tuple[FieldChange, ...], *, ended: bool) -> Iterator[Reason]:
    if case.taken is not None:
        yield case.taken
    if case.force is not None:
        yield case.force
    repointed = [change for change in fields if change.reason is FieldReason.REFERENCE]
    if repointed and case.force not in (Reason.DEPENDENCY, Reason.REMADE):
        outputs = all(isinstance(target, OutputTarget) for target in _named(case, repointed))
        dependency = Reason.REMADE if case.remade else Reason.DEPENDENCY
        yield Reason.OUTPUT if outputs else dependency
    if any(change.forces_replacement for change in fields if _is_own(change)):
        yield Reason.IMMUTABLE
    if ended:
        yield Reason.ENDED
    if any(change.reason is FieldReason.DRIFT for change in fields):
        yield Reason.DRIFTED
    if any(change.reason is FieldReason.DIFFERS for change in fields):
        yield Reason.DIFFERS
    if any(change.reason in _OF_THE_CODE for change in fields):
        yield Reason.CHANGED
    if case.prior is not None and case.prior.superseded:
        yield Reason.SUPERSEDED


def _named(case: Existing, repointed: Iterable[FieldChange]) -> Iterator[Target]:
    """What the fields refer to that change because of it."""
    names = {change.path[0] for change in repointed}
    yield from (target for path, target in case.declaration.references if path[0] in names)
    if ACCOUNT_PATH[0] in names:
        yield from targets_in(case.declaration.lifecycle.account)


def _is_own(change: FieldChange) -> bool:
    return change.reason is not FieldReason.REFERENCE


def _without_stays(fields: tuple[FieldChange, ...]) -> Iterator[FieldChange]:
    """A new object has nothing that could stay."""
    for change in fields:
        if change.reason in (FieldReason.STAYS, FieldReason.GOES):
            yield dataclasses.replace(change, reason=FieldReason.CLEARED, after=ABSENT)
        else:
            yield change
