"""What each format writes: one method for each thing that a command shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeAlias

from engine.errors import EngineError, Problem
from engine.frozen import frozen
from engine.plan.model import PlanReport
from engine.ports.held_locks import HeldLock
from engine.ports.history import Version
from engine.ports.outcomes import ApplyReport
from engine.ports.run_locks import RunLock
from engine.schema.resource_type import ResourceType, Schemas
from engine.settings.model import Environment
from engine.stack.model import Stack
from engine.state.model import State
from engine.views.style import WIDTH, Style

if TYPE_CHECKING:
    from engine.catalog.help.fields import FieldHelp
    from engine.plan.environments.model import EnvironmentsDifference, Promotion
    from engine.plan.saved.file import SavedPlan
    from engine.plan.subscribers.count import SubscribersReport
    from engine.plan.subscribers.moves import Moves
    from engine.plan.subscribers.outcome import MovesReport
    from engine.ports.drift.accepted import AcceptReport
    from engine.ports.drift.report import DriftReport
    from engine.ports.emulated.events import EmulatedEvent
    from engine.ports.fleet.listing import ListedFleet
    from engine.ports.fleet.reports import FleetPlan, FleetReport
    from engine.ports.moves import Migration
    from engine.ports.overview import Overview
    from engine.ports.reports import AccountImport, ConstantsFile, Moved, Rebuilt, Verified
    from engine.ports.review.report import ReviewReport
    from engine.ports.upkeep.diagnosis import Diagnosis
    from engine.ports.upkeep.upgrade import UpgradeReport
    from engine.views.picture.model import Picture


Page: TypeAlias = str | Mapping[str, Any]
"""What a view makes of records: a text, or a document. What is empty is not written."""


@frozen
class ViewOptions:
    """How a view writes.

    Attributes:
        style: Decoration of text.
        verbose: Show more.
        compact: Show a line for each change of a plan.
        ascii: The stream takes ASCII only.
        columns: Columns of a line of text.
    """

    style: Style
    verbose: bool = False
    compact: bool = False
    ascii: bool = False
    columns: int = WIDTH


@frozen(kw_only=False)
class ProjectFile:
    """One file of a project that `engine init` begins.

    Attributes:
        path: From the project folder.
        made: It was written or added to; False if it was left as it is.
        why: What it is for, or why it was left.
    """

    path: str
    made: bool
    why: str


@frozen(kw_only=False)
class NewProject:
    """What `engine init` did.

    Attributes:
        root: The project's folder.
        typed: The same as typed; empty for the current one.
        files: What was written, and what was left.
        environment: The environment of the next commands.
    """

    root: Path
    typed: str
    files: tuple[ProjectFile, ...]
    environment: Environment


@frozen
class Completion:
    """The script with which a shell completes words, and what became of it.

    Attributes:
        shell: The name of the shell.
        script: The script.
        file: Where the shell looks for it; None if it was only asked for.
        change: `printed`, `written`, `unchanged`, `removed` or `absent`.
    """

    shell: str
    script: str
    file: Path | None
    change: str


class ReportView(Protocol):
    """The pages that every format has: those that people review, file or publish.

    Attributes:
        for_people: A person reads along: colours, progress, questions and next steps are shown.
    """

    for_people: ClassVar[bool]

    def __init__(self, options: ViewOptions, /) -> None: ...

    def written(self, page: Page, /) -> str:
        """A page as it is written, without the last newline.

        MUST hide the secrets that this process knows, and spell out what a terminal acts on.
        """

    def error(self, error: EngineError, /) -> Page:
        """An error that ended a command without a result. It is on stderr too, as text."""

    def plan(self, report: PlanReport, /) -> Page:
        """What an apply would do."""

    def saved_plan(self, saved: SavedPlan, /) -> Page:
        """The same of a plan file."""

    def applied(self, report: ApplyReport, operation: str, /) -> Page:
        """What an apply did; `operation` is the command's name, `Apply`."""

    def subscribers(self, report: SubscribersReport, /) -> Page:
        """Who is on some prices."""

    def moves(self, moves: Moves, /) -> Page:
        """A plan of moves of subscribers to another price."""

    def moves_applied(self, report: MovesReport, /) -> Page:
        """What became of such moves."""

    def promoted(self, promotion: Promotion, /) -> Page:
        """A plan for one environment, and what will still differ from another after it."""

    def reviewed(self, report: ReviewReport, /) -> Page:
        """What was applied between two commits. What is wrong is on stderr too, as text."""

    def states(self, environment: str, states: Sequence[State], /) -> Page:
        """Whole states."""

    def fleet_plan(self, plan: FleetPlan, /) -> Page:
        """What an apply would do on the accounts of a fleet."""

    def fleet_report(self, report: FleetReport, /) -> Page:
        """What an apply did on the accounts of a fleet."""


