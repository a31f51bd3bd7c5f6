"""What is shown of a fleet: equal plans in groups, and what became of each account."""

from __future__ import annotations

from engine.frozen import frozen
from engine.plan.model import PlanReport
from engine.ports.fleet.members import Member
from engine.ports.fleet.tasks import WRONG, MemberOutcome, MemberResult


@frozen
class FleetGroup:
    """Accounts whose plans are equal but for ids.

    Attributes:
        key: Digest of what the plans have in common.
        plan: The plan of the first of them.
        members: They, in the order of the fleet.
    """

    key: str
    plan: PlanReport
    members: tuple[Member, ...]


@frozen
class FleetPlan:
    """The plans of all accounts of a fleet.

    Attributes:
        fleet: Its name.
        environment: The environment that the fleet belongs to: its key, and its limits.
        stacks: The stacks of the fleet that were planned.
        groups: Equal plans with changes, the largest group first.
        unchanged: The accounts whose plan is empty.
        failed: The accounts that could not be planned, and those whose plan is refused.
        requests: How many requests were sent to Stripe.
        former: Names of accounts that are not in the fleet any more, and whose states have
            resources.
        destroy: Everything is removed.
    """

    fleet: str
    environment: str
    stacks: tuple[str, ...]
    groups: tuple[FleetGroup, ...] = ()
    unchanged: tuple[Member, ...] = ()
    failed: tuple[MemberResult, ...] = ()
    requests: int = 0
    former: tuple[str, ...] = ()
    destroy: bool = False

    @property
    def operation(self) -> str:
        """What carries it out: `Apply` or `Destroy`."""
        return "Destroy" if self.destroy else "Apply"

    @property
    def size(self) -> int:
        """How many accounts were planned."""
        return sum(len(group.members) for group in self.groups) + len(
            (*self.unchanged, *self.failed)
        )

    @property
    def has_changes(self) -> bool:
        """Whether an apply would change an account."""
        return bool(self.groups)


@frozen
class FleetReport:
    """What became of the accounts of a fleet.

    Attributes:
        plan: The plans that were approved.
        results: What became of each account with changes, in the order in which they ended.
        approved: A person, or an option, approved the plans.
        stopped: Why accounts were skipped; empty if none were.
        resume: The command that goes on; empty if nothing is left.
        requests: How many requests the apply sent to Stripe.
    """

    plan: FleetPlan
    results: tuple[MemberResult, ...] = ()
    approved: bool = True
    stopped: str = ""
    resume: str = ""
    requests: int = 0

    def count(self, outcome: MemberOutcome) -> int:
        """How many accounts ended like this."""
        return sum(result.outcome is outcome for result in self.results)

    @property
    def failed(self) -> bool:
        """Whether an account is not as the plan says."""
        return bool(self.plan.failed or self.stopped) or any(map(self.count, WRONG))
