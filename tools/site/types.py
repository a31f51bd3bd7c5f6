"""The list of all types that can be declared, each a link to its page."""

from __future__ import annotations

from engine.catalog import loader
from engine.schema.resource_type import ResourceType


def types_page() -> str:
    """The first page of `reference/types`."""
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


def _row(kind: ResourceType) -> str:
    return f"| [`{kind.name}`]({kind.name}.md) | `{kind.face}` | {kind.title} |"
