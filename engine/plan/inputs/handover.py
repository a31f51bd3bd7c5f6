"""Resources that leave the state of one stack for that of another: what each of the two is then.

A state is read with what belongs to it: its references name its own addresses, and its
fingerprints of secrets are salted with its lineage. So both are made anew for the other state.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Mapping
from typing import Any

from engine.address import parse_address
from engine.frozen import frozen
from engine.schema.resource_type import ResourceType, Schemas
from engine.state.model import ResourceState, State
from engine.values.markers import UNKNOWN
from engine.values.paths import Path, get_path, reach
from engine.values.secret import Sealed, Sensitive, fingerprint
from engine.values.targets import AttributeTarget, OutputTarget, Target
from engine.values.templates import resolve, rewritten, targets_in, unescaped
from engine.values.tree import any_scalar, map_scalars, scalars


@frozen
class Handover:
    """Resources that move from one state to another one.

    Attributes:
        giver: The state that has them.
        receiver: The state that gets them; its lineage and its outputs matter here.
        moves: Their addresses there, by the addresses that they have now.
        schemas: Resource types by name.
        secrets: Secrets whose value is known: fingerprints of others cannot be made anew.
    """

    giver: State
    receiver: State
    moves: Mapping[str, str]
    schemas: Schemas
    secrets: Collection[Any] = dataclasses.field(default=(), repr=False)

    def received(self) -> dict[str, ResourceState]:
        """The moved resources as the receiver records them, by their addresses there.

        References among them name the new addresses; others become the values that they stood for.
        A fingerprint that cannot be made anew stays in what was declared, where it agrees with
        nothing: the next plan takes the secret for changed, never for unchanged. Of what was seen
        on Stripe it is left out, but for what Stripe returns once: that it exists is known.
        """
        known = self._known()
        return {
            new: self._received(self.giver.resources[old], known)
            for old, new in self.moves.items()
            if old in self.giver.resources
        }

    def giver_after(self) -> State:
        """The giver without them; references of others to them become what they stood for."""
        value_of = _values(self.giver, self.schemas, self._known())

        def change(target: Target) -> Any:
            moved = isinstance(target, AttributeTarget) and target.address in self.moves
            return value_of(target) if moved else target

        left = {
            address: dataclasses.replace(
                entry,
                declared=_written(entry, change, self.giver.lineage),
                dependencies=tuple(need for need in entry.dependencies if need not in self.moves),
            )
            for address, entry in self.giver.resources.items()
            if address not in self.moves
        }
        removed = {
            address: gone
            for address, gone in self.giver.removed.items()
            if address not in self.moves
        }
        return dataclasses.replace(self.giver, resources=left, removed=removed)

    def receiver_after(self) -> State:
        """The receiver with them, and with the account of the giver if it has none yet.

        What it has already, after a move that was interrupted, stays as it is.
        """
        giver, receiver = self.giver, self.receiver
        removed = {
            new: giver.removed[old] for old, new in self.moves.items() if old in giver.removed
        }
        return dataclasses.replace(
            receiver,
            account_id=receiver.account_id or giver.account_id,
            livemode=giver.livemode if receiver.livemode is None else receiver.livemode,
            resources={**self.received(), **receiver.resources},
            removed={**removed, **receiver.removed},
        )

    def outputs(self) -> dict[str, Any]:
        """The outputs of the giver as the receiver would record them."""
        found: dict[str, Any] = self._sealed_anew(self.giver.outputs, self._known())
        return found

    def reads(self) -> dict[str, tuple[str, ...]]:
        """What both read of other stacks, which the receiver does once it has the outputs too."""
        both = (self.giver, self.receiver)
        others = {name for state in both for name in state.reads} - {one.stack for one in both}
        return {
            name: tuple(sorted({local for state in both for local in state.reads.get(name, ())}))
            for name in sorted(others)
        }

    def unknown(self) -> tuple[str, ...]:
        """New addresses of resources with a secret that the next plan cannot compare.

        They declare one whose fingerprint cannot be made anew, or refer to one. It was changed in
        the code meanwhile, or it is not known here.
        """
        known = self._known()
        recorded = _values(self.giver, self.schemas, known)

        def is_lost(leaf: Any) -> bool:
            return _is_lost(leaf, known) or any(
                _is_lost(recorded(target), known) for target in targets_in(leaf)
            )

        return tuple(
            new
            for old, new in self.moves.items()
            if (entry := self.giver.at(old)) is not None and any_scalar(entry.declared, is_lost)
        )

    def _received(self, entry: ResourceState, known: Mapping[str, Any] | None) -> ResourceState:
        value_of = _values(self.giver, self.schemas, known)

        def change(target: Target) -> Any:
            if isinstance(target, OutputTarget):
                own = target.stack == self.receiver.stack
                at = (target.name, *target.path)
                return get_path(self.receiver.outputs, at, UNKNOWN) if own else target
            if target.address in self.moves:
                new = parse_address(self.moves[target.address])
                return AttributeTarget(new, target.attribute)
            return target if target.address.lookup else value_of(target)

        needs = (self.moves[need] for need in entry.dependencies if need in self.moves)
        found = dataclasses.replace(
            entry,
            declared=self._sealed_anew(entry.declared, known),
            attributes=self._seen(self.schemas[entry.type], entry.attributes, known),
            dependencies=tuple(sorted(needs)),
        )
        return dataclasses.replace(found, declared=_written(found, change, self.receiver.lineage))

    def _seen(
        self, kind: ResourceType, attributes: Mapping[str, Any], known: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        """What was seen on Stripe, without the fields of which no fingerprint can be made anew."""
        lost = {
            path[0]
            for path, leaf in scalars(attributes)
            if _is_lost(leaf, known) and path not in kind.creation_only
        }
        kept = {name: value for name, value in attributes.items() if name not in lost}
        found: dict[str, Any] = self._sealed_anew(kept, known)
        return found

    def _sealed_anew(self, value: Any, known: Mapping[str, Any] | None) -> Any:
        """A nested value of the giver with the fingerprints that the receiver would make."""
        if known is None:
            return value

        def anew(leaf: Any) -> Any:
            if isinstance(leaf, Sealed) and leaf.fingerprint in known:
                return Sealed.of(known[leaf.fingerprint], self.receiver.lineage)
            return leaf

        return map_scalars(value, anew)

    def _known(self) -> dict[str, Any] | None:
        """Known secrets by their fingerprints in the giver; None if all fingerprints hold."""
        if self.giver.lineage == self.receiver.lineage:
            return None
        found = {fingerprint(secret, self.giver.lineage): secret for secret in self.secrets}
        value_of = _values(self.giver, self.schemas, found)
        # What was sent where a text has a secret in it.
        texts = [entry.declared for old in self.moves if (entry := self.giver.at(old)) is not None]
        for _, text in scalars(texts) if found else ():
            sent = resolve(text, value_of)
            if isinstance(sent, Sensitive):
                found[fingerprint(sent.value, self.giver.lineage)] = sent.value
        return found


def _is_lost(leaf: Any, known: Mapping[str, Any] | None) -> bool:
    return isinstance(leaf, Sealed) and known is not None and leaf.fingerprint not in known


def _values(
    state: State, schemas: Schemas, known: Mapping[str, Any] | None
) -> Callable[[Target], Any]:
    """What references stood for when a state was written, UNKNOWN where it does not say."""

    def value(target: Target) -> Any:
        entry = state.at(target.address) if isinstance(target, AttributeTarget) else None
        if entry is None or not isinstance(target, AttributeTarget):
            return UNKNOWN
        kind = schemas[entry.type]
        if target.attribute == "id" and kind.life.composite is None:
            return kind.own_id(entry.id)
        found = reach(entry.attributes, target.path, UNKNOWN)
        if isinstance(found, Sealed) and known is not None and found.fingerprint in known:
            return Sensitive(known[found.fingerprint])
        return found

    return value


def _written(entry: ResourceState, change: Callable[[Target], Any], lineage: str) -> dict[str, Any]:
    """What was declared of a resource, with its references replaced.

    Where the state does not say what a reference stood for, the object's own field does.
    """

    def settled(value: Any, path: Path) -> Any:
        if isinstance(value, Mapping):
            return {name: settled(inner, (*path, name)) for name, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [settled(inner, (*path, index)) for index, inner in enumerate(value)]
        found = rewritten(value, change)
        if isinstance(found, Sensitive):
            return Sealed.of(unescaped(found.value), lineage)
        return get_path(entry.attributes, path) if found is UNKNOWN else found

    return {name: settled(value, (name,)) for name, value in entry.declared.items()}
