"""Seek the objects that have the natural keys of declared resources.

A key may refer to another resource, such as the product of a feature. It is sought once it is known
which object that is, which may itself be one that was found by its key.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

from engine.frozen import frozen
from engine.operations.refresh.key_holders import Holders, find_all_holders
from engine.plan.decide.references import ExpectedResource, KnownValues, is_certain
from engine.plan.saved.preconditions import KeyClaim
from engine.plan.saved.take_preconditions import key_claim_of
from engine.ports.provider import Provider
from engine.schema.resource_type import Schemas
from engine.stack.model import Declaration
from engine.values.secret import holds_secret
from engine.values.templates import resolve, targets_in


@frozen
class Sought:
    """What was sought, and what was found.

    Attributes:
        claims: The natural keys, references resolved as far as what they name exists.
        holders: The objects that have them, by address.
    """

    claims: tuple[KeyClaim, ...] = ()
    holders: Mapping[str, Holders] = field(default_factory=dict)


def seek(
    provider: Provider,
    schemas: Schemas,
    declarations: Sequence[Declaration],
    known: KnownValues,
) -> Sought:
    """Seek the natural keys of some declarations.

    Args:
        provider: Reads the objects.
        schemas: Resource types by name.
        declarations: Declared resources that have no object.
        known: The objects that exist; it learns those that are found and are to be adopted.

    Raises:
        ProviderError: if Stripe refuses or cannot be reached.
    """
    claims: dict[str, KeyClaim] = {}
    holders: dict[str, Holders] = {}
    waiting = {str(declaration.address): declaration for declaration in declarations}
    while waiting:
        now = {address: _claim(schemas, waiting[address], known) for address in waiting}
        ready = {
            address: claim for address, claim in now.items() if not _awaits(claim, waiting)
        } or now
        found = find_all_holders(provider, schemas, ready.values())
        for address in ready:
            declaration = waiting.pop(address)
            some = found.get(address, ())
            if len(some) == 1 and declaration.lifecycle.adopt:
                known.learn(address, ExpectedResource(attributes=some[0]))
        claims |= ready
        holders |= found
    return Sought(claims=tuple(claims.values()), holders=holders)


def _claim(schemas: Schemas, declaration: Declaration, known: KnownValues) -> KeyClaim:
    """The natural keys of a declaration, its references resolved as far as that is possible.

    They are resolved for what is to be adopted alone: what is to be made below an object is not
    worth a request for each.
    """
    claim = key_claim_of(declaration, schemas[declaration.type])
    resolved: dict[str, Any] = {}
    for name in claim.arguments if declaration.lifecycle.adopt else ():
        written = declaration.arguments[name]
        if any(targets_in(written)):
            value = resolve(written, known)
            if is_certain(value) and not holds_secret(value):
                resolved[name] = value
    return dataclasses.replace(claim, arguments={**claim.arguments, **resolved})


def _awaits(claim: KeyClaim, waiting: Mapping[str, Declaration]) -> bool:
    """Whether a key refers to a resource that may still be found by its own."""
    named = (getattr(target, "address", "") for target in targets_in(claim.arguments))
    return any(
        str(address) in waiting and waiting[str(address)].lifecycle.adopt for address in named
    )
