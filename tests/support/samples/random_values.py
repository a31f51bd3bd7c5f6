"""Values at random, the easy and the hard ones, and how they are written in a stack module.

What must not live here: which leaf gets a value, and what has to stand beside it.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.schema.attribute import Attribute, Kind
from engine.schema.field_semantics import ListOrder
from engine.values.secret import Sensitive

_WILD = 0.5
_LONGEST = 5000
_METADATA_KEYS = 50
_AMOUNTS = (0, 1, 49, 50, 99_999_999)
_DECIMALS = ("0", "0.000000000001", "10.50", "0010", "1e2", "99999999.5", Decimal("10.5"), 7)
ESCAPES = True
"""Texts hold `$${`: not yet, since what it stands for is compared as it is written."""
EMPTIES = True
"""Lists are emptied: not yet, since an update cannot say so of every list."""
_PIECES = (
    "a", "Zz", "9", " ", "  ", "\u00e9", "e\u0301", "ß", "İ", "Ω", "中文", "🧾", "👩‍👧", "עברית",
    "$", "${", "$${x}", "{}", "[0]", "&a=b", "%20", "+", "#", "\\", "\\n", '"', "'", "\n", "\t",
    "\u00a0", "\u200b", "\ufeff", "<b>", "null", "None", "true", "0", "-1", "1e5", "2026-01-01",
    "prod_123", "--", "/", "..", ";", "`",
)  # fmt: skip
"""What texts are put together from: composed and decomposed letters, both directions, what JSON,
forms, URLs, templates and Python have words of their own for."""


class RandomValues:
    """Chooses values for leaves."""

    def __init__(self, rng: random.Random) -> None:
        """Args: rng: makes one run like the next."""
        self._rng = rng

    def choose(self, attribute: Attribute, pair: tuple[Any, Any], *, free: bool) -> tuple[Any, int]:
        """A value for a leaf, and which of its two samples needs the same beside it.

        Args:
            attribute: The leaf.
            pair: Its two samples.
            free: Nothing but the attribute says what is valid.
        """
        which = self._rng.randrange(2)
        value = pair[which]
        if free and self._rng.random() < _WILD:
            value = self._wild(attribute, value)
        return self.respelt(attribute, value), which

    def respelt(self, attribute: Attribute, value: Any) -> Any:
        """The same value, perhaps written otherwise."""
        rng = self._rng
        if isinstance(value, list) and attribute.element is not None:
            value = [self.respelt(attribute.element, inner) for inner in value]
            if attribute.order is ListOrder.SET and rng.random() < 0.5:
                rng.shuffle(value)
            return tuple(value) if rng.random() < 0.2 else value
        if attribute.fold_case and isinstance(value, str) and "${" not in value:
            return rng.choice([value, value.upper(), value.capitalize()])
        if attribute.kind is Kind.DECIMAL and isinstance(value, str) and rng.random() < 0.3:
            return rng.choice([Decimal(value), f"{Decimal(value):f}"])
        if attribute.kind is Kind.INTEGER and isinstance(value, int) and value > 1_600_000_000:
            moment = dt.datetime.fromtimestamp(value, dt.UTC)
            return rng.choice(
                [value, moment, moment.astimezone(dt.timezone(dt.timedelta(hours=5)))]
            )
        if (
            isinstance(value, str)
            and "${" not in value
            and rng.random() < (0.5 if attribute.sensitive else 0.02)
        ):
            return Sensitive(value)
        return value

    def text(self, longest: int, shortest: int = 1) -> str:
        """A text that is not blank and neither begins nor ends with white space."""
        rng = self._rng
        most = min(longest or _LONGEST, _LONGEST)
        size = most if rng.random() < 0.05 else rng.randint(max(1, shortest), min(most, 30))
        text = ""
        while len(text) < size:
            text += rng.choice(_PIECES)
        # What begins no reference has to be escaped.
        text = text[:size].replace("${", "$(" if not ESCAPES else "$${")
        while "$$${" in text:
            text = text.replace("$$${", "$${")
        text = text.strip() or "x"
        return text + "x" * (shortest - len(text))

    def metadata(self) -> dict[str, str]:
        """A few entries, or as many as fit beside the stamp."""
        rng = self._rng
        count = 49 if rng.random() < 0.05 else rng.randint(1, 4)
        return {
            f"key {number}" if number % 3 else f"ключ-{number}": self.text(500)
            for number in range(count)
        }

    def _wild(self, attribute: Attribute, sample: Any) -> Any:
        """Any value that an attribute takes as far as it says; the sample where it says little."""
        rng = self._rng
        if attribute.kind is Kind.BOOLEAN:
            return rng.random() < 0.5
        if attribute.values or attribute.reference:
            return rng.choice(attribute.values or [sample])
        if attribute.kind is Kind.LIST and isinstance(sample, list):
            return self._wild_list(attribute, sample)
        if attribute.kind is Kind.MAP and attribute.max_length == _METADATA_KEYS:
            return self.metadata()
        if attribute.kind is Kind.STRING and not attribute.pattern:
            return self.text(attribute.max_length, attribute.min_length)
        return self._wild_number(attribute, sample)

    def _wild_number(self, attribute: Attribute, sample: Any) -> Any:
        rng = self._rng
        if attribute.kind is Kind.DECIMAL:
            return rng.choice(_DECIMALS)
        if attribute.money and attribute.kind is Kind.INTEGER:
            return rng.choice(_AMOUNTS)
        if attribute.kind in (Kind.INTEGER, Kind.NUMBER) and attribute.most is not None:
            return rng.randint(attribute.least or attribute.above or 0, attribute.most)
        return sample

    def _wild_list(self, attribute: Attribute, sample: list[Any]) -> list[Any]:
        element, rng = attribute.element, self._rng
        if element is None or element.reference:
            return sample
        if element.values:
            return rng.sample(
                element.values, rng.randint(int(not EMPTIES), min(4, len(element.values)))
            )
        if EMPTIES and rng.random() < 0.1:
            return []
        return [*sample, *(self._wild(element, sample[0]) for _ in range(rng.randint(0, 2)))]


def spoken(value: Any) -> Any:
    """A value as the engine hears it: moments are seconds, tuples are lists."""
    if isinstance(value, Sensitive):
        return Sensitive(spoken(value.value))
    if isinstance(value, Mapping):
        return {key: spoken(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [spoken(inner) for inner in value]
    return int(value.timestamp()) if isinstance(value, dt.datetime) else value


def code(value: Any) -> str:
    """A value as it is written in a stack module."""
    if isinstance(value, Sensitive):
        return f"Sensitive({code(value.value)})"
    if isinstance(value, dt.datetime):
        return f"datetime.fromisoformat({value.isoformat()!r})"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key!r}: {code(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        inner = ", ".join(map(code, value))
        return f"[{inner}]" if isinstance(value, list) else f"({inner},)" if value else "()"
    return repr(value)
