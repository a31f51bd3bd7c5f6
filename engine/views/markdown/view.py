"""The view for comments of pull requests and job summaries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from engine.catalog import loader
from engine.errors import EngineError
from engine.plan.model import PlanReport
from engine.ports.outcomes import ApplyReport
from engine.redaction import hide
from engine.state.model import State
from engine.views.markdown import inline
from engine.views.markdown.page import Section, page
from engine.views.markdown.plan import plan_markdown
from engine.views.markdown.results import applied_markdown, error_markdown, states_markdown
from engine.views.style import PLAIN, visible
from engine.views.view import Page, ViewOptions

if TYPE_CHECKING:
    from engine.plan.environments.model import Promotion
    from engine.plan.saved.file import SavedPlan
    from engine.plan.subscribers.count import SubscribersReport
    from engine.plan.subscribers.moves import Moves
    from engine.plan.subscribers.outcome import MovesReport
    from engine.ports.fleet.reports import FleetPlan, FleetReport
    from engine.ports.review.report import ReviewReport


class MarkdownView:
    """Each page is Markdown as GitHub and GitLab show it."""

    for_people: ClassVar[bool] = False

    def __init__(self, _: ViewOptions, /) -> None: ...

    def written(self, page: Page, /) -> str:
        return visible(str(hide(page)))

    def error(self, error: EngineError, /) -> Page:
        return error_markdown(error)

    def plan(self, report: PlanReport, /) -> Page:
        return plan_markdown(report, loader.schemas())

    def saved_plan(self, saved: SavedPlan, /) -> Page:
        return plan_markdown(saved.report(), loader.schemas())

    def applied(self, report: ApplyReport, operation: str, /) -> Page:
        if not report.plan.has_changes:
            return self.plan(report.plan)
        return applied_markdown(report, operation, loader.schemas())

    def promoted(self, promotion: Promotion, /) -> Page:
        from engine.views.text.environments import remaining_text

        rest = remaining_text(promotion, PLAIN).split("\n")
        title = f"After this: {inline.in_html(promotion.source)} and this environment"
        left = Section(title=title, entries=rest, noun="lines", code="text", folded=True)
        return page(str(self.plan(promotion.report)), [left], where="`engine diff` shows it")

    def subscribers(self, report: SubscribersReport, /) -> Page:
        from engine.views.text.subscribers.who import subscribers_text

        return _as_text(subscribers_text(report, PLAIN))

    def moves(self, moves: Moves, /) -> Page:
        from engine.views.text.subscribers.moves import moves_text

        return _as_text(moves_text(moves, PLAIN))

    def moves_applied(self, report: MovesReport, /) -> Page:
        from engine.views.text.subscribers.outcome import moved_text

        return _as_text(moved_text(report, PLAIN))

    def reviewed(self, report: ReviewReport, /) -> Page:
        from engine.views.markdown.review import review_markdown

        return review_markdown(report, loader.schemas())

    def fleet_plan(self, plan: FleetPlan, /) -> Page:
        from engine.views.markdown.fleet import fleet_plan_markdown

        return fleet_plan_markdown(plan, loader.schemas())

    def fleet_report(self, report: FleetReport, /) -> Page:
        from engine.views.markdown.fleet import fleet_report_markdown

        return fleet_report_markdown(report)

    def states(self, environment: str, states: Sequence[State], /) -> Page:
        return states_markdown(environment, states, loader.schemas())


def _as_text(text: str) -> str:
    """A page that is a text, with its last line as its head."""
    rest, _, last = text.rpartition("\n\n")
    section = Section(title="", entries=rest.split("\n"), noun="lines", code="text")
    return page(f"**{inline.words(last)}**", [section], where="`engine show FILE` shows it")
