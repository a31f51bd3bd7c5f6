"""The words authors use, and the collector that listens while a module is evaluated.

Nothing here judges what is written beyond what Python itself would: findings are recorded, so
that one evaluation reports them all. What the fields may be is checked in `validate`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar, overload

from engine.address import ResourceAddress, address, is_logical_name, parse_address
from engine.errors import EngineError, Problem, UsageError
from engine.redaction import described
from engine.stack.kept import keys_within
from engine.stack.model import (
    Declaration,
    Import,
    Lifecycle,
    Location,
    Lookup,
    Move,
    OutputDeclaration,
    Release,
    Stack,
)
from engine.values.markers import ABSENT
from engine.values.reference import Ref
from engine.values.secret import Sensitive
from engine.variables import Given, Variables, read

# With the separator: a project in `engine-demo` is none of ours.
_PACKAGE = str(Path(__file__).resolve().parents[1]) + os.sep


@dataclass(slots=True, kw_only=True)
class Collector:
    """What one module has said so far.

    Attributes:
        name: Stack name.
        file: Path of the module as the author would type it.
        root: Project folder, to shorten paths.
        environment: Environment the module is evaluated for.
        variables: Values for `variable`, by name.
    """

    name: str
    file: str
    root: Path
    environment: str
    variables: Variables
    declarations: dict[str, Declaration] = field(default_factory=dict)
    lookups: dict[str, Lookup] = field(default_factory=dict)
    outputs: dict[str, OutputDeclaration] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)
    releases: list[Release] = field(default_factory=list)
    imports: dict[str, Import] = field(default_factory=dict)
    reads: dict[str, Location] = field(default_factory=dict)
    variables_read: dict[str, None] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    _shortened: dict[str, str] = field(default_factory=dict)

    def stack(self) -> Stack:
        """What was said, as a value."""
        return Stack(
            name=self.name,
            file=self.file,
            declarations=dict(self.declarations),
            lookups=dict(self.lookups),
            outputs=dict(self.outputs),
            moves=tuple(self.moves),
            releases=tuple(self.releases),
            imports=dict(self.imports),
            reads_outputs_of=dict(sorted(self.reads.items())),
            variables=tuple(self.variables_read),
            problems=tuple(self.problems),
        )

    def note(self, location: Location, message: str, *, hint: str = "", reference: str) -> None:
        """Record a finding."""
        self.problems.append(Problem(location.file, location.line, message, hint, reference))

    def shorten(self, file: str) -> str:
        """A path as the author would type it, from the project folder."""
        short = self._shortened.get(file)
        if short is None:
            short = file
            with contextlib.suppress(ValueError):
                short = str(Path(file).resolve().relative_to(self.root.resolve()))
            self._shortened[file] = short
        return short


_current: ContextVar[Collector | None] = ContextVar("engine_collector", default=None)


@contextlib.contextmanager
def collecting(collector: Collector) -> Iterator[Collector]:
    """Let a collector hear what is declared inside the block."""
    token = _current.set(collector)
    try:
        yield collector
    finally:
        _current.reset(token)


def _collector() -> Collector:
    found = _current.get()
    if found is None:
        raise UsageError(
            "resources are declared in a stack module while the engine evaluates it",
            hint="put the module under stacks/ and run engine plan",
        )
    return found


def _here(collector: Collector) -> Location:
    """Where the author's own code is right now, and the stack module's line that led there."""
    frame = sys._getframe(1)  # noqa: SLF001 - the only way to a caller's line without a traceback
    lines: list[tuple[str, int]] = []
    while frame is not None:
        name = frame.f_code.co_filename
        if not name.startswith((_PACKAGE, "<frozen")):
            lines.append((collector.shorten(name), frame.f_lineno))
        if lines and lines[-1][0] == collector.file:
            break
        frame = frame.f_back  # type: ignore[assignment]
    if not lines:
        return Location(collector.file, 0)
    file, line = lines[0]
    module = next((entry for entry in lines if entry[0] == collector.file), None)
    via = f"{module[0]}:{module[1]}" if module is not None and module[0] != file else ""
    return Location(file, line, via)


class Resource:
    """A declared object. Its attributes are references to what Stripe will answer.

    The one positional argument is the logical name, everything else is Stripe's own parameter in
    Stripe's own spelling, and `lifecycle` is the one keyword of ours.
    """

    TYPE: ClassVar[str] = ""

    __slots__ = ("_address",)
    _address: ResourceAddress

    def __init__(self, *name: Any, lifecycle: Lifecycle | None = None, **arguments: Any) -> None:
        collector = _collector()
        location = _here(collector)
        where = address(self.TYPE, _logical_name(type(self).__name__, name, collector, location))
        self._address = where
        declared = collector.declarations.get(str(where))
        if declared is not None:
            collector.note(
                location,
                f"{where} is declared twice; the first is at {declared.location}",
                hint="give one of them another name",
                reference="duplicate-name",
            )
            return
        if lifecycle is not None and not isinstance(lifecycle, Lifecycle):
            collector.note(
                location,
                f"{where}: lifecycle takes a Lifecycle, not {lifecycle!r}",
                hint="write lifecycle=Lifecycle(protect=True)",
                reference="wrong-type",
            )
            lifecycle = None
        collector.declarations[str(where)] = Declaration(
            address=where,
            arguments={key: _as_argument(value) for key, value in arguments.items()},
            lifecycle=_as_text(lifecycle) if lifecycle is not None else Lifecycle(),
            location=location,
        )

    @classmethod
    def lookup(cls, **filters: Any) -> Self:
        """Read an object that is not managed, found by its id or by list filters."""
        collector = _collector()
        criteria = {key: _as_argument(value) for key, value in filters.items()}
        text = "-".join(f"{key}-{value}" for key, value in sorted(criteria.items()))
        name = re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-_") or "any"
        where = address(cls.TYPE, name, lookup=True)
        taken = collector.lookups.get(str(where))
        if taken is not None and taken.criteria != criteria:
            # Criteria may differ in what a name cannot hold, `Pro` and `pro`.
            import hashlib  # noqa: PLC0415 - hardly ever needed, and slow to load

            own = hashlib.sha256(repr(sorted(criteria.items())).encode()).hexdigest()[:8]
            where = address(cls.TYPE, f"{name}-{own}", lookup=True)
        collector.lookups.setdefault(
            str(where), Lookup(address=where, criteria=criteria, location=_here(collector))
        )
        handle = object.__new__(cls)
        handle._address = where
        return handle

    def __getattr__(self, attribute: str) -> Ref:
        """Refer to one of the object's attributes, such as its `id`."""
        if attribute.startswith("_"):
            raise AttributeError(attribute)
        return Ref.to(self._address, attribute)

    def __getitem__(self, path: str) -> Ref:
        """Refer to a nested attribute by its dotted path: `price["recurring.interval"]`."""
        return Ref.to(self._address, path)

    def __repr__(self) -> str:
        return f"<{self._address}>"

    def __str__(self) -> str:
        message = (
            f"{self._address} was put into text as a whole; name the attribute you mean, "
            f'such as f"{{{self._address.name.replace("-", "_")}.id}}"'
        )
        raise TypeError(message)


