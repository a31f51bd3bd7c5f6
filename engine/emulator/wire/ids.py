"""Ids, secrets and codes that look like Stripe's, from one random source."""

from __future__ import annotations

import random
import string

from engine.frozen import frozen

_LETTERS_AND_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_CODE_LETTERS = string.ascii_uppercase + string.digits


@frozen
class IdForm:
    """The form of a type's ids after their prefix.

    Attributes:
        length: Characters after the prefix.
        with_account: They begin with 1 and contain ten characters of the account's id, as ids of
            Stripe's newer types do.
    """

    length: int = 24
    with_account: bool = True


class Ids:
    """Makes ids; with a seed, the same ones in the same order."""

    def __init__(self, seed: int | None = None) -> None:
        # Ids are not secret, and tests want to repeat them.
        self._random = random.Random(seed)  # noqa: S311

    def _pick(self, count: int, letters: str = _LETTERS_AND_DIGITS) -> str:
        return "".join(self._random.choices(letters, k=count))

    def object_id(self, prefix: str, form: IdForm, account: str) -> str:
        """A fresh id of a type."""
        if not form.with_account:
            return prefix + self._pick(form.length)
        middle = account[-10:]
        rest = form.length - 6 - len(middle)
        return f"{prefix}1{self._pick(5)}{middle}{self._pick(rest)}"

    def request_id(self) -> str:
        """A fresh id of a request."""
        return f"req_{self._pick(14)}"

    def webhook_secret(self) -> str:
        """A fresh signing secret."""
        return f"whsec_{self._pick(32)}"

    def promotion_code(self) -> str:
        """A fresh customer-facing code (L: eight capitals and digits)."""
        return self._pick(8, _CODE_LETTERS)

    def invoice_prefix(self) -> str:
        """A fresh prefix of invoice numbers (L: eight hexadecimal digits)."""
        return self._pick(8, string.digits + "ABCDEF")

    def digits(self, count: int) -> str:
        """Fresh digits, for a serial number or a card."""
        return self._pick(count, string.digits)
