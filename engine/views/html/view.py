"""The view for people who open a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

import htpy as h

from engine.catalog import loader
from engine.errors import EngineError
from engine.plan.model import PlanReport
from engine.ports.outcomes import ApplyReport
from engine.state.model import State
from engine.views.html import parts
from engine.views.html.applied import applied_page
from engine.views.html.document import document
from engine.views.html.plan import plan_page, saved_plan_page
from engine.views.html.problems import error_page
from engine.views.html.states import states_page
from engine.views.style import PLAIN
from engine.views.view import Page, ViewOptions

if TYPE_CHECKING:
    from engine.plan.environments.model import Promotion
    from engine.plan.saved.file import SavedPlan
    from engine.plan.subscribers.count import SubscribersReport
    from engine.plan.subscribers.moves import Moves
    from engine.plan.subscribers.outcome import MovesReport
    from engine.ports.fleet.reports import FleetPlan, FleetReport
    from engine.ports.review.report import ReviewReport


class HtmlView:
    """Each page is a whole HTML document that asks for nothing else."""

    for_people: ClassVar[bool] = False

    def __init__(self, options: ViewOptions, /) -> None:
        self._ascii = options.ascii

    def written(self, page: Page, /) -> str:
        if not isinstance(page, Mapping):
            page = parts.page("engine", h.main[h.pre[page]])
        return document(page, ascii=self._ascii)

    def error(self, error: EngineError, /) -> Page:
        return error_page(error)

    def plan(self, report: PlanReport, /) -> Page:
        return plan_page(report, loader.schemas())

    def saved_plan(self, saved: SavedPlan, /) -> Page:
        return saved_plan_page(saved, loader.schemas())

    def applied(self, report: ApplyReport, operation: str, /) -> Page:
        if not report.plan.has_changes:
            return self.plan(report.plan)
        return applied_page(report, loader.schemas(), operation)

    def promoted(self, promotion: Promotion, /) -> Page:
        from engine.views.text.environments import remaining_text

        left = h.pre[remaining_text(promotion, PLAIN)]
        more = parts.panel("What still differs", left, name="differences")
        return plan_page(promotion.report, loader.schemas(), source=promotion.source, more=more)

    def subscribers(self, report: SubscribersReport, /) -> Page:
        from engine.views.text.subscribers.who import subscribers_text

        return parts.page("Subscribers", h.main[h.pre[subscribers_text(report, PLAIN)]])

    def moves(self, moves: Moves, /) -> Page:
        from engine.views.text.subscribers.moves import moves_text

        return parts.page("Moves of subscribers", h.main[h.pre[moves_text(moves, PLAIN)]])

    def moves_applied(self, report: MovesReport, /) -> Page:
        from engine.views.text.subscribers.outcome import moved_text

        return parts.page("Moves of subscribers", h.main[h.pre[moved_text(report, PLAIN)]])

    def reviewed(self, report: ReviewReport, /) -> Page:
        from engine.views.html.review import review_page

        return review_page(report, loader.schemas())

    def fleet_plan(self, plan: FleetPlan, /) -> Page:
        from engine.views.html.fleet import fleet_plan_page

        return fleet_plan_page(plan, loader.schemas())

    def fleet_report(self, report: FleetReport, /) -> Page:
        from engine.views.html.fleet import fleet_report_page

        return fleet_report_page(report)

    def states(self, environment: str, states: Sequence[State], /) -> Page:
        return states_page(environment, states, loader.schemas())
