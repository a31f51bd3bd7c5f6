"""Writes `engine --help` down for the usual widths, so that telling it needs no command tree.

    python -m engine.cli.kept_help

A developer's tool: a test compares what is kept with what the command tree says.
"""

from __future__ import annotations

from pathlib import Path

import click

from engine.cli.main import KEPT_WIDTHS, kept_at
from engine.cli.root import engine


def render(width: int) -> str:
    """The help as the command tree writes it for a text width."""
    settings = {**engine.context_settings, "terminal_width": width}
    context = click.Context(engine, info_name="engine", **settings)
    return f"{engine.get_help(context)}\n"


def main() -> None:
    """Write the help down."""
    for width in KEPT_WIDTHS:
        Path(kept_at(width)).write_text(render(width), encoding="utf-8")


if __name__ == "__main__":
    main()
