"""The table of what Stripe would refuse, `refusals.toml`, as records."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_BLANK = "___"
_TABLE = Path(__file__).parent / "refusals.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A module with a mistake, and the same module without it.

    Attributes:
        module: Text of the module, with a blank where the mistake is.
        wrong: Text for the blank that is a mistake.
        right: Text for the blank that is none.
        message: What is found, without the address.
    """

    module: str
    wrong: str
    right: str
    message: str

    def with_mistake(self, moments: Mapping[str, int]) -> str:
        """The module with the mistake; `moments` are the values of its names for moments."""
        return self._filled(self.wrong, moments)

    def without_mistake(self, moments: Mapping[str, int]) -> str:
        """The module without it."""
        return self._filled(self.right, moments)

    def _filled(self, text: str, moments: Mapping[str, int]) -> str:
        names = "".join(f"{name} = {moment}\n" for name, moment in moments.items())
        return f"{names}{self.module.replace(_BLANK, text)}"


def _read() -> dict[str, Refusal]:
    table = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
    return {
        f"{kind}: {case['name']}": Refusal(
            module=(table["sells"] if case.get("sells") else "") + case["module"],
            wrong=case["wrong"],
            right=case["right"],
            message=case["message"],
        )
        for kind in ("alone", "together")
        for case in table[kind]
    }


REFUSALS: Mapping[str, Refusal] = _read()
"""All cases by name; that of a case that looks at several resources begins with `together`."""
