"""Keeping keys and secrets out of everything that is written: the one place that does it.

Two things are taken out of a text: what looks like one of Stripe's keys or webhook secrets, and
every value that this process knows to be secret, in every spelling. Values are made known where
they come from: `Sensitive` when one is made, the provider for what Stripe returns once, the sinks
for what they store and load. A process has one such memory: what is secret in one part of it is
secret in all of them.
"""

from __future__ import annotations

import base64
import html
import json
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote, quote_plus

HIDDEN = "(sensitive)"
"""What is shown in the place of a secret."""

_KINDS = r"(?<![A-Za-z0-9])(?:(?P<kind>(?:sk|rk|ek)_(?:(?:org_)?(?:test|live)|org)|whsec)_"
# To hide one word too many does no harm, so whatever begins like a key is hidden, however short
# and however Stripe has masked it. A bare `sk_` may begin a logical name: it has to be as
# long as a key.
_LIKE_A_KEY = re.compile(_KINDS + r"[A-Za-z0-9_*+/=]+|(?P<bare>sk|rk|ek)_[A-Za-z0-9*]{16,})")
# To refuse one word too many stops a person's work, so this takes what has the length of a key:
# `sk_test_prices` is a name and `sk_test_...` an example. Neither opens anything.
_A_KEY = re.compile(_KINDS + r"[A-Za-z0-9+/=]{16,})")
_KEY_LENGTH = len("whsec_") + 16
"""No key is shorter."""
# The text of a reference is no secret; the value it names is.
_REFERENCE = re.compile(r"\$\{[a-z][\w.-]*\}")
_LEAST = 3
"""Shorter values look like ordinary text, and are not hidden."""
_DISTINCT = 8
"""Shorter values are hidden as whole words, and in diagnostics only: results keep their numbers."""


class _Memory:
    """The secret values of this process, and what finds them."""

    def __init__(self) -> None:
        # Reentrant: the handler of a signal writes too, whatever it interrupted.
        self._lock = threading.RLock()
        self._values: set[str] = set()
        self._finders: dict[bool, re.Pattern[str] | None] = {}

    def add(self, values: Iterable[str]) -> None:
        with self._lock:
            new = {value for value in values if value not in self._values}
            if new:
                self._values |= new
                self._finders.clear()

    def clear(self) -> None:
        with self._lock:
            self._values.clear()
            self._finders.clear()

    def finder(self, *, distinct: bool) -> re.Pattern[str] | None:
        with self._lock:
            if distinct not in self._finders:
                least = _DISTINCT if distinct else _LEAST
                chosen = [value for value in self._values if len(value) >= least]
                self._finders[distinct] = _finder(chosen)
            return self._finders[distinct]


_MEMORY = _Memory()


def remember(value: Any) -> None:
    """Make a secret known, with every scalar in it; what is too short to be one is left out."""
    _MEMORY.add(_worth_hiding(value))


def forget() -> None:
    """Forget every secret: a new run begins in the same process."""
    _MEMORY.clear()


def redact(text: str) -> str:
    """Take known secrets, and what looks like a key or a webhook secret, out of a diagnostic."""
    finder = _MEMORY.finder(distinct=False)
    known = text if finder is None else finder.sub(_label, text)
    return _LIKE_A_KEY.sub(_label, known)


def hide(result: Any) -> Any:
    """Take known secrets out of a result: a text, or a document whose texts are looked at.

    Views do not show what is sensitive in the first place. This catches the same value where
    it was not marked as sensitive.
    """
    finder = _MEMORY.finder(distinct=True)
    return result if finder is None else _hidden(result, finder)


def without(text: str, secrets: Iterable[str]) -> str:
    """Take these secrets out of a text, however short they are, and then all that is known."""
    finder = _finder([secret for secret in secrets if secret], words=False)
    return redact(text if finder is None else finder.sub(_label, text))


def looks_secret(text: str) -> bool:
    """Whether a text has anything in it that begins like a key or a webhook secret of Stripe's."""
    return _LIKE_A_KEY.search(text) is not None


def keys_in(text: str) -> list[str]:
    """What each of Stripe's keys and webhook secrets in a text is, never the key itself.

    It is the part before the last `_`: `sk_live`, `rk_test`, `whsec`. Only what has the length of
    a real one counts, so that a finding is never about a word.
    """
    if len(text) < _KEY_LENGTH:
        return []
    return [match["kind"] for match in _A_KEY.finditer(text)]


def described(kind: str) -> str:
    """Describe a key by its kind, as `keys_in` yields it."""
    return "a webhook secret of Stripe" if kind == "whsec" else "a key of Stripe"


def _worth_hiding(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for inner in value:
            yield from _worth_hiding(inner)
        return
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        return  # such as a resource in the place of its id
    text = str.__str__(value) if isinstance(value, str) else str(value)
    if _REFERENCE.fullmatch(text):
        return
    # A log or a traceback may show a text line by line.
    for part in {text, text.strip(), *(line.strip() for line in text.splitlines())}:
        if len(part) >= (_LEAST if part == text else _DISTINCT):
            yield part


def _finder(values: Iterable[str], *, words: bool = True) -> re.Pattern[str] | None:
    """A pattern that finds values in every spelling, the longest first."""
    found: dict[str, str] = {}
    for value in values:
        for spelling in _spellings(value):
            pattern = re.escape(spelling)
            if words and len(value) < _DISTINCT:
                pattern = rf"(?<!\w){pattern}(?!\w)"
            found[spelling] = pattern
    if not found:
        return None
    longest_first = sorted(found, key=lambda spelling: (-len(spelling), spelling))
    return re.compile("|".join(found[spelling] for spelling in longest_first))


def _spellings(value: str) -> set[str]:
    """A value as texts hold it: plain, in JSON, in Python, in a URL, in HTML, in Base64."""
    found = {value, html.escape(value), quote(value), quote(value, safe="")}
    found |= {quote_plus(value), quote_plus(value, safe="/")}
    found |= {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
    found |= {repr(value)[1:-1], ascii(value)[1:-1]}
    if len(value) >= _DISTINCT:
        # Without the last letters: what follows the value in the encoded text has a share in them.
        whole = value.encode("utf-8", "surrogateescape")
        whole = whole[: len(whole) // 3 * 3]
        found |= {base64.b64encode(whole).decode(), base64.urlsafe_b64encode(whole).decode()}
    return found


def _label(match: re.Match[str]) -> str:
    key = _LIKE_A_KEY.fullmatch(match[0])
    return HIDDEN if key is None else f"{key['kind'] or key['bare']}_(redacted)"


def _hidden(value: Any, finder: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        return finder.sub(_label, value)
    if isinstance(value, Mapping):
        return {_hidden(key, finder): _hidden(inner, finder) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_hidden(inner, finder) for inner in value]
    return value