def _logical_name(
    face: str, given: tuple[Any, ...], collector: Collector, location: Location
) -> str:
    """The name of a declaration; a bad one is noted, and one that would do stands in for it."""
    if len(given) == 1 and isinstance(given[0], str) and is_logical_name(given[0]):
        return given[0]
    if len(given) == 1:
        collector.note(
            location,
            f"{given[0]!r} cannot name a resource",
            hint=f"names match [a-z0-9][a-z0-9_-]*{_suggest_name(given[0])}",
            reference="bad-name",
        )
    else:
        collector.note(
            location,
            f"{face} takes one argument without a keyword, its logical name; "
            + (f"here are {len(given)}" if given else "it is missing"),
            hint=f'write {face}("{_name_like(given[0]) if given else "a-name"}", ...)',
            reference="bad-name",
        )
    return (_name_like(given[0]) if given else "") or f"unnamed-{location.line}"


def _name_like(name: object) -> str:
    return re.sub(r"[^a-z0-9_-]+", "-", str(name).lower()).strip("-_")


def _suggest_name(name: object) -> str:
    made = _name_like(name)
    return f"; {made!r} would do" if made else ""


def _reference_or_text(value: Resource | str) -> str:
    """A reference as the text it is from here on, which the engine may compare."""
    if isinstance(value, Resource):
        return str(Ref.to(value._address, "id"))  # noqa: SLF001 - the two are one piece
    return str.__str__(value)


def _as_text(lifecycle: Lifecycle) -> Lifecycle:
    """What an author said of a resource's life, resources and references as text."""
    return dataclasses.replace(
        lifecycle,
        depends_on=_several(lifecycle.depends_on),
        replace_triggered_by=_several(lifecycle.replace_triggered_by),
        ignore_changes=_several(lifecycle.ignore_changes),
        account=_as_argument(lifecycle.account),
    )


def _several(value: Any) -> Any:
    """What a lifecycle lists, also where its author named one thing without a list."""
    if not isinstance(value, (list, tuple)):
        return [_as_argument(value)]
    return value and _as_argument(value)


def _as_argument(value: Any) -> Any:
    """What an author passed, as a document: references as text, moments as Unix seconds."""
    if isinstance(value, (Resource, str)):
        return _reference_or_text(value)
    if isinstance(value, Sensitive):
        return Sensitive(_as_argument(value.value))
    if isinstance(value, Mapping):
        return {
            (_as_argument(key) if isinstance(key, (Resource, str)) else key): _as_argument(inner)
            for key, inner in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_as_argument(inner) for inner in value]
    if isinstance(value, dt.datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=dt.UTC)
        return int(moment.timestamp())
    return value


