"""The pages of types: the list of all, and each as lists that fit on a phone.

A page in the repository is what `engine types TYPE` prints, as text. Here it is read again: fields
below fields become lists in lists.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from functools import cache

from engine.catalog import loader
from engine.schema.resource_type import ResourceType

_BLOCK = re.compile(r"^```text\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_FIELD = re.compile(r"  (?P<indent> *)(?P<name>\S+)(?: {2,}(?P<kind>.+?))?(?: {2,}(?P<about>.+))?")
_REFERENCE = re.compile(r"(\S+) id$")
_RETURNED = "Returned by Stripe, to refer to: "
FOLDER = "reference/types/"
FIRST = f"{FOLDER}index.md"


def types_page() -> str:
    """The first page of the types: a line for each."""
    rows = [_row(kind) for _, kind in sorted(loader.schemas().items())]
    return "\n".join(
        (
            "# Types",
            "",
            "What can be declared. `engine types` prints this list, `engine types TYPE` a page.",
            "",
            "| type | class | what it is |",
            "|---|---|---|",
            *rows,
            "",
        )
    )


def with_fields(markdown: str) -> str:
    """The page of a type with its text as paragraphs and lists."""
    return _BLOCK.sub(lambda block: "\n\n".join(_parts(block[1])), markdown)


def _row(kind: ResourceType) -> str:
    return f"| [`{kind.name}`]({kind.name}.md) | `{kind.face}` | {kind.title} |"


def _parts(text: str) -> Iterator[str]:
    """What a type is, its example, its fields, and the sections after those."""
    first, _, rest = text.partition("\n\n")
    example, _, rest = rest.partition("\n\nFields\n")
    fields, _, sections = rest.partition("\n\n")
    name, _, title = first.partition(": ")
    what, _, face = title.rpartition(" ")
    yield f"`{name}`: {what} `{face}`."
    yield f"```python\n{textwrap.dedent(example).strip()}\n```"
    yield "## Fields"
    yield "\n".join(map(_field, fields.strip("\n").split("\n")))
    for section in sections.strip("\n").split("\n\n"):
        if section.startswith(_RETURNED):
            names = section.removeprefix(_RETURNED).split(", ")
            yield "Returned by Stripe, to refer to: " + ", ".join(map(_coded, names))
            continue
        title, *lines = section.split("\n")
        yield f"## {title}"
        if title == "Import":
            yield "```sh\n" + textwrap.dedent("\n".join(lines)) + "\n```"
        else:
            yield "\n".join(f"* {line.strip()}" for line in lines)


def _field(line: str) -> str:
    """One field, deeper if it is one of a field above."""
    found = _FIELD.fullmatch(line.rstrip())
    if found is None or found["kind"] is None:
        return line.strip()
    depth = len(found["indent"]) // 2
    about = f": {found['about']}" if found["about"] else ""
    return f"{'    ' * depth}* `{found['name']}` {_kind(found['kind'])}{about}"


def _kind(kind: str) -> str:
    """A kind; what refers to a type that can be declared is a link to its page."""
    reference = _REFERENCE.search(kind)
    if reference is None or reference[1] not in _by_object():
        return kind
    return f"{kind[: reference.start()]}[{reference[0]}]({_by_object()[reference[1]]}.md)"


def _coded(name: str) -> str:
    word, blank, remark = name.partition(" ")
    return f"`{word}`{blank}{remark}"


@cache
def _by_object() -> Mapping[str, str]:
    return {kind.object: name for name, kind in loader.schemas().items()}
