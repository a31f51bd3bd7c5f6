"""What a linter would say of text that an account holds, and that no author can write otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterable

from engine.source.python.literals import LONGEST_LINE, columns_of

# Letters with accents, and what is above all scripts: pictures. The rest may look like ASCII.
_TYPICAL = re.compile(
    r"[\x00-\x7f\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u0130\u0132-\u017e\U0001f300-\U0010ffff]*"
)
_FOUND = {
    "S104": re.compile(r"""["'](?:0\.0\.0\.0|::)["']"""),
    "S106": re.compile(r"\b\w*(?:pass|pwd|secret|token)\w*=[\"'(]", re.IGNORECASE),
    "S108": re.compile(r"""["']/(?:tmp|var/tmp|dev/shm)\b"""),
}


def exemptions(lines: Iterable[str]) -> list[str]:
    """The comment that exempts a module from what its text breaks; empty if it breaks nothing.

    Where the text may break a rule, the rule is named, and so is the one that finds exemptions
    which are not needed.
    """
    found: set[str] = set()
    for line in lines:
        if sum(map(columns_of, line)) > LONGEST_LINE:
            found.add("E501")
        if not _TYPICAL.fullmatch(line):
            found |= {"RUF002"} if line.startswith('"""') else {"RUF001"}
            found |= {"RUF003"} if "# " in line else set()
        found |= {code for code, pattern in _FOUND.items() if pattern.search(line)}
    return [f"# ruff: noqa: {', '.join(sorted({*found, 'RUF100'}))}"] if found else []
