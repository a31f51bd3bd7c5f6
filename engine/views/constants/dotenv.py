"""Constants as a dotenv file that each reader of such files reads the same.

The readers are POSIX shells (`set -a; . FILE`), Node (`--env-file`, dotenv), python-dotenv, and
docker, whose `--env-file` knows no quotes: ids are written without any. A value that the readers
do not agree on is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from engine.errors import UsageError
from engine.ports.reports import Constant, StackConstants
from engine.views.constants.identifiers import identifier, refuse_same
from engine.views.constants.words import MARK, about, about_stack
from engine.views.style import inert

_BARE = re.compile(r"[A-Za-z0-9_./:@%+,-]+")
_SEPARATE = re.compile(r"[\\\"$`]")
# python-dotenv reads `\\` and `${` in single quotes too.
_NOT_SINGLE = re.compile(r"'|\\\\|\\\Z|\$\{")


def text_of(stacks: Sequence[StackConstants]) -> str:
    """Write the constants of the stacks of one environment.

    Raises:
        UsageError: for a value that no dotenv file can hold, and for two of one name.
    """
    refuse_same(_names(stacks), "write a file for each stack (--stack), or rename one of them")
    lines = [f"# {MARK}"]
    seen: set[str] = set()
    for stack in stacks:
        lines += ["", f"# {about_stack(stack)}"]
        for constant in stack.constants:
            if constant.name not in seen:
                seen.add(constant.name)
                lines += _lines(stack.stack, constant)
    return "\n".join(lines) + "\n"


def _names(stacks: Sequence[StackConstants]) -> Iterator[tuple[str, str]]:
    for stack in stacks:
        for constant in stack.constants:
            # Two stacks may offer one value under one name, as where one passes it on.
            yield identifier(constant.name), f"{constant.name} ({_text(constant.value)[:40]})"
            if constant.former:
                yield f"{identifier(constant.name)}_FORMER", f"what {constant.name} replaced"


def _lines(stack: str, constant: Constant) -> Iterator[str]:
    name = identifier(constant.name)
    if constant.address:
        yield f"# {about(constant)}"
    yield f"{name}={_quoted(_text(constant.value), f'{stack}: {constant.name}')}"
    if constant.former:
        yield f"{name}_FORMER={_quoted(','.join(constant.former), f'{stack}: {name}_FORMER')}"


def _text(value: object) -> str:
    """A value as text: what is no text is JSON, spelled so that single quotes can hold it."""
    if isinstance(value, str):
        return value
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return text.replace("'", "\\u0027").replace("\\\\", "\\u005c").replace("${", "\\u0024{")


def _quoted(text: str, owner: str) -> str:
    if _BARE.fullmatch(text) or not text:
        return text
    odd = inert(text) != text  # control characters, but for new lines and tabs
    if not odd and not _NOT_SINGLE.search(text):
        return f"'{text}'"
    if not odd and not _SEPARATE.search(text):
        return f'"{text}"'
    raise UsageError(
        f"no dotenv file can hold {owner}, so that all programs read the same",
        cause='They understand these differently: a single quote together with one of " $ ` \\, '
        "or '${', or two backslashes, or a control character.",
        hint="use --format json, or make it a list of one text: that is written as JSON",
    )