class View(ReportView, Protocol):
    """The pages of a format that every command can write."""

    def picture(self, picture: Picture, language: str, /) -> Page:
        """Resources and what they refer to; a text is in DOT, Mermaid or SVG."""

    def drift(self, report: DriftReport, /) -> Page:
        """What was changed on Stripe since the last applies."""

    def differences(self, report: EnvironmentsDifference, /) -> Page:
        """What differs between two environments."""

    def accepted(self, report: AcceptReport, /) -> Page:
        """What was written into stack modules, or why it was not."""

    def validated(self, stacks: Sequence[Stack], problems: Sequence[Problem], /) -> Page:
        """What was found in stacks. The problems are on stderr too, as text."""

    def verified(self, files: Sequence[Verified], /) -> Page:
        """What was found in state files. The problems are on stderr too, as text."""

    def stacks(self, overview: Overview, /) -> Page:
        """The stacks of a project. Why their order is not known is on stderr too, as text."""

    def diagnosis(self, diagnosis: Diagnosis, /) -> Page:
        """What was checked, and what is wrong."""

    def upgrade(self, report: UpgradeReport, /) -> Page:
        """What another API version would change."""

    def fleets(self, fleets: Sequence[ListedFleet], /) -> Page:
        """The fleets of a project, or one of them with its accounts."""

    def addresses(self, environment: str, states: Sequence[State], /) -> Page:
        """The addresses in states."""

    def resource(self, state: State, address: str, /) -> Page:
        """One resource of a state."""

    def account_import(self, report: AccountImport, /) -> Page:
        """What an import of a whole account writes and leaves out."""

    def moved(self, moved: Moved, /) -> Page:
        """What moved from one stack to another."""

    def outputs(self, environment: str, states: Sequence[State], /) -> Page:
        """The outputs of states."""

    def output(self, state: State, name: str, /) -> Page:
        """The value of one output."""

    def constants(self, files: Sequence[ConstantsFile], /) -> Page:
        """The files of constants that were written, or found to be fresh."""

    def rebuilt(self, environment: str, states: Sequence[Rebuilt], /) -> Page:
        """The states that were made again."""

    def versions(self, environment: str, stack: str, versions: Sequence[Version], /) -> Page:
        """The versions of a state, the newest first."""

    def migration(self, migration: Migration, /) -> Page:
        """States that move to another store, or have moved."""

    def locks(self, held: Sequence[HeldLock], runs: Sequence[RunLock], /) -> Page:
        """Every lock."""

    def types(self, schemas: Schemas, others: int, /) -> Page:
        """The types that can be declared, and how many further ones Stripe has."""

    def type(self, kind: ResourceType, schemas: Schemas, /) -> Page:
        """One type."""

    def field(self, help: FieldHelp, schemas: Schemas, /) -> Page:
        """One field of a type."""

    def explanation(self, reference: str, page: str, /) -> Page:
        """What an error means: the page of its reference."""

    def explanations(self, pages: Mapping[str, str], /) -> Page:
        """What each error means, by its reference."""

    def completion(self, done: Completion, /) -> Page:
        """The completion script of a shell, or what became of it."""

    def schemas(self) -> Page:
        """The documents that have a JSON Schema."""

    def project(self, project: NewProject, /) -> Page:
        """A project that was begun."""

    def emulated_events(self, events: Sequence[EmulatedEvent], /) -> Page:
        """Events of an emulated account, the newest first, with what became of them."""

    def serving(self, url: str, /) -> Page:
        """The emulator, which takes connections from now on."""
