"""Why a plan must not be carried out: a sentence for people, and what programs need to know."""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence
from typing import Self

from engine.errors import GuardError
from engine.frozen import frozen

_PLACE = re.compile(r"(?P<file>.+?)(?::(?P<line>\d+))?(?: \(from .*\))?")


class PlanRule(enum.StrEnum):
    """The rules that forbid plans, by the names that programs know them by."""

    REMOVAL_UNCONFIRMED = "removal-unconfirmed"
    """A live account would lose something that was not named."""
    PROTECTED = "protected"
    """A protected resource would be removed or replaced."""
    MASS_CHANGE = "mass-change"
    """A large share of a stack would be removed or replaced."""
    NO_ROOM = "no-room"
    """Stripe lets an account hold no more of them."""
    TOO_MUCH_METADATA = "too-much-metadata"
    """Metadata would have more keys than Stripe takes."""
    TEST_MODE_ONLY = "test-mode-only"
    """Live mode has no such objects."""
    NOT_CREATABLE = "not-creatable"
    """Stripe has no call that makes one."""
    AMBIGUOUS = "ambiguous"
    """Several objects have the key by which one is to be found."""
    IMPORT_NOT_FOUND = "import-not-found"
    """What is to be imported does not exist."""
    IMPORT_NOT_READ = "import-not-read"
    """What is to be imported was not read."""
    SECRET_LOST = "secret-lost"  # noqa: S105 - a name
    """A secret that would be sent is kept nowhere."""
    KEY_CLAIMED_TWICE = "key-claimed-twice"
    """Two declarations claim a key that one object can have."""
    KEY_TAKEN = "key-taken"
    """An object that is not this resource's has its natural key."""
    KEY_KEPT = "key-kept"
    """The old object keeps a natural key that the new one needs."""
    ACCOUNT_STAYS = "account-stays"
    """An object would be left on another account than it is declared on."""
    ACCOUNT_IN_USE = "account-in-use"
    """A connected account would end with resources on it."""
    ALREADY_MANAGED = "already-managed"
    """The object is another resource of the stack already."""
    OBJECT_CLAIMED_TWICE = "object-claimed-twice"
    """Two resources would get one object."""
    OWNED_ELSEWHERE = "owned-elsewhere"
    """The object belongs to another stack or environment."""
    RECORDED_TWICE = "recorded-twice"
    """Several stacks record the object, so that it does not end."""
    ADDRESS_TAKEN = "address-taken"
    """A resource moves to an address that another has."""
    STACK_NOT_IN_RUN = "stack-not-in-run"
    """A move is between this stack and one that is not in the run."""
    MADE_AGAIN = "made-again"
    """Another state manages what would be made: one without a module, or of the same account."""
    STATE_OLDER_THAN_ACCOUNT = "state-older-than-account"
    """The account has what would be made, and the state does not."""
    READ_ELSEWHERE = "read-elsewhere"
    """Another stack reads or refers to what this plan ends."""
    OUTPUT_WITHOUT_VALUE = "output-without-value"
    """An output of another stack that is read has no value."""
    NOT_APPLIED = "not-applied"
    """The code is not what the environment that it is promoted from applied."""
    PLAN_STALE = "plan-stale"
    """What a saved plan was made from has changed."""
    PLAN_OF_ANOTHER_PLACE = "plan-of-another-place"
    """A saved plan is for another environment, account or mode."""
    NO_SAVED_PLAN = "no-saved-plan"
    """There is no saved plan of what was reviewed."""
    PLAN_WAS_REFUSED = "plan-was-refused"
    """A saved plan had been refused when it was made."""
    POLICY = "policy"
    """A mandatory policy has something against it."""
    POLICY_FAILED = "policy-failed"
    """A policy could not be asked."""


class Refusal(str):
    """A sentence that says what is wrong and how to go on.

    It is its text, so that it reads as a sentence everywhere, and is equal to the same text.

    Attributes:
        reference: The rule that forbids the plan.
        address: The resource that it is about; empty if it is about the plan or several.
        line: Where that is declared, `stacks/saas.py:12`; empty if that is nowhere.
        policy: The policy that refuses; empty if it is a rule of the engine.
    """

    __slots__ = ("address", "line", "policy", "reference")

    reference: PlanRule
    address: str
    line: str
    policy: str

    def __new__(
        cls,
        message: str,
        reference: PlanRule,
        *,
        address: str = "",
        line: str = "",
        policy: str = "",
    ) -> Self:
        """Make one of its sentence and the name of its rule."""
        made = super().__new__(cls, message)
        made.reference, made.policy = reference, policy
        made.address, made.line = str(address), line
        return made

    def __getnewargs_ex__(self) -> tuple[tuple[str, PlanRule], dict[str, str]]:
        """What makes it again in another process."""
        return (str(self), self.reference), {}

    def at(self, address: str, line: str) -> Refusal:
        """The same about a resource, if it says of none yet what it is about."""
        if self.address:
            return self
        return Refusal(self, self.reference, address=address, line=line, policy=self.policy)

    @property
    def place(self) -> tuple[str, int]:
        """The file of `line`, empty if there is none, and the number, 0 if there is none."""
        found = _PLACE.fullmatch(self.line)
        return (found["file"], int(found["line"] or 0)) if found else ("", 0)


@frozen
class PolicyFinding:
    """What a policy has against a plan.

    Attributes:
        policy: The name of the policy.
        mandatory: It refuses the plan; if not, it is a warning.
        message: What is wrong, as the policy says it.
        stack: The stack that it is about; empty if it is about all of the run.
        address: The resource that it is about; empty if it is about no single one.
        line: Where that is declared, `stacks/saas.py:12`; empty if it is not.
        defined_at: Where the policy is declared, `stacks/_policies.py:12`.
    """

    policy: str
    mandatory: bool
    message: str
    stack: str = ""
    address: str = ""
    line: str = ""
    defined_at: str = ""

    @property
    def sentence(self) -> str:
        """What people read of it."""
        verb = "refuses" if self.mandatory else "warns of"
        what = self.address or (f"stack {self.stack}" if self.stack else "this plan")
        place = f" ({self.line})" if self.line else ""
        return f"Policy {self.policy} ({self.defined_at}) {verb} {what}{place}: {self.message}"

    @property
    def refusal(self) -> Refusal:
        """The refusal of the plan, if it is mandatory."""
        return Refusal(
            self.sentence,
            PlanRule.POLICY,
            address=self.address,
            line=self.line,
            policy=self.policy,
        )


class RefusedError(GuardError):
    """Plans that rules forbid, or that are not the ones that may be carried out.

    Attributes:
        refused: Why, each with the stack that it is about; empty if it is about no stack alone.
    """

    def __init__(
        self,
        message: str,
        refused: Sequence[tuple[str, Refusal]] = (),
        *,
        cause: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, cause=cause, hint=hint)
        self.refused = tuple(refused)
