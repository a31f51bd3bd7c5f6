"""What another tool says of the objects of an account: which ones to import, and as what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType
from typing import Any

from engine.address import ResourceAddress
from engine.frozen import frozen
from engine.plan.inputs.ownership import ObjectKey
from engine.values.paths import Path
from engine.values.secret import Sensitive

_NOTHING: Mapping[Any, Any] = MappingProxyType({})


@frozen
class WantedObject:
    """One object that is to be imported.

    Attributes:
        name: Its logical name; empty to have one made from the object.
        known: Arguments that the other tool's state knows and Stripe does not return, e.g. what
            only a create takes.
        secrets: What only the response to the create held, by path, for the secret sink.
    """

    name: str = ""
    known: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    secrets: Mapping[Path, Sensitive] = field(default_factory=lambda: _NOTHING)


@frozen
class Wanted:
    """The objects that are to be imported, instead of all that is on the account.

    Attributes:
        objects: By type, connected account and id. Their ids have the form that states record: that
            of a child begins with its parent's, `prod_1/prodft_2`.
        declared: What to declare in addition, because no object is it: arguments by address,
            references as text. The next apply creates it.
        origin: Where they are named, for messages, e.g. `terraform.tfstate`.
    """

    objects: Mapping[ObjectKey, WantedObject] = field(default_factory=dict)
    declared: Mapping[ResourceAddress, Mapping[str, Any]] = field(default_factory=lambda: _NOTHING)
    origin: str = ""
