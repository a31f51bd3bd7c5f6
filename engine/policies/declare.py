"""`@policy`: how a team declares a policy, and what is known of one that was declared."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import FunctionType
from typing import TYPE_CHECKING, Any, TypeVar, overload

from engine.address import is_logical_name
from engine.errors import Problem, UsageError
from engine.frozen import frozen
from engine.stack.collector import collecting_now

if TYPE_CHECKING:
    from engine.policies.plan import Finding, Plan

_Check = TypeVar("_Check", bound="Callable[[Plan], Iterable[Finding] | Finding | None]")

FAILED = "policy-failed"
"""The reference of every problem of a policy."""


@frozen
class Policy:
    """One policy.

    Attributes:
        name: Its name, kebab-case.
        mandatory: What it finds refuses the plan; if not, it is a warning.
        about: What it holds, in one line.
        check: Finds what is against it in a plan.
        defined_at: Where it is declared, `stacks/_policies.py:12`.
    """

    name: str
    mandatory: bool
    about: str
    check: Callable[[Any], Any]
    defined_at: str


@frozen
class Policies:
    """The policies of a project.

    Attributes:
        declared: The policies.
        problems: What is wrong with them. A plan is refused while there is anything.
    """

    declared: tuple[Policy, ...] = ()
    problems: tuple[Problem, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.declared or self.problems)


NO_POLICIES = Policies()


@dataclass
class Declaring:
    """What is declared while a module of policies is evaluated."""

    shorten: Callable[[str], str]
    found: list[Policy] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def add(self, check: Any, *, mandatory: Any) -> None:
        """Take a function as a policy, or note what is wrong with it."""
        function = inspect.unwrap(check)
        if not isinstance(function, FunctionType):
            self.note("", 0, f"{check!r} is no function", "write @policy before def NAME(plan):")
            return
        code = function.__code__
        file, line = self.shorten(code.co_filename), code.co_firstlineno
        name = function.__name__.strip("_").replace("_", "-").lower()
        for what, hint in _mistakes(check, function, mandatory, name):
            self.note(file, line, f"{function.__name__} {what}", hint)
        for other in self.found:
            if other.name == name:
                self.note(
                    file,
                    line,
                    f"policy {name} is declared twice, first at {other.defined_at}",
                    "give one of them another name",
                )
        about = (function.__doc__ or "").strip().partition("\n")[0].strip()
        self.found.append(
            Policy(
                name=name,
                mandatory=mandatory is not False,
                about=about,
                check=check,
                defined_at=f"{file}:{line}",
            )
        )

    def note(self, file: str, line: int, message: str, hint: str) -> None:
        """Record a problem."""
        self.problems.append(Problem(file, line, message, hint, FAILED))


def _mistakes(
    check: Any, function: FunctionType, mandatory: Any, name: str
) -> Iterator[tuple[str, str]]:
    if not is_logical_name(name):
        yield "has no name that a policy can have", "write @policy before def NAME(plan):"
    if not (function.__doc__ or "").strip():
        yield (
            "has no docstring",
            "say in its first line what holds: No price is cut by more than 20 %.",
        )
    if not isinstance(mandatory, bool):
        yield "is neither mandatory nor advisory", "write mandatory=True or mandatory=False"
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        yield "is async", "write def, not async def"
    try:
        inspect.signature(check).bind(None)
    except TypeError:
        yield "does not take a plan alone", f"write def {function.__name__}(plan: Plan):"


_declaring: ContextVar[Declaring | None] = ContextVar("engine_policies", default=None)


@contextlib.contextmanager
def declaring(found: Declaring) -> Iterator[None]:
    """Give the policies that are declared inside the block to a record."""
    token = _declaring.set(found)
    try:
        yield
    finally:
        _declaring.reset(token)


@overload
def policy(check: _Check, /) -> _Check: ...
@overload
def policy(*, mandatory: bool = True) -> Callable[[_Check], _Check]: ...
def policy(check: Any = None, /, *, mandatory: bool = True) -> Any:
    """Declare a policy: a function that yields what is against it in a plan.

    It stays the function that it is, so that tests can call it.

    Args:
        check: The function. It takes a `Plan`, and yields what its `refuse` and that of its changes
            return. The first line of its docstring says what holds.
        mandatory: What it finds refuses the plan; if not, it is a warning.

    Raises:
        UsageError: in a stack module, whose policies would not be asked.
    """
    if check is None:
        return lambda function: policy_of(function, mandatory=mandatory)
    return policy_of(check, mandatory=mandatory)


def policy_of(check: Any, *, mandatory: bool) -> Any:
    """Declare a function as a policy, if a module of policies is evaluated."""
    found, collector = _declaring.get(), collecting_now()
    if found is not None:
        found.add(check, mandatory=mandatory)
    elif collector is not None:
        code = getattr(inspect.unwrap(check), "__code__", None)
        # A module may import what it likes from _policies.py.
        if code is not None and collector.shorten(code.co_filename) == collector.file:
            raise UsageError(
                "policies are declared in stacks/_policies.py, and this is a stack module",
                hint="move the function there; here it would not be asked",
            )
    return check
