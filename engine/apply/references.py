"""Resolving references while operations are carried out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import EngineError
from engine.plan.compare.response import referred_value
from engine.plan.inputs.accounts import is_account_id
from engine.plan.model import Step
from engine.ports.secret_sink import SecretSink
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import Schemas
from engine.state.model import Draft
from engine.values.markers import UNKNOWN
from engine.values.paths import get_path
from engine.values.secret import Sealed, Sensitive, holds_secret
from engine.values.targets import AttributeTarget, Elsewhere, Target
from engine.values.templates import resolve


@dataclass(slots=True, kw_only=True)
class References:
    """Looks up the values that references name, in what is known so far.

    Attributes:
        stack: Stack that the references are in.
        draft: The state as it is now.
        schemas: Resource types by name.
        sink: Where secrets are.
        outputs_of: Reads what other stacks have, UNKNOWN if there is none.
        lookups: Objects that were read for the plan, by address.
        answers: What Stripe returned in this run, by address.
    """

    stack: str
    draft: Draft
    schemas: Schemas
    sink: SecretSink
    outputs_of: Callable[[Elsewhere], Any]
    lookups: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    answers: dict[str, RemoteObject] = field(default_factory=dict)

    def value(self, target: Target | Elsewhere) -> Any:
        """The value that a reference names now.

        Raises:
            EngineError: if it is not known.
        """
        if not isinstance(target, AttributeTarget):
            found = self.outputs_of(target)
            if found is UNKNOWN:
                raise EngineError(
                    f"stack {target.stack!r} has no output {target.local!r}",
                    hint=f"apply {target.stack} first, or correct the name",
                )
            return found
        found = self._attribute(target)
        if found is UNKNOWN:
            raise EngineError(
                f"{target} is not known",
                cause=f"{target.address} is not in the state, or Stripe did not return this field.",
                hint="run engine plan again",
            )
        return found

    def value_or_unknown(self, target: Target | Elsewhere) -> Any:
        """The value that a reference names now, UNKNOWN if it is not known."""
        try:
            return self.value(target)
        except EngineError:
            return UNKNOWN

    def on_account(self, step: Step) -> Step:
        """A step with the account that it acts on, in what state is to record too.

        Raises:
            EngineError: if the account is not known.
        """
        account = resolve(step.account, self.value)
        if account == step.account:
            return step
        if not is_account_id(account):
            raise EngineError(
                f"{step.account} is no account, so {step.address} cannot be on it",
                hint="lifecycle=Lifecycle(account=...) takes the id of a connected account",
            )
        record = step.record
        if record is not None:
            policy = dataclasses.replace(record.removal_policy, account=account)
            record = dataclasses.replace(record, removal_policy=policy)
        return dataclasses.replace(step, account=account, record=record)

    def _attribute(self, target: AttributeTarget) -> Any:
        address, path = target.address, target.path
        entry = self.draft.at(address)
        kind = self.schemas[address.type]
        if address.lookup:
            found = self.lookups.get(address)
            return UNKNOWN if found is None else referred_value(kind, found, path, whole=True)
        if entry is None:
            return UNKNOWN
        if target.attribute == "id" and kind.life.composite is None:
            return kind.own_id(entry.id)
        if isinstance(get_path(entry.attributes, path), Sealed):
            secret = self.sink.load(self.stack, str(target))
            if secret is not None:
                return Sensitive(secret)
        answer = self.answers.get(address, {})
        for source in (answer, entry.attributes):
            value = referred_value(kind, source, path, entry.declared)
            # State holds a fingerprint in place of a secret; the reference means the secret.
            if value is not UNKNOWN and (source is answer or not holds_secret(value)):
                return value
        return referred_value(kind, {}, path, whole=address in self.answers)
