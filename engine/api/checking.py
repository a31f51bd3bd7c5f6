"""Find what is wrong with the stacks, and what was changed outside of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import field
from typing import Any

from engine.api.events import OnEvent
from engine.api.failures import readable_problem
from engine.api.project import Project
from engine.api.records import ByAddress, shown_value
from engine.errors import Problem, StackError
from engine.frozen import frozen
from engine.operations.drift.drift import drift_of_stacks
from engine.operations.validate import validate_stacks
from engine.plan.drifted import Drifted
from engine.policies.plan import SECRET
from engine.ports.drift.report import DriftReport
from engine.values.markers import ABSENT
from engine.values.paths import dotted
from engine.views.formats import view_of
from engine.views.style import PLAIN
from engine.views.view import ViewOptions


def validate(project: Project, stacks: Collection[str] = ()) -> tuple[Problem, ...]:
    """Everything that is wrong with stacks, each with file and line; none if nothing is.

    No request is sent and no key is needed.

    Args:
        project: The project.
        stacks: Names of stacks; none means all.

    Raises:
        EngineError: if they cannot be checked: the configuration cannot be used, there is no such
            stack.
    """
    with project.opened() as context:
        try:
            validate_stacks(context, (stacks,) if isinstance(stacks, str) else tuple(stacks))
        except StackError as error:
            return tuple(map(readable_problem, error.problems))
    return ()


@frozen
class DriftedField:
    """One field that was changed outside of the code; `SECRET` is in the place of a secret.

    Attributes:
        path: Where it is, `recurring.interval`.
        declared: What the code declares; None if nothing, `UNKNOWN` if only an apply can tell.
        prior: What the last apply left; None if nothing.
        actual: What Stripe has; None if nothing.
    """

    path: str
    declared: Any
    prior: Any
    actual: Any


@frozen
class DriftedResource:
    """One object that was changed outside of the code.

    Attributes:
        stack: Its stack.
        address: The resource.
        type: Its resource type.
        id: Stripe's id.
        kind: What happened: `deleted`, `archived`, `revived` or `changed`.
        paths: The fields that differ, by path; none of an object that is deleted.
        location: Where it is declared; empty if it no longer is.
        account: Connected account that it is on; empty for the key's own.
    """

    stack: str
    address: str
    type: str
    id: str
    kind: str
    paths: Mapping[str, DriftedField] = field(default_factory=dict)
    location: str = ""
    account: str = ""


class Drift:
    """What was changed on Stripe since the last applies.

    Attributes:
        environment: Name of the environment.
        account: The account of the key; empty if Stripe does not return it.
        drifted: What was changed, by address.
    """

    def __init__(self, report: DriftReport) -> None:
        """Made by `drift`."""
        self.environment: str = report.environment
        self.account: str = report.account_id
        self.drifted: ByAddress[DriftedResource] = ByAddress(
            (
                (one.stack, str(entry.address), _maker(one.stack, entry))
                for one in report.stacks
                for entry in one.drifted
            ),
            "has not drifted",
        )
        self._report = report

    def __repr__(self) -> str:
        return f"<Drift of {self.environment}: {len(self.drifted)} resources>"

    def text(self, *, verbose: bool = False) -> str:
        """The drift as `engine drift` writes it, without colours."""
        view = view_of("text")(ViewOptions(style=PLAIN, verbose=verbose))
        return view.written(view.drift(self._report))


def drift(
    project: Project,
    stacks: Collection[str] = (),
    *,
    lock_timeout: float = 0.0,
    on_event: OnEvent | None = None,
) -> Drift:
    """What was changed on Stripe since the last apply. Nothing is changed.

    Args:
        project: The project.
        stacks: Names of stacks; none means all, those without a module too.
        lock_timeout: Seconds to wait for another run.
        on_event: Called with each event.

    Raises:
        EngineError: if the stacks cannot be compared with Stripe.
    """
    names = (stacks,) if isinstance(stacks, str) else tuple(stacks)
    with project.opened(on_event) as context:
        return Drift(drift_of_stacks(context, names, lock_timeout=lock_timeout))


def _maker(stack: str, entry: Drifted) -> Any:
    return lambda: DriftedResource(
        stack=stack,
        address=str(entry.address),
        type=entry.type,
        id=entry.id,
        kind=entry.kind.value,
        paths={
            dotted(leaf.path): DriftedField(
                path=dotted(leaf.path),
                declared=_shown(leaf.code, sensitive=leaf.sensitive),
                prior=_shown(leaf.applied, sensitive=leaf.sensitive),
                actual=_shown(leaf.actual, sensitive=leaf.sensitive),
            )
            for leaf in entry.leaves
        },
        location=entry.line,
        account=entry.account,
    )


def _shown(value: Any, *, sensitive: bool) -> Any:
    return SECRET if sensitive and value is not ABSENT else shown_value(value)