def environment() -> str:
    """Name of the environment the module is evaluated for; read as `engine.environment`."""
    return _collector().environment


_T = TypeVar("_T")


@overload
def variable(name: str) -> str: ...
@overload
def variable(name: str, default: None) -> str | None: ...
@overload
def variable(name: str, default: _T) -> _T: ...
def variable(name: str, default: Any = ABSENT) -> Any:
    """Read a value from `--var NAME=VALUE`, a `--var-file`, `ENGINE_VAR_NAME`, or the default.

    It has the type of the default: text, a whole number, a number, true or false, a list, a map.
    """
    collector = _collector()
    collector.variables_read[name] = None
    _note_keys(collector, name, default)
    found = collector.variables.find(name)
    if found is not None:
        return _given(collector, name, found, default)
    if default is not ABSENT:
        return default
    collector.note(
        _here(collector),
        f"variable {name!r} has no value",
        hint=f"pass --var {name}=VALUE, set ENGINE_VAR_{name.upper()}, or give a default",
        reference="missing-variable",
    )
    return ""


def _note_keys(collector: Collector, name: str, default: Any) -> None:
    """A default is in the code for everyone to read, used or not."""
    for kind in keys_within(default):
        collector.note(
            _here(collector),
            f"the default of variable {name!r} holds {described(kind)} in clear, {kind}_...",
            hint=f"take the default out and pass it from outside, as ENGINE_VAR_{name.upper()}; if "
            "anybody else has seen this, roll it in the Dashboard",
            reference="key-in-clear",
        )


def _given(collector: Collector, name: str, found: Given, default: Any) -> Any:
    """A value as the type of the default; one that cannot be read is noted, and replaced by it."""
    try:
        return read(found.value, "" if default is ABSENT else default)
    except TypeError as error:
        wrong = f"variable {name!r} has a default of type {error}, which no value can be read as"
        hint = "a default is text, a number, True or False, a list, a dict or a datetime"
    except ValueError as error:
        secret = isinstance(default, Sensitive)
        shown = "another value" if secret else f"{found.value!r}"
        wrong = f"variable {name!r} takes {error}; {found.source} is {shown}"
        hint = "" if secret or default is ABSENT else f"it has the type of its default, {default!r}"
    collector.note(_here(collector), wrong, hint=hint, reference="wrong-variable")
    return "" if default is ABSENT else default


def output(name: str, value: Any, *, sensitive: bool = False) -> None:
    """Hand out a value under a name, for people, applications and other stacks."""
    collector = _collector()
    location = _here(collector)
    if not isinstance(name, str) or not is_logical_name(name):
        collector.note(
            location,
            f"{name!r} cannot name an output",
            hint=f"names match [a-z0-9][a-z0-9_-]*{_suggest_name(name)}",
            reference="bad-name",
        )
        return
    if name in collector.outputs:
        collector.note(
            location,
            f"output {name!r} stands twice; the first is at {collector.outputs[name].location}",
            reference="duplicate-name",
        )
        return
    collector.outputs[name] = OutputDeclaration(
        name=name, value=_as_argument(value), sensitive=sensitive, location=location
    )


def stack_output(stack: str, name: str) -> Ref:
    """Refer to an output of another stack in the same environment; that stack comes first."""
    collector = _collector()
    collector.reads.setdefault(stack, _here(collector))
    return Ref.to_output(stack, name)


def _address_of(collector: Collector, value: object, location: Location) -> ResourceAddress | None:
    if isinstance(value, Resource):
        return value._address  # noqa: SLF001 - the two are one piece
    try:
        return parse_address(str(value))
    except EngineError as error:
        collector.note(location, error.message, hint=error.hint or "", reference="bad-address")
        return None


def moved(old: str, new: str | Resource) -> None:
    """Say that the resource at `old` is now declared at `new`: a rename, not a replacement."""
    collector = _collector()
    location = _here(collector)
    before = _address_of(collector, old, location)
    after = _address_of(collector, new, location)
    if before is not None and after is not None:
        collector.moves.append(Move(old=before, new=after, location=location))


def removed(old: str, *, keep: bool = True) -> None:
    """Say what becomes of an object whose declaration is gone: `keep` leaves it on Stripe."""
    collector = _collector()
    location = _here(collector)
    where = _address_of(collector, old, location)
    if where is not None:
        collector.releases.append(Release(address=where, keep=keep, location=location))


def import_(target: str | Resource, id: str) -> None:
    """Bring the object with this id under management as `target`."""
    collector = _collector()
    location = _here(collector)
    where = _address_of(collector, target, location)
    if where is not None:
        collector.imports[str(where)] = Import(
            address=where, id=_as_argument(id), location=location
        )
