"""One type of resource: where its objects are, how they live, what Stripe demands of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, TypeAlias

from engine.frozen import frozen
from engine.schema.attribute import Attribute
from engine.schema.calls import Call
from engine.schema.lifecycle import Life, NaturalKey
from engine.schema.naming import Naming
from engine.schema.rules import Rule
from engine.values.paths import Path, parse_path


# Each equals itself alone, so that what is found out about it can be cached by it.
@frozen(eq=False)
class ResourceType:
    """One type of resource: its fields, and how its objects live.

    Attributes:
        name: As in addresses, e.g. `stripe_billing_portal_configuration`.
        object: Stripe's object name, e.g. `billing_portal.configuration`.
        title: What people call it, e.g. `customer portal configuration`.
        face: Name of the authoring class, e.g. `PortalConfiguration`.
        root: An object attribute whose fields are the type's.
        life: How its objects begin, are found again, come back and end.
        naming: From what logical names are made.
        required: Fields without which Stripe refuses a create.
        collection: Path of create and list, with `{parent}` for a child's parent id.
        item: Path of one object, with `{id}` and perhaps `{parent}`.
        parent: Field that holds the parent's id, which goes into the path and not into the
            request, e.g. `product` of a product's feature; empty if the type is no child.
        filters: Names of the list filters.
        list_needs: Filters without which Stripe refuses to list; each is named like the declared
            field that holds its value.
        expand: Fields that responses hold only if they are expanded, e.g. `tiers` of a price.
        instead: What to write in the place of a parameter that it does not take, by its dotted path
            with `*` for every element.
        has_metadata: Create takes metadata, so an ownership stamp fits on it.
        id_prefix: What Stripe's ids of this type begin with; empty if authors choose them.
        rules: Plan-time checks.
        creatable: Stripe has a create for it; otherwise it can only be imported.
        updatable: Stripe lets an object be changed.
        calls: Further calls, by name.
        content: Fields that name a local file to be sent.
        base: Host that creates go to: `api` or `files`.
        include: Fields that v2 responses hold only if they are asked for.
        creation_only: Paths where the response to a create, and no other, may hold a secret.
        include_once: Fields that only the response to a v2 create holds, if they are asked for.
        examples: Values for the printed example where nothing else gives a valid one, by dotted
            path; for a reference, the logical name of a resource of its own.
        stack: The stack that an import of a whole account puts its objects into, where it makes
            several, e.g. `catalog`; empty for any.
        on_request: An import of a whole account takes its objects only if the type is named.
        needed_filters: Filters that its list needs and that no other object gives, one list for
            each.
    """

    name: str
    object: str
    title: str
    face: str
    root: Attribute
    life: Life = field(default_factory=Life)
    naming: Naming = field(default_factory=Naming)
    required: tuple[str, ...] = ()
    collection: str = ""
    item: str = ""
    parent: str = ""
    filters: tuple[str, ...] = ()
    list_needs: tuple[str, ...] = ()
    expand: tuple[str, ...] = ()
    instead: Mapping[str, str] = field(default_factory=dict)
    has_metadata: bool = False
    id_prefix: str = ""
    rules: tuple[Rule, ...] = ()
    creatable: bool = True
    updatable: bool = True
    calls: Mapping[str, Call] = field(default_factory=dict)
    content: tuple[str, ...] = ()
    base: str = "api"
    include: tuple[str, ...] = ()
    include_once: tuple[str, ...] = ()
    creation_only: tuple[Path, ...] = ()
    examples: Mapping[str, Any] = field(default_factory=dict)
    stack: str = ""
    on_request: bool = False
    needed_filters: tuple[Mapping[str, Any], ...] = ()

    @property
    def is_v2(self) -> bool:
        """Whether it speaks v2: JSON bodies, nulls that clear, page tokens."""
        return self.collection.startswith("/v2/") or self.item.startswith("/v2/")

    @property
    def chosen_id(self) -> bool:
        """Whether the author may choose the id."""
        identity = self.root.fields.get("id")
        return identity is not None and identity.in_create

    def own_id(self, id: str) -> str:
        """An object's own id, which others refer to; a child is addressed with its parent's too."""
        return id.rpartition("/")[2] if self.parent else id

    @property
    def lists(self) -> tuple[Mapping[str, Any], ...]:
        """Filters of the lists that together hold every object, archived ones too."""
        several = [key.variants for key in self.life.natural_keys if len(key.variants) > 1]
        return several[0] if several else ({},)

    @property
    def lookup_keys(self) -> Mapping[str, NaturalKey]:
        """Natural keys that a list filter finds, by the field that holds them."""
        return {key.attribute: key for key in self.life.natural_keys if key.filter}

    @property
    def compared(self) -> tuple[str, ...]:
        """Fields that find an object in a lookup and that no list filter takes."""
        names = [name for key in self.life.natural_keys for name in key.fields]
        fields = dict.fromkeys(parse_path(name)[0] for name in (*names, *self.life.known_by))
        taken = {"id", self.parent, *self.filters, *self.lookup_keys}
        return tuple(name for name in fields if name not in taken)

    @property
    def criteria(self) -> tuple[str, ...]:
        """What a lookup takes."""
        parent = (self.parent,) if self.parent else ()
        found = ("id", *parent, *self.lookup_keys, *self.compared, *self.filters)
        return tuple(dict.fromkeys(found))

    @property
    def lookup_needs(self) -> tuple[str, ...]:
        """Criteria without which Stripe lists nothing; an id needs none."""
        return tuple(filter(None, (self.parent, *self.list_needs)))


Schemas: TypeAlias = Mapping[str, ResourceType]
"""Resource types by the name that addresses use."""
