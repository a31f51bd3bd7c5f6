"""Recovering a run that did not finish: its results go into the state, the rest is found out.

No request is repeated blindly. An operation without a result is sent again with its own idempotency
key, and Stripe returns what it returned the first time. Where Stripe may have forgotten the
key (it keeps one for a day), or has stored a failure of its own under it, or where a secret among
the parameters is no longer known, the object is searched for instead.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from engine.apply.journal import Intent, Run, Unfinished, objects_of
from engine.apply.references import References
from engine.apply.secrets import keep_secrets, kept_secret, secret_names
from engine.apply.send import is_uncertain, send
from engine.apply.state_delta import delta_of
from engine.errors import (
    AuthenticationError,
    PermissionDeniedError,
    ProviderError,
    RateLimitedError,
    StateError,
)
from engine.frozen import frozen
from engine.plan.compare.liveness import is_gone
from engine.plan.compare.normalize import Normalizer
from engine.plan.model import Step, StepKind
from engine.plan.saved.step_json import has_sealed
from engine.ports.outcomes import Found, RecoveredStep
from engine.ports.provider import Provider, RequestContext, unfenced
from engine.ports.secret_sink import SecretSink
from engine.schema.remote import STAMP_KEY, RemoteObject, composite_id, id_of
from engine.schema.resource_type import ResourceType, Schemas
from engine.state.advice import GENERAL, Advice
from engine.state.model import Delta, Draft, ResourceState, State
from engine.state.superseded import superseded_name
from engine.values.paths import get_path, set_path
from engine.values.secret import fingerprint

KEY_LIFE = 23 * 3600
"""Seconds for which Stripe is trusted to know a key; it may forget it after 24 hours (D)."""
_OTHER_PARAMETERS = "idempotency_error"
"""Stripe's word for a key that was sent before with other parameters."""
_SLACK = 60
"""Seconds by which an object may seem older than the request that made it: Stripe's machines agree
on the time no better than that."""


@frozen
class RecoveryPorts:
    """What a recovery works with.

    Attributes:
        provider: Where the objects are; asked for only if something is uncertain.
        schemas: Resource types by name.
        sink: Where secrets go.
        references: Resolves references, from the draft that is recovered.
        fence: Raises once the lock on the stack is another run's.
        advice: What people can do about the stored state.
    """

    provider: Callable[[], Provider]
    schemas: Schemas
    sink: SecretSink
    references: References
    fence: Callable[[], None] = unfenced
    advice: Advice = GENERAL


def recover(
    unfinished: Unfinished, draft: Draft, ports: RecoveryPorts
) -> tuple[RecoveredStep, ...]:
    """Bring a state up to what an unfinished run did.

    Args:
        unfinished: What the run's journal says.
        draft: The state as it is stored; it is changed.
        ports: What it works with.

    Raises:
        StateError: if the state is not one that the run can have worked on.
        ProviderError: if Stripe cannot be asked; the journal is as good as before.
    """
    findings = _fold(unfinished, draft, ports.advice)
    for intent in unfinished.pending:
        finding = _settle(unfinished, intent, draft, ports)
        if finding is not None:
            findings.append(finding)
    return tuple(findings)


# ── what the journal holds ───────────────────────────────────────────────────────────────


def _fold(unfinished: Unfinished, draft: Draft, advice: Advice) -> list[RecoveredStep]:
    """Put the results that the journal holds into the state."""
    run, state = unfinished.run, draft.base
    if state.lineage != run.lineage:
        raise StateError(
            f"the journal of an unfinished run is of another {run.environment}/{run.stack} than "
            "the state",
            cause=f"The run, of {run.since}, worked on lineage {run.lineage}, the state has "
            f"{state.lineage}.",
            hint=f"bring back the state that the run worked on ({advice.other_version}); if it is "
            f"lost, engine state rebuild {run.stack} --force makes it again from the account and "
            "puts the journal aside",
        )
    if state.serial < run.serial:
        raise StateError(
            f"the state of {run.environment}/{run.stack} is older than the one an unfinished run "
            "worked on",
            cause=f"The run, of {run.since}, began from serial {run.serial}; the state is at "
            f"{state.serial}.",
            hint=f"bring back the newer state ({advice.other_version}) and run the command again",
        )
    findings: list[RecoveredStep] = []
    for recorded in unfinished.deltas:
        delta = _rebased(recorded, draft) if _moved_on(run, state) else recorded
        draft.change(delta)
        findings.extend(
            RecoveredStep(address=address, what=Found.RECORDED, id=_id_in(recorded, address))
            for address in delta.resources
        )
    return findings


def _id_in(delta: Delta, address: str) -> str:
    entry = delta.resources[address]
    return entry.id if entry is not None else ""


