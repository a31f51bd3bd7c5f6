"""Deciding what is declared: a new object, the one that exists, or another in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from engine.plan.compare.liveness import has_ended
from engine.plan.compare.natural_keys import cased
from engine.plan.compare.normalize import Normalizer
from engine.plan.compare.unchanged import is_as_declared
from engine.plan.decide.decision import Decision, removal_policy_of
from engine.plan.decide.existing import Existing, decide_existing, decide_unchanged
from engine.plan.decide.key_conflicts import owned, with_key_settled, with_revival
from engine.plan.decide.references import ExpectedResource, KnownValues, expected_after
from engine.plan.decide.replacement import transfer_params, with_replacement
from engine.plan.decide.unmanaged import ambiguous, holder_of_key, unmanaged_object
from engine.plan.inputs.accounts import is_known, on_account, same_as_own
from engine.plan.inputs.ownership import key_of, key_of_object
from engine.plan.inputs.plan_inputs import PlanInputs
from engine.plan.inputs.transfers import two_owners
from engine.plan.model import Action, Reason
from engine.plan.refusal import PlanRule, Refusal
from engine.schema.remote import id_of
from engine.schema.resource_type import ResourceType
from engine.stack.model import Declaration
from engine.state.model import ResourceState
from engine.values.markers import UNKNOWN
from engine.values.paths import dotted, reach
from engine.values.targets import AttributeTarget, Target
from engine.values.templates import resolve


def decide_declared(
    inputs: PlanInputs, chosen: frozenset[str] | None, known: KnownValues
) -> dict[str, Decision]:
    """Decide every declared resource after what it refers to.

    Args:
        inputs: What the plan is made from.
        chosen: Addresses that the plan is about; None for all.
        known: The values that references name; it learns each resource as it is decided.
    """
    decisions = _in_order(inputs, chosen, known)
    if any(inputs.graph.deferred[address] for address in decisions):
        # What a deferred reference names is decided after the one that refers to it, so
        # only a second round knows whether it is an object that exists already.
        decisions = _in_order(inputs, chosen, known)
    return decisions


def _in_order(
    inputs: PlanInputs, chosen: frozenset[str] | None, known: KnownValues
) -> dict[str, Decision]:
    decisions: dict[str, Decision] = {}
    refreshed = inputs.observed.refreshed
    for address in inputs.graph.order:
        if chosen is None or address in chosen:
            decisions[address] = _decide(inputs, address, known, decisions)
            known.learn(address, expected_after(decisions[address], refreshed=refreshed))
        elif (prior := inputs.state.resources.get(address)) is not None:
            actual = inputs.actual(address, prior) or {}
            known.learn(address, ExpectedResource(actual, whole=False, declared=prior.declared))
    return decisions


def _decide(
    inputs: PlanInputs, address: str, known: KnownValues, decisions: Mapping[str, Decision]
) -> Decision:
    """Decide one declared resource, where those it refers to are decided."""
    declaration = inputs.graph.declarations[address]
    if address in inputs.graph.accounts:
        declaration = on_account(declaration, known, inputs.own_account)
    wanted: Mapping[str, Any] = declaration.arguments
    if declaration.templates:
        wanted = resolve(wanted, known)
    prior = inputs.state.resources.get(address)
    if prior is not None:
        actual, taken = inputs.actual(address, prior), None
    else:
        taken, actual = unmanaged_object(inputs, declaration) or (None, None)
    kind = cased(inputs.schemas[declaration.type], declaration, inputs.graph.declarations)
    if actual is None:
        decision = _new(inputs, declaration, kind, wanted, prior)
        return decision.refused(*_lost_secrets(inputs, address, known))
    case = Existing(
        declaration=declaration,
        kind=kind,
        wanted=wanted,
        actual=actual,
        prior=prior,
        as_of=_as_of(inputs, known),
        normal=Normalizer(inputs.state.lineage),
        taken=taken,
        old_account=_left(inputs, declaration, prior),
        force=_force(inputs, declaration, decisions),
        remade=any(
            _is_remade(decisions.get(str(getattr(target, "address", ""))))
            for _, target in inputs.graph.targets[address]
        ),
        refreshed=inputs.observed.refreshed,
    )
    if _is_unchanged(inputs, case):
        return decide_unchanged(case)
    decision = _existing(inputs, case).refused(*_lost_secrets(inputs, address, known))
    return decision.refused(*_of_others(inputs, case, decision))


def _left(inputs: PlanInputs, declaration: Declaration, prior: ResourceState | None) -> str | None:
    """The account that an object is on, if it is declared on another one; None if not."""
    if prior is None or prior.account == declaration.lifecycle.account:
        return None
    recorded = same_as_own(prior.account, inputs.own_account)
    return None if recorded == declaration.lifecycle.account else recorded


def _existing(inputs: PlanInputs, case: Existing) -> Decision:
    decision = decide_existing(case)
    if decision.action is not Action.REPLACE:
        return decision
    if case.taken is not Reason.REMEMBERED:
        return with_revival(inputs, case, with_replacement(inputs, decision, case.actual))
    # What was archived here cannot become what is declared now: leave it archived.
    transfer = transfer_params(case.kind, case.wanted, case.actual)
    new = _create(case.declaration, case.kind, case.wanted, Reason.DECLARED, transfer=transfer)
    return with_revival(inputs, case, new)


def _of_others(inputs: PlanInputs, case: Existing, decision: Decision) -> Iterator[Refusal]:
    """Why an object that another stack records is not taken, and not replaced."""
    address, transfers = str(case.declaration.address), inputs.observed.transfers
    owners = transfers.contested.get(address, ())
    if owners and decision.action is Action.REPLACE:
        yield Refusal(
            f"{address} ({case.declaration.location}): {id_of(case.actual)} is "
            f"{two_owners(owners)}",
            PlanRule.RECORDED_TWICE,
        )
    account = case.declaration.lifecycle.account
    owner = inputs.owned_elsewhere(case.kind, account, case.actual) if case.taken else None
    if owner is not None and address not in transfers.imported:
        sentence = owned(case.declaration, id_of(case.actual), owner)
        yield Refusal(sentence, PlanRule.OWNED_ELSEWHERE)
    ours = _also_here(inputs, case) if case.taken is Reason.IMPORTED else None
    if ours is not None:
        yield Refusal(
            f"{address} ({case.declaration.location}): {id_of(case.actual)} is {ours} already. If "
            f'this is the same thing under a new name, write moved("{ours}", "{address}"); if '
            "not, take import_ out",
            PlanRule.ALREADY_MANAGED,
        )


def _also_here(inputs: PlanInputs, case: Existing) -> str | None:
    """The declared resource of this stack that an object is already; None if there is none."""
    account = case.declaration.lifecycle.account
    key = key_of_object(case.kind.name, account, case.actual)
    for address, entry in inputs.state.resources.items():
        if key_of(entry) == key and address in inputs.graph.declarations:
            return address
    return None


def _lost_secrets(inputs: PlanInputs, address: str, known: KnownValues) -> Iterator[Refusal]:
    """Why references to secrets that are kept nowhere are refused: nothing could be sent."""
    for path, target in inputs.graph.targets[address]:
        why = known.why_lost(target)
        if why:
            yield Refusal(f"{address} cannot have its {dotted(path)}: {why}", PlanRule.SECRET_LOST)


def _is_unchanged(inputs: PlanInputs, case: Existing) -> bool:
    """Whether the fast check finds nothing to do, in the state either."""
    declaration, prior, address = case.declaration, case.prior, case.declaration.address
    return (
        prior is not None
        and case.force is None
        and not prior.superseded
        and not declaration.lifecycle.ignore_changes
        and is_as_declared(case.kind, declaration.arguments, case.wanted, prior, case.actual)
        and not (case.refreshed and has_ended(case.kind, case.actual, case.wanted))
        and removal_policy_of(declaration, case.kind) == prior.removal_policy
        and inputs.graph.needs(address) == prior.dependencies
        and inputs.triggers(address) == prior.triggers
    )


def _force(
    inputs: PlanInputs, declaration: Declaration, decisions: Mapping[str, Decision]
) -> Reason | None:
    """Why a resource is replaced although its own fields do not force it; None if it is not."""
    if declaration.address in inputs.options.replace:
        return Reason.REQUESTED
    for trigger in inputs.graph.triggers[declaration.address]:
        decision = decisions.get(trigger)
        renamed = trigger in inputs.moved_from and trigger not in inputs.observed.transfers.received
        if decision is not None and (decision.action is not Action.NO_OP or renamed):
            return Reason.TRIGGERED
    prior = inputs.state.at(declaration.address)
    known = prior.triggers if prior is not None else {}
    if any(
        known.get(name, now) != now for name, now in inputs.triggers(declaration.address).items()
    ):
        return Reason.TRIGGERED
    root = inputs.schemas[declaration.type].root
    for path, target in inputs.graph.targets[declaration.address]:
        # An id that the author chose is the same before and after, but the object that an
        # immutable field was tied to is gone: a promotion code dies with its coupon (D).
        attribute = root.at(path)
        if attribute is not None and attribute.immutable and target in inputs.observed.remade:
            return Reason.OUTPUT
        decision = decisions.get(str(getattr(target, "address", "")))
        if attribute is not None and attribute.immutable and decision and decision.makes:
            return Reason.REMADE if _is_remade(decision) else Reason.DEPENDENCY
    return None


def _is_remade(decision: Decision | None) -> bool:
    """Whether an object takes the place of one that was deleted outside of the code."""
    return decision is not None and decision.makes and Reason.MISSING in decision.reasons


def _as_of(inputs: PlanInputs, known: KnownValues) -> Callable[[Target], Any]:
    """The values that references of the last apply name: as of now if known, else as of then."""

    def value(target: Target) -> Any:
        found = known(target)
        if found is not UNKNOWN or not isinstance(target, AttributeTarget):
            return found
        entry = inputs.state.at(target.address)
        own_id = inputs.schemas[target.address.type].own_id
        was = {} if entry is None else {**entry.attributes, "id": own_id(entry.id)}
        return reach(was, target.path, UNKNOWN)

    return value


def _new(
    inputs: PlanInputs,
    declaration: Declaration,
    kind: ResourceType,
    wanted: Mapping[str, Any],
    prior: ResourceState | None,
) -> Decision:
    """A resource that has no object yet, or no longer has one."""
    decision = _create(
        declaration,
        kind,
        wanted,
        Reason.MISSING if prior is not None else Reason.DECLARED,
        prior=prior,
        old_account=_left(inputs, declaration, prior),
        superseded=prior.superseded if prior is not None else (),
    )
    impossible = next(_cannot_be_made(inputs, declaration), None)
    if impossible is not None:
        return decision.refused(impossible)
    several = ambiguous(inputs, declaration)
    if several:
        return decision.refused(Refusal(several, PlanRule.AMBIGUOUS))
    holder = holder_of_key(inputs, declaration)
    return decision if holder is None else with_key_settled(inputs, decision, holder)


def _create(
    declaration: Declaration,
    kind: ResourceType,
    wanted: Mapping[str, Any],
    reason: Reason,
    **parts: Any,
) -> Decision:
    return Decision(
        address=declaration.address,
        kind=kind,
        action=Action.CREATE,
        reasons=(reason,),
        declared=declaration.arguments,
        wanted=wanted,
        removal_policy=removal_policy_of(declaration, kind),
        line=str(declaration.location),
        **parts,
    )


def _cannot_be_made(inputs: PlanInputs, declaration: Declaration) -> Iterator[Refusal]:
    """Why there can be no new object whatever its keys, the most important first."""
    address = declaration.address
    if address in inputs.graph.stack.imports and not is_known(declaration.lifecycle.account):
        yield Refusal(
            f"{address} ({declaration.location}) is to be imported from an account that this apply "
            "makes, and nothing is on it yet. Take import_ out to create it",
            PlanRule.IMPORT_NOT_FOUND,
        )
    elif address in inputs.observed.imports:
        wanted = inputs.graph.stack.imports[address].id
        id = inputs.observed.import_ids.get(address, wanted)
        if isinstance(id, str):
            why = f"{id}, which does not exist on this account. Correct the id"
        else:
            why = f"{wanted}, which is no id before the apply. Apply what it refers to first"
        sentence = f"{address} is to be imported as {why}, or take import_ out to create it"
        yield Refusal(sentence, PlanRule.IMPORT_NOT_FOUND)
    elif address in inputs.graph.stack.imports and not inputs.observed.refreshed:
        yield Refusal(
            f"{address} is to be imported, and Stripe was not asked for its object: plan without "
            "--no-refresh",
            PlanRule.IMPORT_NOT_READ,
        )
    kind = inputs.schemas[declaration.type]
    if not kind.creatable and not kind.life.singleton:
        yield Refusal(
            f"{address} ({declaration.location}): Stripe has no call that makes one. "
            f"Make the {kind.title} in the Dashboard, then write "
            f'import_("{address}", ID)',
            PlanRule.NOT_CREATABLE,
        )
