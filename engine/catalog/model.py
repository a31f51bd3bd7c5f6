"""The catalog's nouns: what the SDK and Stripe's description say about one type, unmerged.

The emulator reads these; the planner reads `engine.schema.attribute.ResourceType`, which the
loader builds from an entry here and a row of the semantics table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from engine.schema.attribute import Kind

ALTERNATIVES = "|"
"""What stands between the names in a reference that may name objects of several types."""

_NO_FIELDS: Mapping[str, Shape] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What one parameter or one field of an answer looks like.

    Attributes:
        kind: What its value looks like.
        required: The parent refuses, or never answers, without it. A field of an answer that is
            neither required nor nullable is absent where there is nothing.
        nullable: An answer may hold null here.
        emptyable: An empty string clears it.
        values: Words of an enum; empty if it is none.
        open_values: The SDK allows words beyond `values` (nearly all enums of Stripe are open in
            the SDK's types; requests are checked against the listed words all the same).
        literals: Words taken beside the kind, such as `inf` beside an integer.
        max_length: Of a text that a request holds, the longest that is taken; 0 if not limited.
        currency: A text that is a currency's code, which is stored in lower case.
        reference: Object name this field's id names, as far as the SDK says; of an answer's field
            that may name objects of several types, all of them.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One HTTP call of a service.

    Attributes:
        method: `get`, `post` or `delete`.
        path: With placeholders in braces, as the SDK names them.
        params: Parameters it takes; None if the SDK types none.
        base: Which host: `api`, `files`, `meter_events`, `connect`.
        returns: Class name of the answer as the SDK spells it; empty if it does not say.
    """

    method: str
    path: str
    params: Shape | None = None
    base: str = "api"
    returns: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One type as the SDK describes it.

    Attributes:
        object: Object name, `billing_portal.configuration`.
        service: Path of the service in the SDK's client, `v1.billing_portal.configurations`.
        operations: Calls by method name: `create`, `retrieve`, `update`, `delete`, `list`,
            `search` and verbs such as `deactivate`.
        response: Shape of the answer.
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
