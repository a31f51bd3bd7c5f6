"""Words for names: from any text to what a logical name or a variable may hold."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from itertools import count
from urllib.parse import urlsplit

import engine

LONGEST = 60
"""Length at which a name is cut, at the end of a word."""

_SIGNS = {"&": " and ", "+": " plus ", "%": " percent ", "@": " at ", "'": "", "\u2019": ""}
# Unicode names a letter by its sound, more or less: `CYRILLIC SMALL LETTER SHCHA`.
_LETTER = re.compile(
    r"(LATIN|GREEK|CYRILLIC|HIRAGANA|KATAKANA) (?:SMALL )?(?:LETTER|LIGATURE) "
    r"(?:SMALL |SHORT |FINAL |DOTLESS |UKRAINIAN |BYELORUSSIAN-UKRAINIAN )?([A-Z]+).*"
)
_SOUNDS = {
    **dict.fromkeys(("HARD", "SOFT"), ""),
    "IE": "e",
    "GHE": "g",
    "YERU": "y",
    "THETA": "th",
    "PHI": "f",
    "CHI": "ch",
    "PSI": "ps",
    "THORN": "th",
    "ETH": "d",
}
_LONG_VOWEL = "\u30fc"
_NOT_NAME = re.compile(r"[^a-z0-9]+")
# What Stripe makes up: eight letters and digits without any order.
_GENERATED = re.compile(
    r"(?=.{8}$)(?:[A-Z0-9]*\d+[A-Z]+\d+[A-Z0-9]*|[A-Z]+\d+[A-Z]+[A-Z0-9]*"
    r"|(?=.*[a-z])(?=.*\d)(?=.*[A-Z])[A-Za-z0-9]+)"
)
_HOW_OFTEN = {"day": "daily", "week": "weekly", "month": "monthly", "year": "yearly"}
_QUARTER = ("month", 3)
_UNFIT_FOR_VARIABLE = {
    *keyword.kwlist,
    *keyword.softkwlist,
    *dir(builtins),
    *engine.__all__,
    "l",
    "default",
}


def how_often(interval: str, number: object) -> str:
    """How often something comes round, as a person says it."""
    if number in (None, 1):
        return _HOW_OFTEN.get(interval, slug(interval))
    return "quarterly" if (interval, number) == _QUARTER else f"{number}-{slug(interval)}s"


def slug(text: str) -> str:
    """A text as words of small letters and digits, with hyphens; empty if none is in it."""
    for sign, word in _SIGNS.items():
        text = text.replace(sign, word)
    plain = unicodedata.normalize("NFKC", text.casefold())
    spelled = "".join(map(_sound, plain))
    return cut(_NOT_NAME.sub("-", spelled).strip("-"))


def _sound(sign: str) -> str:
    """What a sign adds to a word; a hyphen where it ends one."""
    if sign.isascii():
        return sign
    if unicodedata.combining(sign) or sign == _LONG_VOWEL:
        return ""
    found = _LETTER.fullmatch(unicodedata.name(sign, ""))
    if found is None:
        return "-"
    script, sound = found[1], found[2]
    if sound not in _SOUNDS and script == "GREEK":
        return sound[0].lower()
    if script == "CYRILLIC":
        # A consonant is called with a vowel: `PE`, `EL`.
        short = re.sub(r"^E(?=[^AEIOUY])|(?<=[^AEIOUY])[AE]$", "", sound)
        return _SOUNDS.get(sound, short.lower())
    return _SOUNDS.get(sound, sound.lower())


def cut(name: str, longest: int = LONGEST) -> str:
    """A name that is not too long, cut at the end of a word."""
    if len(name) <= longest:
        return name
    head = name[: longest + 1].rpartition("-")[0]
    return head or name[:longest]


def joined(words: Iterable[str]) -> str:
    """One name of several; what the name ends with already is not added again."""
    name = ""
    for word in words:
        if word and not f"-{name}".endswith(f"-{word}"):
            name = f"{name}-{word}" if name else word
    return name


def holds(name: str, part: str) -> bool:
    """Whether the words of a name hold those of another one, in their order."""
    return f"-{part}-" in f"-{name}-"


def is_generated(key: str, prefix: str) -> bool:
    """Whether a key looks like one that Stripe made, and no person chose."""
    if prefix and re.fullmatch(rf"{re.escape(prefix)}[A-Za-z0-9]{{14,}}", key):
        return True
    return _GENERATED.fullmatch(key) is not None


def of_url(text: str) -> str:
    """Host and path of a URL as a name; empty if the text is none."""
    if not re.match(r"https?://", text):
        return ""
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    return slug(f"{(parts.hostname or '').removeprefix('www.')} {parts.path}")


def of_text(text: str) -> str:
    """A text as a name: of a URL, its host and path."""
    return of_url(text) or slug(text)


def kebab(face: str) -> str:
    """The name of an authoring class as a name, `PortalConfiguration` as `portal-configuration`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", face).lower()


class NameBook:
    """The names of one module: each means one thing, but loops may share the names of columns."""

    def __init__(self) -> None:
        self._fixed: set[str] = set()
        self._shared: dict[str, str] = {}

    def fixed(self, names: Iterable[str]) -> str:
        """The first name that is free; it is then taken. If none is, the last one with a number."""
        found = next(
            name
            for name in _numbered(names)
            if name not in self._fixed and name not in self._shared
        )
        self._fixed.add(found)
        return found

    def shared(self, names: Iterable[str], type: str, besides: Collection[str] = ()) -> str:
        """The first name that is free, or that another loop has for values of the same type."""
        found = next(
            name
            for name in _numbered(names)
            if name not in self._fixed
            and name not in besides
            and self._shared.get(name, type) == type
        )
        self._shared[found] = type
        return found


def _numbered(names: Iterable[str]) -> Iterator[str]:
    """Names that can be variables, then the last of all with numbers."""
    last = ""
    for last in names:
        if last.isidentifier() and last not in _UNFIT_FOR_VARIABLE:
            yield last
    yield from (f"{last}_{number}" for number in count(2))


def variable_names(name: str, kind: str) -> list[str]:
    """Names for the variable of what has a logical name, best first.

    Args:
        name: The logical name.
        kind: What it is, in one word: its authoring class, its stack.
    """
    plain, kind = (re.sub(r"[^a-z0-9]+", "_", one).strip("_") for one in (name, kebab(kind)))
    return [plain, f"{plain}_{kind}", f"{kind}_{plain}"]


def kind_word(face: str) -> str:
    """What one thing of a type is called in code: `portal_configuration`."""
    return kebab(face).replace("-", "_")


def plural(word: str) -> str:
    """Several of what a word means."""
    return f"{word[:-1]}ies" if re.search(r"[^aeiou]y$", word) else f"{word.removesuffix('s')}s"
