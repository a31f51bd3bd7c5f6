"""The view for comments of pull requests and job summaries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from engine.errors import EngineError
from engine.plan.model import PlanReport
from engine.ports.outcomes import ApplyReport
from engine.redaction import hide
from engine.state.model import State
from engine.views.style import PLAIN, visible
from engine.views.text.problems import error_text
from engine.views.text.view import TextView
from engine.views.view import Page, ViewOptions

if TYPE_CHECKING:
    from engine.plan.environments.model import Promotion
    from engine.plan.saved.file import SavedPlan


class MarkdownView:
    """Each page is Markdown as GitHub and GitLab show it."""

    for_people: ClassVar[bool] = False

    def __init__(self, options: ViewOptions, /) -> None:
        self._text = TextView(ViewOptions(style=PLAIN, verbose=options.verbose))

    def written(self, page: Page, /) -> str:
        return visible(str(hide(page)))

    def error(self, error: EngineError, /) -> Page:
        return _fenced(error_text(error, PLAIN))

    def plan(self, report: PlanReport, /) -> Page:
        return _fenced(self._text.plan(report))

    def saved_plan(self, saved: SavedPlan, /) -> Page:
        return _fenced(self._text.saved_plan(saved))

    def applied(self, report: ApplyReport, operation: str, /) -> Page:
        return _fenced(self._text.applied(report, operation))

    def promoted(self, promotion: Promotion, /) -> Page:
        return _fenced(self._text.promoted(promotion))

    def states(self, environment: str, states: Sequence[State], /) -> Page:
        return _fenced(self._text.states(environment, states))


def _fenced(page: Page) -> str:
    """A text as a block of code, which no line of it can end."""
    text = "\n".join(f"    {line}" for line in str(page).split("\n"))
    return f"\n{text}\n"
