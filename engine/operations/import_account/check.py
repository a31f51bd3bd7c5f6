"""Check what is to be written before it is: load it, plan it, and plan its states once more.

The text itself is evaluated, by what evaluates every stack, and the states are those that are
stored. Each leaf that a plan would change is named.
"""

from __future__ import annotations

import dataclasses
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.address import ADDRESS_PATTERN
from engine.errors import EngineError, Problem, StackError
from engine.frozen import frozen
from engine.graph.build import ResourceGraph
from engine.operations.import_account.declare import DeclaredStack
from engine.operations.modules import Modules
from engine.operations.run.context import Context
from engine.operations.run.record_existing import as_declared
from engine.operations.run.session import Session
from engine.operations.validate import evaluate
from engine.plan.compare.field_changes import list_at
from engine.plan.decide.references import is_certain
from engine.plan.declared import declared_digest
from engine.plan.inputs.observed import Observed
from engine.plan.inputs.options import PlanOptions
from engine.plan.inputs.ownership import ObjectKey
from engine.plan.model import Action, Change, FieldChange, Plan
from engine.plan.planner import make_plan
from engine.plan.translate.recorded import referred_attributes
from engine.ports.reports import IgnoredLeaf, Refused
from engine.schema.resource_type import Schemas
from engine.source.writer import module_text
from engine.stack.model import Import
from engine.state.model import State, new_state
from engine.values.markers import ABSENT
from engine.values.paths import dotted

_FOLDER = "stacks"
_ADDRESS = re.compile(rf"\b{ADDRESS_PATTERN}")


@frozen
class Checked:
    """What the check of some stacks found.

    Attributes:
        texts: The text of each module, by stack.
        states: The state of each stack, in the order of the stacks; none if a text is refused.
        differing: Leaves that a plan would change, with their objects.
        refused: Objects whose declarations are refused, or are no declarations of theirs.
    """

    texts: Mapping[str, str]
    states: tuple[State, ...] = ()
    differing: tuple[tuple[ObjectKey, IgnoredLeaf], ...] = ()
    refused: tuple[Refused, ...] = ()


def check(session: Session, stacks: Sequence[DeclaredStack], *, plain: bool) -> Checked:
    """Load the texts of some stacks from a folder of their own, and plan them.

    Args:
        session: The run, with the account.
        stacks: What is declared, each stack after those that it reads.
        plain: One call for each resource.
    """
    schemas = session.context.schemas
    texts = {stack.module.name: module_text(stack.module, schemas, plain=plain) for stack in stacks}
    with tempfile.TemporaryDirectory(prefix="engine-import-") as folder:
        context = _elsewhere(session.context, Path(folder), texts)
        try:
            graphs = evaluate(context, tuple(texts), recorded=False)
        except StackError as error:
            if not plain:
                # Where each resource has lines of its own, a finding shows whose it is.
                return dataclasses.replace(check(session, stacks, plain=True), texts=texts)
            return Checked(texts=texts, refused=tuple(_refused(context, stacks, error)))
    declared = {stack.module.name: stack for stack in stacks}
    trials = [_Trial(session, graph, declared[graph.stack.name]) for graph in graphs]
    return Checked(
        texts=texts,
        states=tuple(trial.state for trial in trials),
        differing=tuple(
            (key, leaf) for trial in trials for (key, _), leaf in trial.differing.items()
        ),
        refused=tuple(one for trial in trials for one in trial.refused),
    )


def _elsewhere(context: Context, root: Path, texts: Mapping[str, str]) -> Context:
    """The same project in another folder, with some more modules.

    The other modules are there too: the new ones may look into their outputs.
    """
    there = context.settings.stacks
    if there.is_dir():
        shutil.copytree(there, root / _FOLDER, ignore=_no_code, symlinks=False)
    (root / _FOLDER).mkdir(exist_ok=True)
    for name, text in texts.items():
        (root / _FOLDER / f"{name}.py").write_text(text, encoding="utf-8")
    return dataclasses.replace(
        context, settings=dataclasses.replace(context.settings, root=root.resolve())
    )


def _no_code(folder: str, names: Sequence[str]) -> list[str]:
    """What is no code, or no file."""
    return [
        name
        for name in names
        if not (path := Path(folder, name)).is_dir()
        and not (name.endswith(".py") and path.is_file())
    ]


def _refused(
    context: Context, stacks: Sequence[DeclaredStack], error: StackError
) -> Iterator[Refused]:
    """Whose declarations the findings are about."""
    modules = Modules(context)
    for stack in stacks:
        file = f"{_FOLDER}/{stack.module.name}.py"
        found = [problem for problem in error.problems if problem.file == file]
        lines: dict[int, list[str]] = {}
        for address, one in modules.stack(stack.module.name).declarations.items() if found else ():
            lines.setdefault(one.location.line, []).append(address)
        for problem in found:
            for address in _named(problem, stack, lines):
                known = stack.objects.get(address)
                key = known[0] if known else ObjectKey(address.partition(".")[0], "", "")
                yield Refused(
                    key=key, address=address, reason=problem.message.removeprefix(f"{address}: ")
                )