def _moved_on(run: Run, state: State) -> bool:
    """Whether the state is no longer the one that the run worked on.

    It may be the one that the run itself wrote, when only the journal's end was missed; or one
    that came from elsewhere, by git or from a backup.
    """
    return state.serial != run.serial or objects_of(state) != run.objects


def _rebased(delta: Delta, draft: Draft) -> Delta:
    """A change for a state that is not the one it was made from.

    What is there stays. An object that the run made and the state does not know is kept: at
    its address, or, where another one is now, among those that the next plan removes.
    """
    known = set(_objects(draft))
    resources: dict[str, ResourceState | None] = {}
    for address, entry in delta.resources.items():
        current = draft.at(address)
        if entry is None or (entry.type, entry.account, entry.id) in known:
            continue
        if current is None or (current.account, current.id) in entry.left:
            resources[address] = entry
        else:
            left = (*current.superseded, superseded_name(entry.account, entry.id, current.account))
            resources[address] = dataclasses.replace(current, superseded=left)
    return Delta(resources=resources)


def _objects(draft: Draft, *, without: str = "") -> Iterator[tuple[str, str, str]]:
    """Type, account and id of every object that a state records, those to be removed too.

    Args:
        draft: The state.
        without: The address of a resource whose own object is left out.
    """
    for address, entry in draft.resources.items():
        if address != without:
            yield entry.type, entry.account, entry.id
        yield from ((entry.type, *left) for left in entry.left)


# ── what only Stripe can answer ───────────────────────────────────────────────────────────────


def _settle(
    unfinished: Unfinished, intent: Intent, draft: Draft, ports: RecoveryPorts
) -> RecoveredStep:
    """Find out whether one operation was carried out, and record it if it was.

    | the step                                                      | the finding |
    |---------------------------------------------------------------|-------------|
    | a REMOVE; or no CREATE, and the state is no longer the run's  | LEFT        |
    | sent again, and Stripe answers                                | CONFIRMED   |
    | sent again, and Stripe refuses it                             | NOT_DONE    |
    | a CREATE that cannot be sent again, and its object is found   | DISCOVERED  |
    | a CREATE that cannot be sent again, and no object is found    | NOT_DONE    |
    | any other that cannot be sent again                           | LEFT        |

    A CONFIRMED or DISCOVERED step is recorded, unless the state has the object already.
    """
    provider, step = ports.provider(), intent.step
    kind, address = ports.schemas[step.type], step.address
    moved_on = _moved_on(unfinished.run, draft.base)
    if step.kind is StepKind.REMOVE or (moved_on and step.kind is not StepKind.CREATE):
        # Sent late, it could undo a newer change, or end an object that is declared again.
        return RecoveredStep(address=address, what=Found.LEFT)
    what, answer = _asked_again(intent, ports)
    if what is None and step.kind is StepKind.CREATE:
        answer = _made(intent, kind, draft, provider)
        what = Found.NOT_DONE if answer is None else Found.DISCOVERED
    if what is None or what is Found.NOT_DONE:
        return RecoveredStep(address=address, what=what or Found.LEFT)
    if what is Found.DISCOVERED:
        answer = _with_secrets(unfinished.run, intent, kind, answer or {}, ports.sink)
    else:
        keep_secrets(ports.sink, unfinished.run.stack, step, kind, answer)
    current = draft.at(address)
    known = (
        current is not None
        and answer is not None
        and current.is_object(step.account, id_of(answer))
    )
    if not (known and step.kind is StepKind.CREATE):
        if what is Found.DISCOVERED and kind.life.composite is not None:
            step = _without_sealed(step)
        delta = delta_of(draft, step, kind, answer, ports.references.value_or_unknown)
        draft.change(_rebased(delta, draft) if moved_on else delta)
    return RecoveredStep(
        address=address,
        what=what,
        id=id_of(answer) if answer is not None else step.id,
        secret_lost=what is Found.DISCOVERED
        and any(get_path(answer, path) is None for path in kind.creation_only),
    )


def _with_secrets(
    run: Run, intent: Intent, kind: ResourceType, answer: RemoteObject, sink: SecretSink
) -> RemoteObject:
    """An object that was found, with the secrets of its create that the sink holds.

    What the sink held under their names before is the secret of another object.
    """
    found = copy.deepcopy(dict(answer))
    for path, name in secret_names(kind, intent.step.address).items():
        secret = kept_secret(sink, run.stack, name)
        if secret and fingerprint(secret, run.lineage) != intent.kept.get(name):
            set_path(found, path, secret)
    return found


