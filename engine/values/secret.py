"""Secrets while a program holds them, and what is kept of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn, SupportsIndex

from engine import redaction


class Sensitive:
    """A value that reaches Stripe and nothing else: no plan, state, log or error shows it.

    Whoever makes one makes the value known to `redaction`, so that it is hidden wherever it turns
    up. It cannot be pickled: what is kept of it is a fingerprint. It is no dataclass, whose
    fields `dataclasses.asdict` would lay open.
    """

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        self._value = value
        redaction.remember(plain(value))

    @property
    def value(self) -> Any:
        """The value itself."""
        return self._value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sensitive) and bool(self._value == other._value)

    def __hash__(self) -> int:
        return hash((Sensitive, self._value))

    def __repr__(self) -> str:
        return redaction.HIDDEN

    __str__ = __repr__

    def __reduce_ex__(self, _: SupportsIndex, /) -> NoReturn:
        message = "a sensitive value cannot be pickled: it would be written down in the open"
        raise TypeError(message)

    def __copy__(self) -> Sensitive:
        return self

    def __deepcopy__(self, memo: object) -> Sensitive:
        return self


def fingerprint(value: object, salt: str) -> str:
    """Tell whether a secret changed without keeping it: a salted hash, 16 hex digits."""
    import hashlib  # noqa: PLC0415 - OpenSSL takes milliseconds to load, for secrets alone
    import hmac  # noqa: PLC0415 - the same

    return hmac.new(salt.encode(), repr(value).encode(), hashlib.sha256).hexdigest()[:16]


def plain(value: Any) -> Any:
    """Take the wrapping off sensitive values, for the one place that may see them."""
    if isinstance(value, Sensitive):
        return plain(value.value)
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    return value
