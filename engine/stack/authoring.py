"""The functions that authors use in stack modules.

A mistake is recorded as a finding instead of raised, so that one evaluation reports them all.
"""

from __future__ import annotations

from typing import Any, TypeVar, overload

from engine.address import (
    NAME_PATTERN,
    OUTPUT_PATTERN,
    ResourceAddress,
    is_logical_name,
    is_output_name,
    parse_address,
)
from engine.errors import EngineError
from engine.redaction import described
from engine.stack.checks.unfit_for_state import keys_within
from engine.stack.collector import Collector, caller_location, current_collector
from engine.stack.model import Import, Location, Move, OutputDeclaration, Release
from engine.stack.resource import Resource, as_argument, name_like, suggest_name
from engine.suggest import nearest
from engine.values.markers import ABSENT
from engine.values.reference import OutputRef
from engine.values.secret import Sensitive
from engine.values.targets import OutputTarget
from engine.values.templates import is_reference, targets_in
from engine.variables import Given, read


def environment() -> str:
    """Name of the environment the module is evaluated for; read as `engine.environment`."""
    return current_collector().environment


_T = TypeVar("_T")

NO_ACCOUNT = "no-fleet-account"
"""Reference of the problem that a fleet's variable is read for no account."""


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
    collector = current_collector()
    collector.variables_read[name] = None
    _note_keys(collector, name, default)
    found = collector.variables.find(name)
    if found is not None:
        return _given(collector, name, found, default)
    if default is not ABSENT:
        return default
    collector.note(
        caller_location(collector),
        f"variable {name!r} has no value",
        hint=f"pass --var {name}=VALUE, set ENGINE_VAR_{name.upper()}, or give a default",
        reference="missing-variable",
    )
    return ""


@overload
def fleet_variable(name: str) -> str: ...
@overload
def fleet_variable(name: str, default: None) -> str | None: ...
@overload
def fleet_variable(name: str, default: _T) -> _T: ...
def fleet_variable(name: str, default: Any = ABSENT) -> Any:
    """Read a value of the account of a fleet that the module is evaluated for, or the default.

    The accounts of a fleet have their values in its list of accounts, `variables = { currency =
    "eur" }`; connected ones from their fields. It has the type of the default, as `variable`.
    """
    collector = current_collector()
    _note_keys(collector, name, default)
    member = collector.fleet
    if member is not None and name in member.variables:
        source = f"{name} of account {member.name} in fleet {member.fleet}"
        return _given(collector, name, Given(member.variables[name], source), default)
    if default is not ABSENT:
        return default
    reference = "missing-variable"
    if member is None:
        reference = NO_ACCOUNT
        message = f"fleet variable {name!r} has no value: this is no account of a fleet"
        hint = f'give a default, fleet_variable("{name}", "..."), or name an account, -e FLEET/NAME'
    else:
        message = (
            f"fleet variable {name!r} has no value for account {member.name} of fleet "
            f"{member.fleet}"
        )
        hint = f"add {name} to the account's variables, or give a default"
    collector.note(caller_location(collector), message, hint=hint, reference=reference)
    return ""


