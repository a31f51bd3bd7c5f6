"""Secrets while a program holds them, and what is kept of them."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any, NoReturn, SupportsIndex

from engine import redaction
from engine.frozen import frozen
from engine.values.tree import any_scalar, map_scalars

_PLAIN = frozenset({str, int, bool, type(None)})
_SENSITIVE = "$sensitive"


class Sensitive:
    """A value that reaches Stripe and nothing else: no plan, state, log or error shows it.

    Making one makes the value known to `redaction`, so that it is hidden wherever it appears. It
    cannot be pickled: what is kept of it is a fingerprint. It is no dataclass, because
    `dataclasses.asdict` would copy the value.
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
    """What shows whether a secret changed without keeping it: a salted hash, 16 hex digits."""
    return hmac.new(salt.encode(), repr(value).encode(), hashlib.sha256).hexdigest()[:16]


def fingerprint_of(value: Any, salt: str) -> str:
    """The fingerprint of any nested value, however its maps are ordered."""
    return fingerprint(json.dumps(plain(value), sort_keys=True, default=str), salt)


@frozen(kw_only=False)
class Sealed:
    """What plans and states keep of a secret: enough to see whether it changed.

    Attributes:
        fingerprint: As `fingerprint` makes it, 16 hex digits.
    """

    fingerprint: str

    @classmethod
    def of(cls, value: object, salt: str) -> Sealed:
        """Seal a value."""
        return cls(fingerprint(value, salt))

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Sealed | None:
        """Read what `to_json` wrote; None if a document is another one."""
        kept = document.get(_SENSITIVE) if len(document) == 1 else None
        return cls(kept) if isinstance(kept, str) else None

    def to_json(self) -> dict[str, str]:
        """Its form in files: `{"$sensitive": FINGERPRINT}`."""
        return {_SENSITIVE: self.fingerprint}

    def __repr__(self) -> str:
        # Fingerprints of documents with secrets in them are made of this text.
        return repr(self.to_json())


# All of a state comes by these two: no call is made for what is plain.


def sealed_to_json(value: Any) -> Any:
    """A nested value as files have it: what is kept of secrets in its form there."""
    if isinstance(value, Sealed):
        return value.to_json()
    if isinstance(value, Mapping):
        return {
            key: inner if type(inner) in _PLAIN else sealed_to_json(inner)
            for key, inner in value.items()
        }
    return [sealed_to_json(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def sealed_from_json(document: Any) -> Any:
    """Read what `sealed_to_json` wrote."""
    if isinstance(document, dict):
        sealed = Sealed.from_json(document) if _SENSITIVE in document else None
        return sealed or {
            key: inner if type(inner) in _PLAIN else sealed_from_json(inner)
            for key, inner in document.items()
        }
    return (
        [sealed_from_json(inner) for inner in document] if isinstance(document, list) else document
    )


def is_secret(value: object) -> bool:
    """Whether a value is a secret, or what is kept of one."""
    return isinstance(value, (Sensitive, Sealed))


def holds_secret(value: Any) -> bool:
    """Whether a secret, or what is kept of one, is anywhere in a value."""
    return any_scalar(value, is_secret)


def plain(value: Any) -> Any:
    """Take the wrapping off sensitive values, for the one place that may see them."""
    return map_scalars(
        value, lambda leaf: plain(leaf.value) if isinstance(leaf, Sensitive) else leaf
    )
