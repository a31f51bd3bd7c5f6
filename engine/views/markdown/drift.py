"""What drifted as Markdown, for an issue."""

from __future__ import annotations

from engine.ports.drift.report import DriftReport
from engine.schema.resource_type import Schemas
from engine.views.markdown import inline
from engine.views.markdown.page import Section, page
from engine.views.style import PLAIN
from engine.views.text.drift import drift_text


def drift_markdown(report: DriftReport, schemas: Schemas) -> str:
    """Write what was changed on Stripe since the last applies, and the ways out."""
    account, *blocks, conclusion = drift_text(report, schemas, PLAIN).split("\n\n")
    first, *more = conclusion.splitlines()
    place = inline.words(account).replace("LIVE MODE", "**LIVE MODE**")
    return page(
        "\n\n".join([f"### {inline.words(first)}", place, *map(inline.words, more)]),
        [Section(title="", entries=blocks, noun="objects", code="text")],
        where=f"`engine drift -e {report.environment}` shows all of it",
    )
