"""What all formats of constants say of one, in words that are harmless in each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from engine.address import parse_address
from engine.catalog import loader
from engine.ports.reports import Constant, StackConstants
from engine.views.brief.differences import currencies_of
from engine.views.brief.phrase import phrase
from engine.views.style import inert

MARK = "Written by engine output, from the states: do not edit."
"""How a file of constants begins; only such a file is written anew."""
_MOST_CHARACTERS = 60
_SPACES = re.compile(r"\s+")


def about(constant: Constant) -> str:
    """What a constant is, in one line: `Pro monthly, $29.00 a month`."""
    if not constant.address:
        return f"Output {constant.name}"
    return ", ".join(_parts(constant))


def _parts(constant: Constant) -> Iterator[str]:
    name = parse_address(constant.address).name
    title = name.replace("-", " ").replace("_", " ").capitalize()
    yield title
    label = one_line(constant.label)
    if label and label.casefold() != title.casefold():
        yield f"'{label}'"
    kind = loader.schemas().get(constant.type)
    if kind is not None:
        said = phrase(kind, constant.attributes, lists=True)
        yield from ([inert(said, " "), *currencies_of(kind, constant.attributes)] if said else [])
    if constant.account:
        yield f"on account {constant.account}"


def about_each(constants: Iterable[tuple[str, Constant]]) -> str:
    """What a constant is in several environments: once, if it is the same in all.

    Args:
        constants: Environment and constant.
    """
    words = {environment: about(constant) for environment, constant in constants}
    if len(set(words.values())) == 1:
        return next(iter(words.values()))
    return "; ".join(f"{environment}: {text}" for environment, text in words.items())


def one_line(text: str) -> str:
    """A text of an account as part of a line: short, and without what is not seen."""
    line = inert(_SPACES.sub(" ", text), " ").strip()
    return line if len(line) <= _MOST_CHARACTERS else f"{line[: _MOST_CHARACTERS - 1]}…"


def about_stack(stack: StackConstants) -> str:
    """Which account the constants of a stack are on."""
    mode = {True: ", live mode", False: ", test mode", None: ""}[stack.livemode]
    account = f": account {stack.account_id}{mode}" if stack.account_id else ""
    return f"Stack {stack.stack} in environment {stack.environment}{account}"


def names_by_id(stacks: Sequence[StackConstants]) -> dict[str, str]:
    """The constant of each id that is or was a resource's; without ids that are of several.

    Of an id that is also an output, the constant of the resource.
    """
    found: dict[str, set[str]] = {}
    for stack in stacks:
        for constant in stack.constants:
            if constant.address and not constant.is_output:
                for id in (str(constant.value), *constant.former):
                    found.setdefault(id, set()).add(constant.name)
    return {id: next(iter(names)) for id, names in sorted(found.items()) if len(names) == 1}
