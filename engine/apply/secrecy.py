"""Keeping what authors called sensitive out of what Stripe says about it.

Stripe quotes the values it refuses.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from engine.address import ResourceAddress
from engine.errors import EngineError
from engine.provider.schema import ResourceType
from engine.values import Path, Sensitive, plain

HIDDEN = "(sensitive)"


def told_names(kind: ResourceType, address: ResourceAddress) -> dict[Path, str]:
    """The names under which secrets that Stripe tells once are kept, by their paths."""
    return {path: f"{address}.{'.'.join(map(str, path))}" for path in kind.told_once}


def secrets_in(value: Any) -> Iterator[str]:
    """Yield the text of every sensitive scalar inside a nested value."""
    for found in sensitive_in(value):
        yield from _texts(plain(found))


def sensitive_in(value: Any) -> Iterator[Sensitive]:
    """Yield every sensitive value inside a nested one."""
    if isinstance(value, Sensitive):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from sensitive_in(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from sensitive_in(inner)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif value not in (None, "", True, False):
        yield str(value)


def without_secrets(error: EngineError, secrets: tuple[str, ...]) -> EngineError:
    """An error whose text does not hold any of these values."""
    if not secrets:
        return error
    clean = copy.copy(error)
    clean.message = _hidden(error.message, secrets)
    clean.cause = _hidden(error.cause, secrets) if error.cause else None
    clean.hint = _hidden(error.hint, secrets) if error.hint else None
    clean.args = (clean.message,)
    clean.__cause__ = clean.__context__ = None
    return clean


def _hidden(text: str, secrets: tuple[str, ...]) -> str:
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text
