"""What uses the objects that a plan ends or changes: counted on request, for people and policies.

It decides nothing: a plan is the same with and without it.
"""

from __future__ import annotations

from engine.address import ResourceAddress
from engine.frozen import frozen


@frozen
class Use:
    """How many of one sort use an object.

    Attributes:
        what: What they are, in the plural: `active subscriptions`. Without its last letter it is
            the singular.
        count: How many were counted.
        more: There are more: counting stopped there.
        where: The names of those that are known by name: addresses of resources, with the stack
            where that is another one (`shop:stripe_payment_link.pro`), or values of the object
            itself, such as the event types of a webhook endpoint.
        unmanaged: Ids of those that no state of the project records.
        note: What the change means for them, a part of a sentence: `they keep paying the old
            price`; empty if that needs no words.
    """

    what: str
    count: int
    more: bool = False
    where: tuple[str, ...] = ()
    unmanaged: tuple[str, ...] = ()
    note: str = ""

    @property
    def number(self) -> str:
        """How many there are, as people write it: `1,000+`."""
        return f"{self.count:,}{'+' if self.more else ''}"


@frozen
class Impact:
    """What uses one object that a plan ends or changes.

    Attributes:
        stack: The stack that manages it.
        address: The resource.
        id: Stripe's id.
        uses: What uses it, most telling first; what there is none of is left out.
        unread: What could not be counted, and why; empty if all was.
    """

    stack: str
    address: ResourceAddress
    id: str
    uses: tuple[Use, ...] = ()
    unread: str = ""
