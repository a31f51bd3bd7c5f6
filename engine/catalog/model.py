"""What the SDK and Stripe's description say about one type: entries, calls and shapes.

The emulator reads these; the planner reads `engine.schema.resource_type.ResourceType`, which the
loader makes of an entry and a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType

from engine.frozen import frozen
from engine.schema.attribute import Kind

ALTERNATIVES = "|"
"""Separator of the names in a reference that may name objects of several types."""

_NO_FIELDS: Mapping[str, Shape] = MappingProxyType({})


@frozen
class Shape:
    """What one parameter or one field of a response looks like.

    Attributes:
        kind: What its value looks like.
        required: A request needs it, or a response always holds it. A field of a response that is
            neither required nor nullable is absent if it has no value.
        nullable: A response may hold null here.
        emptyable: An empty string clears it.
        values: Values of an enum; empty if it is none.
        open_values: The SDK allows values that are not in `values` (nearly all enums of Stripe are
            open in the SDK's types; requests are checked against the listed values all the same).
        literals: Words that it takes in addition to its kind, e.g. `inf` instead of an integer.
        max_length: Longest text that a request may hold; 0 if not limited.
        currency: A text that is the code of a currency, which is stored in lower case.
        reference: Object name that an id here names, as far as the SDK says, e.g. `product`; of a
            field of a response that may name objects of several types, all of them.
        fields: Of an object, by name.
        element: Of a list or a map.
    """

    kind: Kind
    required: bool = False
    nullable: bool = False
    emptyable: bool = False
    values: tuple[str, ...] = ()
    open_values: bool = False
    literals: tuple[str, ...] = ()
    max_length: int = 0
    currency: bool = False
    reference: str = ""
    fields: Mapping[str, Shape] = field(default_factory=lambda: _NO_FIELDS)
    element: Shape | None = None


@frozen
class Operation:
    """One HTTP call of a service.

    Attributes:
        method: `get`, `post` or `delete`.
        path: With placeholders in braces, as the SDK names them.
        params: Parameters it takes; None if the SDK types none.
        base: Which host: `api`, `files`, `meter_events`, `connect`.
        returns: Class name of the response as the SDK spells it; empty if it does not say.
    """

    method: str
    path: str
    params: Shape | None = None
    base: str = "api"
    returns: str = ""


@frozen
class Entry:
    """One type as the SDK describes it.

    Attributes:
        object: Object name, e.g. `billing_portal.configuration`.
        service: Path of the service in the SDK's client, e.g. `v1.billing_portal.configurations`.
        operations: Calls by method name: `create`, `retrieve`, `update`, `delete`, `list`,
            `search` and verbs such as `deactivate`.
        response: Shape of the response.
        summary: Stripe's one-line description of the object; may be empty.
    """

    object: str
    service: str
    operations: Mapping[str, Operation]
    response: Shape
    summary: str = ""

    def params(self, operation: str) -> Mapping[str, Shape]:
        """Parameters of an operation by name; empty if it takes none or does not exist."""
        found = self.operations.get(operation)
        return found.params.fields if found is not None and found.params is not None else {}

    @property
    def collection(self) -> str:
        """Path of create and list."""
        for name in ("create", "list"):
            if name in self.operations:
                return self.operations[name].path
        return ""

    @property
    def item(self) -> str:
        """Path of one object."""
        found = self.operations.get("retrieve")
        return found.path if found is not None else ""