def _asked_again(intent: Intent, ports: RecoveryPorts) -> tuple[Found | None, RemoteObject | None]:
    """Send an operation again, if that is safe; None if it stays uncertain.

    Raises:
        ProviderError: if Stripe does not answer, or the key may not ask.
    """
    provider = ports.provider()
    if not _may_send_again(intent, provider):
        return None, None
    context = RequestContext(
        idempotency_key=intent.key, account=intent.step.account, fence=ports.fence
    )
    try:
        answer = send(provider, ports.schemas, intent.step, intent.step.params, context)
    except (AuthenticationError, PermissionDeniedError, RateLimitedError):
        raise
    except OSError:
        return None, None  # a file that was to be sent is not there any more
    except ProviderError as error:
        if error.code == _OTHER_PARAMETERS or (error.replayed and is_uncertain(error)):
            return None, None
        if is_uncertain(error):
            raise
        return Found.NOT_DONE, None
    return Found.CONFIRMED, answer


def _without_sealed(step: Step) -> Step:
    """An operation without its secrets, so that the next plan sends them again.

    An object that only its fields name may have existed before, with another secret.
    """
    if step.record is None:
        return step
    declared = {
        name: value for name, value in step.record.declared.items() if not has_sealed(value)
    }
    return dataclasses.replace(step, record=dataclasses.replace(step.record, declared=declared))


def _may_send_again(intent: Intent, provider: Provider) -> bool:
    """Whether Stripe still knows the operation's key, and every parameter is known.

    Both times are from Stripe's clock: ours may have been changed in between.
    """
    if has_sealed(intent.step.params):
        return False
    if intent.step.kind is StepKind.CALL:
        return True  # a call has the same effect whenever it is sent
    now = provider.now()
    return intent.at is not None and now is not None and 0 <= now - intent.at < KEY_LIFE


def _made(
    intent: Intent, kind: ResourceType, draft: Draft, provider: Provider
) -> RemoteObject | None:
    """The object that a create made, if it did."""
    step = intent.step
    if kind.life.singleton:
        return None  # it exists always: it is changed again
    if kind.life.composite is not None:
        id = composite_id(kind.life.composite, step.params)
        return provider.read(kind, id, account=step.account)
    known = _known(draft, step)
    made = [
        found
        for found in _candidates(intent, kind, provider)
        if (step.type, step.account, id_of(found)) not in known
        and not is_gone(kind, found, step.params)
        and _is_what_was_sent(kind, step.params, found, draft.lineage)
    ]
    current = draft.at(step.address)
    # The state may hold another object at this address, for example after a merge.
    news = (
        found
        for found in made
        if current is None or not current.is_object(step.account, id_of(found))
    )
    return next(news, made[0] if made else None)


def _candidates(intent: Intent, kind: ResourceType, provider: Provider) -> list[RemoteObject]:
    """Objects of the type, newest first, no older than the request."""
    params = intent.step.params
    if kind.chosen_id and "id" in params:
        found = provider.read(kind, str(params["id"]), account=intent.step.account)
        return [] if found is None else [found]
    names = (*kind.list_needs, kind.parent)
    filters = {name: params[name] for name in names if name and name in params}
    since = None if intent.at is None else intent.at - _SLACK
    variants: tuple[Mapping[str, Any], ...] = next(
        (key.variants for key in kind.life.natural_keys if key.filter or key.scan), ({},)
    )
    return [
        found
        for variant in variants
        for found in provider.find(
            kind, {**filters, **variant}, account=intent.step.account, since=since
        )
    ]


def _known(draft: Draft, step: Step) -> set[tuple[str, str, str]]:
    """Objects that the state records at other addresses, or that are to be removed."""
    known = set(_objects(draft, without=step.address))
    known.update((gone.type, gone.account, gone.id) for gone in draft.removed.values())
    left = step.record.left if step.record is not None else ()
    known.update((step.type, *old) for old in left)
    return known


def _is_what_was_sent(
    kind: ResourceType, params: Mapping[str, Any], found: RemoteObject, salt: str
) -> bool:
    """Whether an object was created with these parameters."""
    stamp = get_path(params, ("metadata", STAMP_KEY))
    if stamp is not None:
        return bool(get_path(found, ("metadata", STAMP_KEY)) == stamp)
    sent = {name: value for name, value in params.items() if _is_returned(kind, name)}
    normal = Normalizer(salt)
    returned = normal.pick(kind.root, sent, found)
    same = normal.comparable(kind.root, sent) == normal.comparable(kind.root, returned)
    return bool(same)


def _is_returned(kind: ResourceType, name: str) -> bool:
    """Whether Stripe returns a parameter, so that it can be compared."""
    attribute = kind.root.fields.get(name)
    return attribute is not None and not attribute.write_only and not attribute.sensitive
