"""Which shipped policies the settings switch on, and how: the table [tool.engine.policies].

max-price-cut = "20%"                                 # mandatory
metadata-keys = { value = ["team"], level = "advisory" }
lookup-keys = { level = "mandatory", allow = ["stripe_price.legacy-*"] }
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any

from engine.errors import Problem
from engine.frozen import frozen
from engine.policies.declare import FAILED, Policies, Policy
from engine.policies.plan import Change, Finding, Plan
from engine.policies.shipped.declarations import (
    currencies,
    https_only,
    labelled_removals,
    lookup_keys,
    metadata_keys,
)
from engine.policies.shipped.prices import max_price_cut, max_price_rise
from engine.suggest import nearest

MANDATORY, ADVISORY = "mandatory", "advisory"
_WHERE = "pyproject.toml"
_KEYS = ("value", "level", "allow")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")

Check = Callable[[Plan, Any], Iterator[tuple[Change, str]]]
"""Finds what is against a policy in a plan, given what its setting says: changes, and why."""


class _WrongValueError(ValueError):
    """A setting has a value that its policy cannot take; says what it takes."""


def _share(value: Any) -> Decimal:
    """A share, such as `20%`."""
    found = _PERCENT.fullmatch(value.strip()) if isinstance(value, str) else None
    with contextlib.suppress(InvalidOperation):
        if found is not None:
            return Decimal(found[1]) / 100
    raise _WrongValueError('takes a share, such as "20%"')


def _part(value: Any) -> Decimal:
    """A share below 100 %: no price falls by more, so that another one would hold for nothing."""
    share = _share(value)
    if share >= 1:
        raise _WrongValueError('takes a share below 100 %, such as "20%"')
    return share


def _names(value: Any) -> tuple[str, ...]:
    """A list of texts that are not empty."""
    given = value if isinstance(value, list) else []
    if not given or not all(isinstance(one, str) and one.strip() for one in given):
        raise _WrongValueError('takes a list of texts, such as ["team"]')
    return tuple(given)


def _codes(value: Any) -> tuple[str, ...]:
    """Currencies, in lower case."""
    names = tuple(name.lower() for name in _names(value))
    if not all(re.fullmatch(r"[a-z]{3}", name) for name in names):
        raise _WrongValueError('takes a list of currencies, such as ["usd", "eur"]')
    return names


def _text(value: Any) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise _WrongValueError('takes the name of a metadata key, such as "retired"')
    return value


@frozen(kw_only=False)
class Shipped:
    """A policy that ships.

    Attributes:
        about: What it holds.
        check: Finds what is against it.
        takes: Reads its value; None if it takes none and is switched on by its level alone.
    """

    about: str
    check: Check
    takes: Callable[[Any], Any] | None = None


SHIPPED: Mapping[str, Shipped] = {
    "max-price-cut": Shipped("No price is cut by more than a share.", max_price_cut, _part),
    "max-price-rise": Shipped("No price rises by more than a share.", max_price_rise, _share),
    "labelled-removals": Shipped(
        "On a live account nothing is removed without a label.", labelled_removals, _text
    ),
    "lookup-keys": Shipped("What can have a lookup key has one.", lookup_keys),
    "metadata-keys": Shipped("What has metadata has certain keys.", metadata_keys, _names),
    "https-only": Shipped("No URL is plain http.", https_only),
    "currencies": Shipped("Amounts are there in every currency.", currencies, _codes),
}
"""The policies that ship, by the names that settings give them."""


def shipped_policies(table: Mapping[str, Any], root: Path, environment: str) -> Policies:
    """The policies that a table switches on, and what is wrong with it.

    Args:
        table: What [tool.engine.policies] says, without `required`.
        root: The project folder.
        environment: The environment that they are for.
    """
    declared: list[Policy] = []
    problems: list[Problem] = []
    for name, given in table.items():
        line = _line(root / _WHERE, name, environment)
        try:
            policy = _policy(name, given, f"{_WHERE}:{line}" if line else _WHERE)
        except _WrongValueError as error:
            message = f"policy {name} in [tool.engine.policies] {error}"
            problems.append(Problem(_WHERE, line, message, _hint(name), FAILED))
        else:
            declared.extend(() if policy is None else (policy,))
    return Policies(declared=tuple(declared), problems=tuple(problems))


def _hint(name: str) -> str:
    if name in SHIPPED:
        return "docs/how-to/policies.md says what each takes"
    near = nearest(name, SHIPPED)
    return f"did you mean {near!r}?" if near else f"known: {', '.join(SHIPPED)}"


def _policy(name: str, given: Any, defined_at: str) -> Policy | None:
    """The policy of one line; None if it is switched off."""
    shipped = SHIPPED.get(name)
    if shipped is None:
        raise _WrongValueError("is none that ships")
    if given is False:
        return None
    allow: tuple[str, ...] = ()
    level, value = MANDATORY, given
    if isinstance(given, Mapping):
        for key in given:
            if key not in _KEYS:
                raise _WrongValueError(f"has no key {key!r}; it has {', '.join(_KEYS)}")
        level, value = given.get("level", MANDATORY), given.get("value")
        allow = _names(given["allow"]) if "allow" in given else ()
    elif shipped.takes is None:
        level, value = given, None
    if level not in (MANDATORY, ADVISORY):
        raise _WrongValueError(f'is "{MANDATORY}", "{ADVISORY}" or false')
    if shipped.takes is None and value is not None:
        raise _WrongValueError("takes no value")
    limit = shipped.takes(value) if shipped.takes is not None else None
    return Policy(
        name=name,
        mandatory=level == MANDATORY,
        about=shipped.about,
        check=partial(_allowed, shipped.check, limit, allow),
        defined_at=defined_at,
    )


def _allowed(check: Check, value: Any, allow: Sequence[str], plan: Plan) -> Iterator[Finding]:
    """What a policy finds, but for the resources that `allow` names."""
    for change, message in check(plan, value):
        address = str(change.address)
        patterns = (address, f"{change.stack}:{address}")
        if not any(fnmatchcase(name, pattern) for name in patterns for pattern in allow):
            yield change.refuse(message)


_HEAD = re.compile(r"^\s*\[\s*tool\.engine\.(.*?)\s*\]")
_SETS = re.compile(r"""^\s*["']?([\w-]+)["']?\s*[.=]""")


def _line(path: Path, name: str, environment: str) -> int:
    """The line that switches a policy on; 0 if it is not found, as in a table within a line."""
    table, found = "", dict[str, int]()
    with contextlib.suppress(OSError, UnicodeDecodeError):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if line.lstrip().startswith("["):
                head = _HEAD.match(line)
                table = head[1] if head is not None else ""
                found.setdefault(table, number)
            elif (sets := _SETS.match(line)) is not None:
                found.setdefault(f"{table}.{sets[1]}", number)
    own = f"environments.{environment}.policies.{name}"
    return found.get(own) or found.get(f"policies.{name}", 0)
