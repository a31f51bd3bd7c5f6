"""URLs of one site: its address is written once, as a constant."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from engine.source.python.literals import Code, Text
from engine.source.words import NameBook, of_url

OFTEN = 3
"""How many texts have to be of a site for a constant to be worth it."""

_SITE = re.compile(r"https?://[A-Za-z0-9.:-]+(?=[/?#]|$)")


def sites_in(texts: Iterable[Text], names: NameBook) -> dict[str, str]:
    """Constants for the sites that are in several texts, by site; the first is the most common.

    Args:
        texts: All texts of a module.
        names: The names that are taken.
    """
    found = Counter(site for text in texts if (site := _site(text)))
    constants: dict[str, str] = {}
    for site, count in found.most_common():
        if count >= OFTEN:
            host = of_url(site).replace("-", "_").upper()
            own = [host, f"SITE_{host}"]
            constants[site] = names.fixed(own if constants else ["SITE", *own])
    return constants


def with_sites(text: Text, names: Mapping[str, str]) -> Text:
    """A text with the constant of its site in the place of the site."""
    site = _site(text)
    if site not in names:
        return text
    rest = str(text.parts[0])[len(site) :]
    return Text((Code(names[site]), *([rest] if rest else []), *text.parts[1:]))


def _site(text: Text) -> str:
    first = text.parts[0] if text.parts else ""
    match = _SITE.match(first) if isinstance(first, str) else None
    # What follows may be part of the name of the host.
    if match is None or (match.end() == len(str(first)) and len(text.parts) > 1):
        return ""
    return match[0]