def _named(
    problem: Problem, stack: DeclaredStack, lines: Mapping[int, Sequence[str]]
) -> Sequence[str]:
    """The resources that a finding is about: that it begins with, at its line, or in its text."""
    named = [one for one in _ADDRESS.findall(problem.message) if one in stack.addresses]
    if named and problem.message.startswith(f"{named[0]}:"):
        return named[:1]
    at_line = [address for address in lines.get(problem.line, ()) if address in stack.addresses]
    found = at_line or list(dict.fromkeys(named))
    if not found:
        raise _written_wrong(stack.module.name, str(problem))
    return found


def _written_wrong(stack: str, why: str) -> EngineError:
    return EngineError(
        f"the code for {stack} is wrong: {why}",
        hint="this is a bug in engine; nothing was written",
    )


class _Trial:
    """One stack, planned against the states that it would have."""

    def __init__(self, session: Session, graph: ResourceGraph, declared: DeclaredStack) -> None:
        self._session, self._graph, self._declared = session, graph, declared
        self._schemas: Schemas = session.context.schemas
        self._outputs = session.outputs_read_by(graph)
        self.differing: dict[tuple[ObjectKey, str], IgnoredLeaf] = {}
        self.refused: list[Refused] = []
        if graph.declarations.keys() != declared.addresses:
            other = min(declared.addresses.symmetric_difference(graph.declarations))
            raise _written_wrong(
                graph.stack.name, f"{other} is in the text or in the account alone"
            )
        self.state = self._recorded()
        session.states[self.state.stack] = self.state
        for refreshed in (True, False):
            plan = self._plan(self.state, graph, refreshed=refreshed)
            if refreshed:
                known = {
                    entry.name: entry.after
                    for entry in plan.outputs
                    if entry.after is not ABSENT and is_certain(entry.after)
                }
                # What has no object yet is not applied.
                applied = "" if declared.new else declared_digest(graph)
                self.state = dataclasses.replace(
                    self.state, outputs=known, reads=plan.reads, applied=applied
                )
                session.states[self.state.stack] = self.state
            self._note(change for change in plan.changes if change.action is not Action.NO_OP)

    @property
    def _account(self) -> str:
        account = self._session.account
        return account.id if account is not None else ""

    def _recorded(self) -> State:
        """The state with every resource recorded, as an import records one."""
        context, account = self._session.context, self._session.account
        graph, objects = self._graph, self._declared.objects
        state = dataclasses.replace(
            new_state(graph.stack.name, context.environment, context.new_id()),
            serial=1,
            account_id=self._account,
            livemode=account.livemode if account is not None else None,
            api_version=context.api_version,
            engine_version=context.engine_version,
        )
        imports = {
            address: Import(address=one.address, id=objects[address][0].id, location=one.location)
            for address, one in graph.declarations.items()
            if address in objects
        }
        importing = dataclasses.replace(
            graph, stack=dataclasses.replace(graph.stack, imports=imports)
        )
        plan = self._plan(state, importing, refreshed=True, importing=True)
        referred = referred_attributes(graph, self._schemas)
        resources = {}
        for change in plan.changes:
            if str(change.address) in self._declared.new:
                continue
            resources[str(change.address)] = as_declared(
                self._schemas,
                graph,
                change,
                objects[str(change.address)][1],
                lineage=state.lineage,
                outputs=self._outputs,
                others=graph.declarations.keys(),
                referred=referred,
            )
        self._note(plan.changes)
        return dataclasses.replace(state, resources=resources)

    def _plan(
        self, state: State, graph: ResourceGraph, *, refreshed: bool, importing: bool = False
    ) -> Plan:
        objects = {address: entry for address, (_, entry) in self._declared.objects.items()}
        ids = {address: key.id for address, (key, _) in self._declared.objects.items()}
        observed = Observed(
            refreshed=refreshed,
            account=self._account,
            objects={} if importing else objects,
            imports=objects if importing else {},
            import_ids=ids if importing else {},
            outputs=self._outputs,
        )
        return make_plan(graph, state, observed, self._schemas, PlanOptions(refresh=refreshed))

    def _note(self, changes: Iterator[Change] | Sequence[Change]) -> None:
        """Note what a plan would change; what is no leaf takes the resource out."""
        for change in changes:
            address = str(change.address)
            if address in self._declared.new:
                continue  # the next apply creates it
            key, _ = self._declared.objects[address]
            fields = change.fields
            for one in fields:
                leaf = self._leaf(address, one)
                self.differing.setdefault((key, leaf.path), leaf)  # later plans follow from it
            if not fields and change.action not in (Action.NO_OP, Action.IMPORT):
                self.refused.append(Refused(key=key, address=address, reason=_why(change.action)))

    def _leaf(self, address: str, change: FieldChange) -> IgnoredLeaf:
        kind = self._schemas[address.partition(".")[0]]
        return IgnoredLeaf(
            stack=self.state_name,
            address=address,
            path=dotted(list_at(kind.root, change.path) or change.path),
            code=_shown(change.after, change),
            actual=_shown(change.before, change),
        )

    @property
    def state_name(self) -> str:
        """The name of the stack."""
        return self._graph.stack.name


def _why(action: Action) -> str:
    """Why a resource is taken out that a plan would change as a whole."""
    if action is Action.REVIVE:
        return "it is disabled, which no parameter declares: the next apply would revive it"
    return f"the next apply would {action.value} it"


def _shown(value: Any, change: FieldChange) -> Any:
    """A value that may be shown."""
    if change.sensitive:
        return "(sensitive)"
    return None if value is ABSENT else value
