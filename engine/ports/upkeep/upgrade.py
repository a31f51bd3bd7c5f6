"""What `engine upgrade` returns: what is different with another API version of Stripe."""

from __future__ import annotations

import enum

from engine.errors import Problem
from engine.frozen import frozen
from engine.plan.model import PlanReport


class Difference(enum.StrEnum):
    """How a parameter is different; its value is the word that programs read."""

    APPEARS = "appears"
    VANISHES = "vanishes"
    KIND = "kind"
    WORDS = "words"
    REQUIRED = "required"
    OPTIONAL = "optional"
    IMMUTABLE = "immutable"
    MUTABLE = "mutable"
    CLEARABLE = "clearable"
    NOT_CLEARABLE = "not-clearable"
    LENGTH = "length"
    REFERENCE = "reference"
    RETURNED = "returned"
    NOT_RETURNED = "not-returned"


@frozen
class FieldDifference:
    """One difference of a parameter.

    Attributes:
        path: Its dotted path; `*` is an element.
        what: How it is different.
        before: What it was, for people; empty if that says nothing.
        after: What it is.
    """

    path: str
    what: Difference
    before: str = ""
    after: str = ""


@frozen
class DeclaredDifference:
    """A difference of a parameter that stacks declare.

    Attributes:
        difference: The difference.
        breaks: What is declared is refused, or means something else.
        places: The declarations: address, and file and line.
    """

    difference: FieldDifference
    breaks: bool
    places: tuple[tuple[str, str], ...]


@frozen
class TypeDifference:
    """What is different of one type that stacks declare.

    Attributes:
        type: Its name, `stripe_price`.
        vanishes: There is no such type any more.
        declared: Differences of what is declared.
        others: Differences of its other parameters.
        calls: Calls of the type that there are no more, such as `update`.
    """

    type: str
    vanishes: bool = False
    declared: tuple[DeclaredDifference, ...] = ()
    others: tuple[FieldDifference, ...] = ()
    calls: tuple[str, ...] = ()

    @property
    def breaks(self) -> bool:
        """Whether something that is declared is refused, or means something else."""
        return self.vanishes or any(one.breaks for one in self.declared)


@frozen
class Release:
    """A release of the SDK.

    Attributes:
        sdk: Its version.
        api_version: The API version that it is made for.
    """

    sdk: str
    api_version: str


@frozen
class PinnedEndpoint:
    """An endpoint for events.

    Attributes:
        type: Resource type.
        id: Its id.
        version: API version of the events that it gets.
        address: Address of the resource whose object it is, with its stack; empty if it is none's.
    """

    type: str
    id: str
    version: str
    address: str = ""


@frozen
class UpgradeReport:
    """What is different.

    Attributes:
        environment: Environment name.
        before: What is compared: the release that the catalog of this engine is made from, or the
            one that was named.
        after: With what it is compared.
        states: API version of the last write of each state, by stack.
        types: The types that are declared and that are different.
        problems: What is wrong with the stacks by the other version.
        plan: The next plan with it; None if it was not made.
        why_no_plan: Why not; empty if it was made.
        endpoints: Endpoints that have another API version than `after`.
        endpoints_unread: Why the endpoints of the account are not known; empty if they are.
        requests: How many requests were sent to Stripe.
    """

    environment: str
    before: Release
    after: Release
    states: tuple[tuple[str, str], ...]
    types: tuple[TypeDifference, ...]
    problems: tuple[Problem, ...] = ()
    plan: PlanReport | None = None
    why_no_plan: str = ""
    endpoints: tuple[PinnedEndpoint, ...] = ()
    endpoints_unread: str = ""
    requests: int = 0

    @property
    def breaks(self) -> bool:
        """Whether something that is declared is refused, or means something else."""
        return bool(self.problems) or any(one.breaks for one in self.types)
