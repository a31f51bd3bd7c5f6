"""What the comparison of two environments finds, as records."""

from __future__ import annotations

from typing import Any, TypeAlias

from engine.address import ResourceAddress
from engine.frozen import frozen
from engine.plan.model import PlanReport
from engine.values.paths import Path

Pair: TypeAlias = tuple[Any, Any]
"""What the first environment has, and what the second one has."""


@frozen
class LeafDifference:
    """One field that differs.

    Attributes:
        path: Where; elements of keyed lists under their key.
        values: Of each environment, references as text; ABSENT for what is not set.
        declared: A stack declares it in one of the environments.
        currencies: Of each environment, the currency that the amount is in; empty if it is none.
    """

    path: Path
    values: Pair
    declared: bool
    currencies: tuple[str, str] = ("", "")


@frozen(kw_only=False)
class Found:
    """The object of a resource in one environment.

    Attributes:
        id: Stripe's id; empty if a plan is to make it.
        gone: The state records it, and Stripe does not have it any more.
    """

    id: str
    gone: bool = False


@frozen
class ResourceDifference:
    """A resource that the environments do not both have, or whose fields differ.

    Attributes:
        address: The resource.
        type: Its type.
        found: Of each environment the object; None where no state records it.
        leaves: The fields that differ, in path order.
        hint: What else it may be, where only one environment has it; empty if nothing is known.
    """

    address: ResourceAddress
    type: str
    found: tuple[Found | None, Found | None]
    leaves: tuple[LeafDifference, ...] = ()
    hint: str = ""

    @property
    def in_one(self) -> int | None:
        """Which environment alone has the object, 0 or 1; None if both or neither have."""
        first, second = (found is not None and not found.gone for found in self.found)
        return None if first == second else int(second)

    @property
    def counts(self) -> bool:
        """Whether the environments differ in more than what no stack declares."""
        return self.in_one is not None or any(leaf.declared for leaf in self.leaves)


@frozen
class StackDifference:
    """One stack in both environments.

    Attributes:
        stack: Its name.
        recorded: Of each environment, whether there is a state of it.
        resources: What differs, by address.
        compared: How many resources there are, those that are equal included.
        unfinished: Of each environment, whether a run of it has not finished.
    """

    stack: str
    recorded: tuple[bool, bool]
    resources: tuple[ResourceDifference, ...]
    compared: int
    unfinished: tuple[bool, bool] = (False, False)


@frozen
class Compared:
    """An environment that was compared.

    Attributes:
        environment: Its name.
        embedded: Its account is the embedded emulator.
        account_id: The account; empty if it is not known.
        livemode: Whether that is in live mode; None if it is not known.
        server: Address of the server; empty for the emulator and for Stripe.
    """

    environment: str
    embedded: bool
    account_id: str
    livemode: bool | None
    server: str = ""


@frozen
class EnvironmentsDifference:
    """Two environments, stack by stack.

    Attributes:
        environments: The two.
        stacks: By name.
        refreshed: Stripe was read; otherwise the states were compared.
        everything: Fields that no stack declares count too.
        requests: Calls made.
    """

    environments: tuple[Compared, Compared]
    stacks: tuple[StackDifference, ...]
    refreshed: bool
    everything: bool
    requests: int

    def shown(self, stack: StackDifference) -> tuple[ResourceDifference, ...]:
        """What differs in a stack, as far as it counts."""
        return tuple(one for one in stack.resources if self.everything or one.counts)

    @property
    def undeclared(self) -> int:
        """How many fields differ that no stack declares."""
        return sum(
            not leaf.declared
            for stack in self.stacks
            for resource in stack.resources
            for leaf in resource.leaves
        )

    @property
    def differs(self) -> bool:
        """Whether something differs that counts."""
        return any(self.shown(stack) for stack in self.stacks)


@frozen
class Promotion:
    """A plan for one environment of the code that another one last applied.

    Attributes:
        source: The environment that the code was applied to.
        report: The plan.
        remaining: What will still differ between the two after it.
    """

    source: str
    report: PlanReport
    remaining: EnvironmentsDifference
