"""The view for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from engine.plan.saved.file import SavedPlan
from engine.ports.outcomes import ApplyReport
from engine.redaction import hide
from engine.views.json.environments import difference_document, promotion_document
from engine.views.json.imports import import_document
from engine.views.json.locks import locks_document
from engine.views.json.overview import fleets_document, overview_document
from engine.views.json.plan import (
    apply_document,
    fleet_plan_document,
    fleet_report_document,
    plan_document,
)
from engine.views.json.problems import (
    explanation_document,
    explanations_document,
    failure_document,
    validation_document,
)
from engine.views.json.states import (
    addresses_document,
    constants_document,
    migration_document,
    moved_document,
    output_document,
    outputs_document,
    rebuilt_document,
    resource_document,
    states_document,
    verified_document,
    versions_document,
)
from engine.views.json.types import field_document, type_document, types_document
from engine.views.json.values import FORMAT_VERSION
from engine.views.style import inert
from engine.views.view import Completion, NewProject, Page, ViewOptions

if TYPE_CHECKING:
    from engine.catalog.help.fields import FieldHelp
    from engine.plan.subscribers.count import SubscribersReport
    from engine.plan.subscribers.moves import Moves
    from engine.plan.subscribers.outcome import MovesReport
    from engine.ports.drift.accepted import AcceptReport
    from engine.ports.drift.report import DriftReport
    from engine.ports.emulated.events import EmulatedEvent
    from engine.ports.review.report import ReviewReport
    from engine.ports.upkeep.diagnosis import Diagnosis
    from engine.ports.upkeep.upgrade import UpgradeReport
    from engine.schema.resource_type import Schemas
    from engine.views.picture.model import Picture


class JsonView:
    """Each page is one document."""

    for_people: ClassVar[bool] = False

    def __init__(self, options: ViewOptions, /) -> None:
        self._ascii = options.ascii

    def written(self, page: Page, /) -> str:
        if isinstance(page, str):
            return inert(page)
        # Hidden before it is encoded, so that it stays a document.
        return inert(json.dumps(hide(page), indent=2, ensure_ascii=self._ascii))

    plan = staticmethod(plan_document)
    fleet_plan = staticmethod(fleet_plan_document)
    fleet_report = staticmethod(fleet_report_document)
    differences = staticmethod(difference_document)
    promoted = staticmethod(promotion_document)
    validated = staticmethod(validation_document)
    verified = staticmethod(verified_document)
    stacks = staticmethod(overview_document)
    fleets = staticmethod(fleets_document)
    error = staticmethod(failure_document)
    states = staticmethod(states_document)
    addresses = staticmethod(addresses_document)
    constants = staticmethod(constants_document)
    resource = staticmethod(resource_document)
    account_import = staticmethod(import_document)
    moved = staticmethod(moved_document)
    outputs = staticmethod(outputs_document)
    output = staticmethod(output_document)
    rebuilt = staticmethod(rebuilt_document)
    locks = staticmethod(locks_document)
    versions = staticmethod(versions_document)
    migration = staticmethod(migration_document)
    types = staticmethod(types_document)
    type = staticmethod(type_document)
    explanation = staticmethod(explanation_document)
    explanations = staticmethod(explanations_document)

    def field(self, help: FieldHelp, _: Schemas, /) -> Page:
        return field_document(help)

    def picture(self, picture: Picture, language: str, /) -> Page:
        from engine.views.json.picture import picture_document

        return picture_document(picture)

    def drift(self, report: DriftReport, /) -> Page:
        from engine.views.json.drift import drift_document

        return drift_document(report)

    def diagnosis(self, diagnosis: Diagnosis, /) -> Page:
        from engine.views.json.upkeep.diagnosis import diagnosis_document

        return diagnosis_document(diagnosis)

    def upgrade(self, report: UpgradeReport, /) -> Page:
        from engine.views.json.upkeep.upgrade import upgrade_document

        return upgrade_document(report)

    def accepted(self, report: AcceptReport, /) -> Page:
        from engine.views.json.drift import accepted_document

        return accepted_document(report)

    def subscribers(self, report: SubscribersReport, /) -> Page:
        from engine.views.json.subscribers.who import subscribers_document

        return subscribers_document(report)

    def moves(self, moves: Moves, /) -> Page:
        from engine.views.json.subscribers.moves import moves_document

        return moves_document(moves)

    def moves_applied(self, report: MovesReport, /) -> Page:
        from engine.views.json.subscribers.moves import moved_document

        return moved_document(report)

    def reviewed(self, report: ReviewReport, /) -> Page:
        from engine.views.json.review import review_document

        return review_document(report)

    def saved_plan(self, saved: SavedPlan, /) -> Page:
        return plan_document(saved.report())

    def applied(self, report: ApplyReport, operation: str, /) -> Page:
        return apply_document(report)

    def completion(self, done: Completion, /) -> Page:
        return {
            "format_version": FORMAT_VERSION,
            "shell": done.shell,
            "script": done.script,
            "file": str(done.file) if done.file is not None else None,
            "change": done.change,
        }

    def schemas(self) -> Page:
        from engine.views.json.schemas.documents import schemas_document

        return schemas_document()

    def project(self, project: NewProject, /) -> Page:
        return {
            "format_version": FORMAT_VERSION,
            "folder": str(project.root),
            "made": [file.path for file in project.files if file.made],
            "left": [file.path for file in project.files if not file.made],
            "environment": {
                "name": project.environment.name,
                "embedded": project.environment.emulator,
                "livemode": project.environment.livemode,
            },
        }

    def emulated_events(self, events: Sequence[EmulatedEvent], /) -> Page:
        from engine.views.json.emulated_events.events import emulated_events_document

        return emulated_events_document(events)

    def serving(self, url: str, /) -> Page:
        # In one line: who waits for the server reads a line.
        return json.dumps({"format_version": FORMAT_VERSION, "url": url})
