"""Secrets in the sink, whose names begin with a stack and an address: they follow a move."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from engine.address import parse_address
from engine.apply.secrets import kept_secret, secret_name
from engine.operations.run.recovery import declared_secrets
from engine.plan.inputs.handover import Handover
from engine.ports.secret_sink import SecretSink
from engine.schema.resource_type import Schemas
from engine.stack.model import Stack
from engine.state.model import ResourceState, State
from engine.values.paths import Path, get_path
from engine.values.secret import Sealed


@dataclass(slots=True)
class MovingSecrets:
    """The secrets of a handover: copied before the states are written, forgotten afterwards.

    So that no secret is lost, wherever the run ends: the old name has it until the new one is
    recorded, and it is forgotten there only if the new name has the same.

    Attributes:
        sink: Where they are.
        handover: What moves.
        outputs: The outputs of the giver move too.
        kept: Where those that were copied are now, by new address.
        left: Where those that cannot be read here are, by new address.
    """

    sink: SecretSink
    handover: Handover
    outputs: bool = False
    kept: dict[str, str] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)

    def copy(self) -> None:
        """Keep under the new names what the old names have, where nothing is recorded yet.

        Raises:
            SecretSinkError: if one cannot be kept there; nothing is changed then.
        """
        giver, receiver = self.handover.giver.stack, self.handover.receiver.stack
        moving = [entry for entry in self._names() if not self._is_recorded(entry[0])]
        found = {old: kept_secret(self.sink, giver, old) for _, old, _ in moving}
        known = [new for _, old, new in moving if found[old] is not None]
        if known:
            self.sink.check(receiver, known)
        for address, old, new in moving:
            secret = found[old]
            if secret is None:
                self.left[address] = self.sink.where(giver, old)
                continue
            self.sink.store(receiver, new, secret)
            self.kept[address] = self.sink.where(receiver, new)

    def forget(self) -> bool:
        """Forget the old names of what the new ones have; whether there were any.

        Raises:
            SecretSinkError: if one is still there.
        """
        giver, receiver = self.handover.giver.stack, self.handover.receiver.stack
        forgotten = False
        for _, old, new in self._names():
            secret = kept_secret(self.sink, giver, old)
            if secret is not None and secret == kept_secret(self.sink, receiver, new):
                self.sink.remove(giver, old)
                forgotten = True
        return forgotten

    def _names(self) -> Iterator[tuple[str, str, str]]:
        """The new address of each secret, or the output's name, its old name, and its new one."""
        giver, receiver = self.handover.giver, self.handover.receiver
        for old, new in self.handover.moves.items():
            entry, address = giver.at(old) or receiver.at(new), parse_address(new)
            for path in self._once(entry):
                yield new, secret_name(parse_address(old), path), secret_name(address, path)
        for name, value in giver.outputs.items() if self.outputs else ():
            if isinstance(value, Sealed):
                yield name, f"output.{name}", f"output.{name}"

    def _once(self, entry: ResourceState | None) -> Iterator[Path]:
        """Where an object has a secret that Stripe returned once."""
        for path in self.handover.schemas[entry.type].creation_only if entry is not None else ():
            if entry is not None and isinstance(get_path(entry.attributes, path), Sealed):
                yield path

    def _is_recorded(self, place: str) -> bool:
        receiver = self.handover.receiver
        return receiver.at(place) is not None or place in receiver.outputs


def known_secrets(
    sink: SecretSink, state: State, schemas: Schemas, modules: tuple[Stack, ...]
) -> tuple[Any, ...]:
    """The secrets that a state may have fingerprints of, as far as they are known here.

    Args:
        sink: Has those that Stripe returned once, and outputs.
        state: The state.
        schemas: Resource types by name.
        modules: They declare secrets.
    """
    names = [
        secret_name(parse_address(address), path)
        for address, entry in state.resources.items()
        for path in schemas[entry.type].creation_only
        if isinstance(get_path(entry.attributes, path), Sealed)
    ]
    names += [
        f"output.{name}" for name, value in state.outputs.items() if isinstance(value, Sealed)
    ]
    kept = [kept_secret(sink, state.stack, name) for name in names]
    declared = (secret for stack in modules for secret in declared_secrets(stack))
    return (*(secret for secret in kept if secret is not None), *declared)