def _note_keys(collector: Collector, name: str, default: Any) -> None:
    """Find keys in a default: everybody who reads the code sees them, used or not."""
    for kind in keys_within(default):
        collector.note(
            caller_location(collector),
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
    collector.note(caller_location(collector), wrong, hint=hint, reference="wrong-variable")
    return "" if default is ABSENT else default


def output(name: str, value: Any, *, sensitive: bool = False) -> None:
    """Offer a value under a name, for people, applications and other stacks."""
    collector = current_collector()
    location = caller_location(collector)
    if not isinstance(name, str) or not is_output_name(name):
        collector.note(
            location,
            f"{name!r} cannot name an output",
            hint=f"names match {OUTPUT_PATTERN}{suggest_name(name)}",
            reference="bad-name",
        )
        return
    same = collector.output_spellings.setdefault(name.lower(), name)
    if same in collector.outputs:
        first = collector.outputs[same].location
        collector.note(
            location,
            f"output {name!r} is declared twice; the first is at {first}"
            if same == name
            else f"outputs {same!r}, at {first}, and {name!r} differ in nothing but capitals",
            hint="" if same == name else "rename one: not every place for their values has both",
            reference="duplicate-name",
        )
        return
    collector.outputs[name] = OutputDeclaration(
        name=name, value=as_argument(value), sensitive=sensitive, location=location
    )


def stack_output(stack: str, name: str) -> OutputRef:
    """Refer to an output of another stack in the same environment; that stack comes first.

    Of a map or a list each part can be referred to: `stack_output("catalog", "prices")["month"]`.
    Its keys are known, for loops too, if the other module writes them or its state holds them.
    """
    collector = current_collector()
    location = caller_location(collector)
    producer = _other_name(collector, location, stack)
    output_name = _other_name(collector, location, name, of_output=True)
    if producer == collector.name:
        collector.note(
            location,
            f"stack_output names {collector.name!r}, the stack that it is in",
            hint="use the value itself, the one that is given to output(...)",
            reference="own-output",
        )
    else:
        collector.reads.setdefault(producer, location)
    return OutputRef(OutputTarget(producer, output_name), collector.shape_of)


def _other_name(
    collector: Collector, location: Location, given: object, *, of_output: bool = False
) -> str:
    """The name of a stack or an output; for a bad one a finding, and a valid one instead."""
    is_name = is_output_name if of_output else is_logical_name
    if isinstance(given, str) and is_name(given):
        return given
    pattern = OUTPUT_PATTERN if of_output else NAME_PATTERN
    hint = f"names match {pattern}{suggest_name(given)}"
    message = f"stack_output takes the names of a stack and an output, not {given!r}"
    collector.note(location, message, hint=hint, reference="bad-name")
    return name_like(given) or "unnamed"


def _address_of(collector: Collector, value: object, location: Location) -> ResourceAddress | None:
    """The resource that was meant: itself, a reference to it, or its address; else a finding."""
    if isinstance(value, Resource):
        found = value._address  # noqa: SLF001 - the two are one piece
    elif is_reference(value):
        target = next(targets_in(value))
        if isinstance(target, OutputTarget):
            collector.note(
                location,
                f"{value} is an output, and no resource",
                hint=f'write the address of the resource, "{target.stack}:TYPE.NAME"',
                reference="bad-address",
            )
            return None
        found = target.address
    else:
        try:
            found = parse_address(str(value))
        except EngineError as error:
            collector.note(location, error.message, hint=error.hint or "", reference="bad-address")
            return None
    if found.lookup:
        collector.note(
            location,
            f"{found} is looked up, and no stack manages it",
            hint="name a resource that is declared, or was",
            reference="bad-address",
        )
        return None
    return found


def moved(old: str | Resource, new: str | Resource) -> None:
    """Declare that the resource at `old` is now at `new`: a rename, not a replacement.

    `old` may be in another stack, `shop:stripe_coupon.sale`: its object is then this stack's.
    """
    collector = current_collector()
    location = caller_location(collector)
    stack, _, text = ("", "", old) if isinstance(old, Resource) else str(old).rpartition(":")
    before = _address_of(collector, text, location)
    after = _address_of(collector, new, location)
    if before is not None and after is not None:
        giver = "" if stack == collector.name else stack
        collector.moves.append(Move(old=before, new=after, location=location, stack=giver))


def removed(old: str | Resource, *, keep: bool = True) -> None:
    """Declare what happens to an object whose declaration is gone: `keep` leaves it on Stripe."""
    collector = current_collector()
    location = caller_location(collector)
    where = _address_of(collector, old, location)
    if where is not None:
        collector.releases.append(Release(address=where, keep=keep, location=location))


def import_(target: str | Resource, id: str, *, environment: str = "") -> None:
    """Bring the object with this id under management as `target`.

    Args:
        target: The resource.
        id: The id of the object, or a reference to it: `Price.lookup(...).id`, `stack_output(...)`.
        environment: Only there, since ids differ from one account to the next.
    """
    collector = current_collector()
    location = caller_location(collector)
    where = _address_of(collector, target, location)
    if where is None:
        return
    known = {*collector.environments, collector.environment}
    if environment and collector.environments and environment not in known:
        near = nearest(environment, known)
        collector.note(
            location,
            f"import_: there is no environment {environment!r}",
            hint=f"did you mean {near!r}?" if near else f"known: {', '.join(sorted(known))}",
            reference="bad-refactoring",
        )
        return
    wanted = Import(address=where, id=as_argument(id), location=location, environment=environment)
    first = next((one for one in collector.imports if _at_once(one, wanted)), None)
    if first is not None:
        collector.note(
            location,
            f"import_: {where} is imported already, at {first.location}",
            hint="an object each for environments of their own: import_(..., environment=NAME)",
            reference="bad-refactoring",
        )
        return
    collector.imports.append(wanted)


def _at_once(one: Import, other: Import) -> bool:
    """Whether two imports bring two objects under one address in some environment."""
    environments = {one.environment, other.environment}
    return one.address == other.address and (len(environments) == 1 or "" in environments)
