"""What differs between two states of a stack although no run could have changed it.

Each rule is about what the engine never does, or Stripe never allows. What only is unusual is no
finding: a replacement on request, an object that was forgotten, a refresh that recorded what
was done in the Dashboard.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.frozen import frozen
from engine.plan.inputs.ownership import key_of
from engine.plan.reviewed.leaves import recorded_leaves
from engine.schema.attribute import Attribute, walk
from engine.schema.lifecycle import Verb
from engine.schema.resource_type import ResourceType, Schemas
from engine.state.model import ResourceState, State
from engine.values.paths import Path, dotted, get_path
from engine.values.tree import leaves

_ID = re.compile(r"([a-z][a-z0-9]*(?:_[a-z]+)*_)(?:test_)?[A-Za-z0-9]{8,}")
_MODES: Mapping[bool | None, str] = {True: "live mode", False: "test mode", None: ""}
_BACK = "bring back the state that the last run wrote, then run engine plan"


@frozen
class Finding:
    """What is wrong with the later of two states.

    Attributes:
        path: Where it is in the state's file.
        message: What is wrong.
        hint: What to do.
        reference: The rule, kebab-case.
    """

    path: Path
    message: str
    hint: str
    reference: str


def is_rebuilt(before: State, after: State) -> bool:
    """Whether a state was made again from the account: all that both record is imported."""
    both = before.resources.keys() & after.resources.keys()
    return (
        bool(both)
        and all(after.resources[address].imported for address in both)
        and not all(before.resources[address].imported for address in both)
    )


def succession(before: State, after: State) -> Iterator[Finding]:
    """Why a state is no successor of another one in the same place."""
    rebuilt = is_rebuilt(before, after)
    if before.lineage != after.lineage and not rebuilt:
        yield Finding(
            path=("lineage",),
            message=f"its lineage was {before.lineage} and is {after.lineage}, so it is another "
            "state in the place of this one, and knows nothing of what that one had made",
            hint=_BACK,
            reference="review-lineage",
        )
    elif not rebuilt and after.serial <= before.serial and not _is_same(before, after):
        yield Finding(
            path=("serial",),
            message=f"its serial was {before.serial} and is {after.serial}, but its content is "
            "another: each run that changes a state counts on",
            hint=f"it was edited, or an older state is back: {_BACK}",
            reference="review-serial",
        )
    if before.account_id and after.account_id and before.account_id != after.account_id:
        yield _account(f"account was {before.account_id} and is {after.account_id}", "id")
    was, now = (_MODES[state.livemode] for state in (before, after))
    if was and now and was != now:
        yield _account(f"mode was {was} and is {now}", "livemode")


def _is_same(before: State, after: State) -> bool:
    return after.serial == before.serial and before.same_content(after)


def _account(what: str, field: str) -> Finding:
    return Finding(
        path=("account", field),
        message=f"its {what}: a state is of one account and mode for good",
        hint="an environment of another account has its own folder of states: engine apply -e NAME",
        reference="review-account",
    )


def impossible_changes(
    before: Iterable[State], after: State, schemas: Schemas
) -> Iterator[Finding]:
    """What a state says of its objects and cannot be.

    Args:
        before: All earlier states of its environment, from which objects may have moved.
        after: The state.
        schemas: Resource types by name.
    """
    earlier = {key_of(entry): entry for state in before for entry in state.resources.values()}
    prefixes = {kind.id_prefix: kind for kind in schemas.values() if kind.id_prefix}
    for address, entry in after.resources.items():
        kind, was = schemas.get(entry.type), earlier.get(key_of(entry))
        if kind is None or was is entry or was == entry:
            continue
        if was is None:
            yield from _foreign_id(address, entry, kind, prefixes)
        else:
            yield from _changed_for_good(address, was, entry, kind)
    for address, gone in after.removed.items():
        kind = schemas.get(gone.type)
        if kind is not None and not _can_be_remembered(kind):
            yield Finding(
                path=("removed", address),
                message=f"{address} is remembered as archived, and no {kind.title} can be revived",
                hint=_BACK,
                reference="review-removed",
            )


def _can_be_remembered(kind: ResourceType) -> bool:
    """Whether an object of a type can be removed so that it can be revived."""
    ends = any(removal.verb is not Verb.DELETE for removal in kind.life.removals)
    return ends and kind.life.revival is not None


def replaced_without_a_trace(
    before: State,
    after: State,
    earlier: Iterable[State],
    later: Iterable[State],
    schemas: Schemas,
) -> Iterator[Finding]:
    """Objects of live mode that one run replaced and that the state does not remember.

    What Stripe only archives still exists: a run that replaces it records it among the former
    objects, or among those that are still to be removed. Where several runs were between the two
    states, one may have forgotten the object.

    Args:
        before: The earlier state.
        after: The state.
        earlier: All earlier states of the environment.
        later: All states of the environment.
        schemas: Resource types by name.
    """
    if not after.livemode or after.serial != before.serial + 1 or is_rebuilt(before, after):
        return
    were = {key_of(entry) for state in earlier for entry in state.resources.values()}
    are = {key_of(entry) for state in later for entry in state.resources.values()}
    for address, was in before.resources.items():
        now, kind = after.resources.get(address), schemas.get(was.type)
        if now is None or kind is None or now.imported or was.account or now.account:
            continue
        remembered = ("", was.id) in (("", now.id), *now.left, *now.archived)
        moved = key_of(was) in are or key_of(now) in were
        kept = was.removal_policy.keep or now.removal_policy.keep
        if remembered or moved or kept or not _only_archives(kind):
            continue
        yield Finding(
            path=("resources", address, "id"),
            message=f"{address} was {was.id} and is {now.id}, and {was.id} is not remembered: "
            f"a run that replaces {kind.title}s records the old one, which still exists",
            hint=f"see on Stripe which of the two it is; {_BACK}",
            reference="review-replaced",
        )


def _only_archives(kind: ResourceType) -> bool:
    """Whether no object of a type can be deleted, and each could be revived."""
    deletes = any(removal.verb is Verb.DELETE for removal in kind.life.removals)
    return not deletes and _can_be_remembered(kind)


def unfollowed(before: State, after: State) -> Iterator[tuple[str, Finding]]:
    """References that still lead to an object in whose place a state records another one.

    A complete apply sends the new id to everything that refers to it, unless a declaration ignores
    changes there.

    Args:
        before: The earlier state.
        after: The state, of a complete apply.

    Yields:
        The address that refers, and what is wrong.
    """
    replaced = {
        f"${{{address}.id}}": (address, was.id, now.id)
        for address, was in before.resources.items()
        if (now := after.resources.get(address)) is not None and now.id != was.id
    }
    for address, entry in after.resources.items() if replaced else ():
        for path, value in leaves(entry.declared):
            target, old, new = replaced.get(value if isinstance(value, str) else "", ("",) * 3)
            if target and get_path(entry.attributes, path) == old:
                yield (
                    address,
                    Finding(
                        path=("resources", address, "attributes", *path),
                        message=f"{dotted(path)} of {address} is {target}, which is {new} now, and "
                        f"is still {old}: an apply that replaces an object sends its new id to "
                        "what refers to it",
                        hint=_BACK,
                        reference="review-reference",
                    ),
                )


def _foreign_id(
    address: str, entry: ResourceState, kind: ResourceType, prefixes: Mapping[str, ResourceType]
) -> Iterator[Finding]:
    """An id that begins as those of another type do; ids that authors choose may be anything."""
    found = _ID.fullmatch(kind.own_id(entry.id))
    other = prefixes.get(found[1]) if found is not None else None
    chosen = kind.chosen_id or kind.life.composite is not None
    if other is None or not kind.id_prefix or chosen or other.id_prefix == kind.id_prefix:
        return
    if other.chosen_id and entry.imported:
        return  # an object may have the id of what it was once: prices those of plans
    yield Finding(
        path=("resources", address, "id"),
        message=f"{address} has the id {entry.id}, which is one of {other.title}s: Stripe's ids of "
        f"{kind.title}s begin with {kind.id_prefix}",
        hint=_BACK,
        reference="review-id",
    )


def _changed_for_good(
    address: str, was: ResourceState, entry: ResourceState, kind: ResourceType
) -> Iterator[Finding]:
    """Leaves that Stripe returned both times and that cannot change in one object."""
    if kind.life.ending is not None:
        return  # it lives on by itself, as a subscription does
    old, new = (recorded_leaves(None, one) for one in (was, entry))
    priced = _has_amounts_for_good(kind)
    for path in sorted(old.keys() & new.keys(), key=dotted):
        differs = old[path] != new[path] and _is_for_good(kind.root, path)
        if not priced and get_path(was.declared, path) == get_path(entry.declared, path):
            continue  # what the API cannot change, the Dashboard may
        if differs and _as_text(old[path]) != _as_text(new[path]):
            yield Finding(
                path=("resources", address, "attributes", *path),
                message=f"{dotted(path)} of {address} was {old[path]!r} and is {new[path]!r}, and "
                f"the object is the same, {entry.id}: Stripe cannot change it, an apply would have "
                "made a new object",
                hint=_BACK,
                reference="review-immutable",
            )


def _is_for_good(root: Attribute, path: Path) -> bool:
    """Whether a plain leaf of an object has one value from its create on."""
    attribute = root.at(path)
    if attribute is None or not attribute.immutable or attribute.sensitive or attribute.resolved:
        return False
    along = [inner for _, inner in root.along(path)]
    return not any(inner.write_only or inner.frozen or inner.add_only for inner in along)


def _has_amounts_for_good(kind: ResourceType) -> bool:
    """Whether objects of a type have amounts that nothing changes: a price, a coupon."""
    return any(
        attribute.money and attribute.immutable and attribute.in_response
        for _, attribute in walk(kind.root)
    )


def _as_text(value: Any) -> Any:
    """A value without what only the spelling is: case, zeros behind the point, order."""
    if isinstance(value, (list, tuple)):
        return sorted(map(_as_text, value))
    text = str(value).lower()
    try:
        return str(Decimal(text).normalize())
    except InvalidOperation:
        return text
