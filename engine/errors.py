"""The error tree.

Every error the engine raises on purpose is an ``EngineError``; whatever else escapes is a bug
in the engine. Each names what happened, to what, and what to do next. Only the command line
turns them into text and exit codes.

::

    EngineError                        exit code 1
    ├── UsageError                     a call that cannot be taken
    ├── SettingsError                  configuration that cannot be used
    ├── ProblemsError                  findings with file and line, all at once
    │   ├── StackError                 in the authors' modules
    │   ├── StateProblemsError         in state files
    │   └── ReviewFindingsError        in what was committed between two commits
    ├── GraphError                     references that form a cycle
    ├── StateError                     a state file that cannot be read, trusted or written
    │   ├── UntrustedStateError        it is not what this engine wrote
    │   │   └── NewerStateError        a newer one wrote it
    │   ├── StoreUnavailableError      the store cannot be reached, or does not do what it should
    │   ├── StatesMovedError           the states of the environment are in another store
    │   ├── StaleStateError            it changed under us
    │   └── LockLostError              the run lock was lost
    ├── ConstantsFileError             a file of constants that cannot be read or written
    │   └── StaleConstantsError        it is not what would be written now
    ├── PlanFileError                  a plan file that cannot be read, trusted or written
    ├── SecretSinkError                the place for secrets cannot take one
    ├── RepositoryError                git cannot read what is asked for
    ├── StateNotPushedError            git cannot push a state (engine/backends/state_commit.py)
    ├── CodeHostError                  GitHub or GitLab refused (engine/ports/ci/code_host.py)
    ├── ProviderError                  Stripe refused, or could not be reached
    │   ├── AuthenticationError        401
    │   ├── PermissionDeniedError      403
    │   ├── NotFoundError              404, or `resource_missing`
    │   ├── RateLimitedError           429
    │   └── ConnectionFailedError      no answer at all
    │       └── ForeignAnswerError     one that is not Stripe's to what was asked
    ├── EmulatorError                  the file of the emulator's account cannot be used
    ├── ApplyFailedError               an apply that was not completed (engine/api/applying.py)
    ├── LockHeldError                  exit code 3
    ├── GuardError                     exit code 4: refused before the first write
    │   └── RefusedError               with each reason (engine/plan/refusal.py)
    └── InterruptedRunError            exit code 130
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self


class EngineError(Exception):
    """A failure with a stable reference, a message, a cause and a hint.

    Attributes:
        reference: Stable identifier to search for, kebab-case.
        exit_code: What the command line exits with.
        message: What happened, and to what; one sentence.
        cause: Why, where it is known; None if the message says it all.
        hint: What to do next; None if there is nothing to add.
    """

    reference: ClassVar[str] = "engine-error"
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, cause: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.cause = cause
        self.hint = hint

    def with_hint(self, hint: str) -> Self:
        """The same error with another hint."""
        other = copy.copy(self)
        other.hint = hint
        return other

    def __str__(self) -> str:
        parts = [self.message]
        if self.cause:
            parts.append(self.cause)
        if self.hint:
            parts.append(f"Hint: {self.hint}")
        return "\n".join(parts)


class UsageError(EngineError):
    """A call that cannot be taken: a bad option, an unknown address, a missing folder."""

    reference = "usage"


class SettingsError(EngineError):
    """Configuration that cannot be used."""

    reference = "settings"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One finding about what an author wrote.

    Attributes:
        file: Path of the module, as the author would type it.
        line: 1-based line, 0 when only the file is known.
        message: What is wrong, naming the declaration.
        hint: What would be right; empty if there is nothing to suggest.
        reference: Stable identifier of the kind of problem, kebab-case.
        count: How often it was found at this line, as in a loop.
    """

    file: str
    line: int
    message: str
    hint: str = ""
    reference: str = "problem"
    count: int = 1

    def __str__(self) -> str:
        return self.finding + (f"\n    {self.hint}" if self.hint else "")

    @property
    def finding(self) -> str:
        """What is wrong and where, without the suggestion."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        more = f" (and {self.count - 1} more like it at this line)" if self.count > 1 else ""
        return f"{place}: {self.message}{more}"


class ProblemsError(EngineError):
    """Findings in stack modules, all of them at once.

    Attributes:
        problems: The findings, in file and line order.
    """

    reference = "problems"
    place: ClassVar[str] = "what was checked"

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        count = len(problems)
        super().__init__(f"{count} problem{'s' if count != 1 else ''} in {self.place}")
        self.problems = tuple(sorted(problems))

    def __str__(self) -> str:
        return "\n".join([f"{self.message}:", *(str(problem) for problem in self.problems)])


class StackError(ProblemsError):
    """Problems in one or more stack modules."""

    reference = "stack"
    place = "the stacks"


class StateProblemsError(ProblemsError):
    """Problems in one or more state files."""

    reference = "state-problems"
    place = "the state"


class ReviewFindingsError(ProblemsError):
    """What a review of two commits found."""

    reference = "review"
    place = "what was committed"


class GraphError(EngineError):
    """References that form a cycle.

    Attributes:
        cycle: The names along the cycle, the first repeated at the end.
    """

    reference = "cycle"

    def __init__(self, cycle: tuple[str, ...]) -> None:
        super().__init__("references form a cycle: " + " -> ".join(cycle))
        self.cycle = cycle


class StateError(EngineError):
    """A state file that cannot be read, trusted or written."""

    reference = "state"


class UntrustedStateError(StateError):
    """A state file that is not what this engine wrote.

    Attributes:
        file: Path of the file.
        line: 1-based line where it shows.
        why: What is wrong there.
    """

    reference = "state-untrusted"

    def __init__(
        self, file: str, line: int, why: str, *, cause: str | None = None, hint: str
    ) -> None:
        super().__init__(f"{file}, line {line}: {why}", cause=cause, hint=hint)
        self.file = file
        self.line = line
        self.why = why


class NewerStateError(UntrustedStateError):
    """A state file in a format that only a newer engine reads."""

    reference = "state-newer"


class StoreUnavailableError(StateError):
    """A store of states that cannot be reached, or that refuses what is asked of it."""

    reference = "store-unavailable"


class StatesMovedError(StateError):
    """The states of an environment were moved to another store, or are being moved."""

    reference = "states-moved"


class StaleStateError(StateError):
    """The state on disk is no longer the one this run loaded; nothing was overwritten."""

    reference = "state-stale"


class LockLostError(StateError):
    """The run lock was lost, so another run may be at work; nothing more is written."""

    reference = "lock-lost"


class ConstantsFileError(EngineError):
    """A file of constants that cannot be read or written."""

    reference = "constants-file"


class StaleConstantsError(ConstantsFileError):
    """A file of constants that is not what would be written now."""

    reference = "stale-constants"


class PlanFileError(EngineError):
    """A plan file that cannot be read, trusted or written."""

    reference = "plan-file"

    @classmethod
    def of_newer_engine(
        cls, path: str, document: Mapping[str, object], *, reads: int, again: str
    ) -> Self:
        """The refusal of a file whose format is newer than what this engine reads.

        Args:
            path: The file as messages name it.
            document: What it says of itself.
            reads: The newest format that is read.
            again: How it is made with this engine.
        """
        return cls(
            f"{path} was written by a newer engine (format {document.get('format_version')}, "
            f"engine {document.get('engine_version', '?')})",
            cause=f"This engine reads formats up to {reads}.",
            hint=f"upgrade the engine, or {again} with this one; nothing was changed",
        )


class SecretSinkError(EngineError):
    """The place for secrets cannot take one; the object was not created."""

    reference = "secret-sink"


class RepositoryError(EngineError):
    """Git is missing, or cannot read what it is asked for."""

    reference = "repository"


class ProviderError(EngineError):
    """Stripe refused a request, or could not be reached.

    Attributes:
        status: HTTP status, None without an answer.
        code: Stripe's error code, such as ``resource_missing``.
        param: The parameter Stripe names.
        request_id: Stripe's id of the request, for its logs.
        replayed: It is the saved answer to an earlier request with the same idempotency key.
    """

    reference = "stripe"

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str | None = None,
        param: str | None = None,
        request_id: str | None = None,
        replayed: bool = False,
        cause: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, cause=cause, hint=hint)
        self.status = status
        self.code = code
        self.param = param
        self.request_id = request_id
        self.replayed = replayed


class AuthenticationError(ProviderError):
    """The key is not one that Stripe knows (401)."""

    reference = "stripe-key"


class PermissionDeniedError(ProviderError):
    """The key may not do this (403)."""

    reference = "stripe-permission"


class NotFoundError(ProviderError):
    """There is no such object (404, or a parameter naming one that is missing)."""

    reference = "stripe-not-found"


class RateLimitedError(ProviderError):
    """Stripe's rate limit held through every retry (429)."""

    reference = "stripe-rate-limit"


class ConnectionFailedError(ProviderError):
    """No answer: refused, cut off, or timed out."""

    reference = "stripe-connection"


class ForeignAnswerError(ConnectionFailedError):
    """An answer that is not Stripe's to what was asked; as good as none."""

    reference = "stripe-foreign-answer"


class EmulatorError(EngineError):
    """The file that the emulator keeps its account in cannot be used."""

    reference = "emulator"


class LockHeldError(EngineError):
    """Another run is at work on this stack."""

    reference = "lock-held"
    exit_code = 3


class GuardError(EngineError):
    """A rule refused the run before its first write."""

    reference = "guard"
    exit_code = 4


class InterruptedRunError(EngineError):
    """The person stopped the run; what was finished is recorded."""

    reference = "interrupted"
    exit_code = 130
