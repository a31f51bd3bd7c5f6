"""Writing what is accepted: the modules, then the states; or neither."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping, Sequence

from engine.errors import StackError, StateError, UsageError
from engine.graph.build import ResourceGraph
from engine.operations.drift.leaves import Wanted
from engine.operations.plan import plan_session
from engine.operations.run.session import Session
from engine.operations.validate import load_graphs
from engine.plan.compare.normalize import Normalizer
from engine.plan.inputs.options import PlanOptions
from engine.plan.model import Action, Change, Plan
from engine.plan.translate.recorded import as_accepted, referred_attributes
from engine.source.edit.files import SourceFile
from engine.state.model import State
from engine.values.paths import dotted


def commit(
    session: Session,
    wanted: Sequence[Wanted],
    files: Mapping[str, SourceFile],
    texts: Mapping[str, str],
    before: Mapping[str, Plan],
) -> dict[str, int]:
    """Write the modules, check what they plan, and write the states; or leave all as it was.

    Args:
        session: One that has planned the stacks.
        wanted: What is accepted of each.
        files: Their modules as they were evaluated, by stack.
        texts: What the modules are to be, by stack.
        before: The plans of the stacks.

    Returns:
        The serials of the states, by stack.

    Raises:
        EngineError: if that cannot be done; the modules are as they were.
    """
    by_name = {one.name: one for one in wanted}
    with contextlib.ExitStack() as edits:
        for name in by_name:
            if name in files and texts[name] != files[name].text:
                edits.enter_context(_edited(files[name], texts[name]))
        try:
            session.graphs = load_graphs(session.context, tuple(by_name))
        except StackError as error:
            raise StateError(
                "the edit was undone: with it, the stacks have problems",
                cause="\n".join(map(str, error.problems)),
            ) from error
        for graph in session.graphs:
            name = graph.stack.name
            session.states[name] = _followed(session, by_name[name], graph)
        for plan in plan_session(session, PlanOptions()).plans:
            _check(plan, before[plan.stack], by_name[plan.stack])
        return {name: session.save(session.states[name]).serial for name in by_name}


@contextlib.contextmanager
def _edited(file: SourceFile, text: str) -> Iterator[None]:
    """Give a module another text, and put it back if what follows goes wrong.

    Raises:
        UsageError: if it is not as it was read, or cannot be written.
    """
    if not file.is_as_read:
        raise UsageError(
            f"{file.path} was changed while its stack was planned",
            hint="nothing was written; run the command again",
        )
    try:
        content = text.encode(file.encoding)
        file.replace(content)
    except (OSError, UnicodeEncodeError) as error:
        raise UsageError(
            f"{file.path} cannot be written", cause=str(error), hint="nothing was changed"
        ) from error
    try:
        yield
    except BaseException:
        if file.path.read_bytes() == content:  # as long as it is ours
            file.replace(file.content)
        raise


def _followed(session: Session, wanted: Wanted, graph: ResourceGraph) -> State:
    """The state with what was accepted as declared and seen."""
    state, schemas = session.states[wanted.name], session.context.schemas
    normal = Normalizer(state.lineage)
    referred = referred_attributes(graph, schemas)
    resources = {
        address: entry for address, entry in state.resources.items() if address not in wanted.gone
    }
    for address in dict.fromkeys(leaf.address for leaf in wanted.leaves):
        actual = session.observed[wanted.name].objects[address]
        paths = tuple(leaf.path for leaf in wanted.leaves if leaf.address == address)
        left = {leaf.around for leaf in wanted.drifted[address].leaves} - set(paths)
        entry = as_accepted(
            normal,
            schemas[state.resources[address].type],
            state.resources[address],
            normal.seal(graph.declarations[address].arguments),
            actual or {},
            referred.get(address, set()),
            paths,
            tuple(left),
        )
        needs = tuple(need for need in graph.needs(address) if need in resources)
        resources[address] = dataclasses.replace(entry, dependencies=needs)
    for address, entry in resources.items():
        if not set(entry.dependencies).isdisjoint(wanted.gone):
            kept = tuple(need for need in entry.dependencies if need not in wanted.gone)
            resources[address] = dataclasses.replace(entry, dependencies=kept)
    return dataclasses.replace(state, resources=resources)


def _check(plan: Plan, before: Plan, wanted: Wanted) -> None:
    """Refuse an edit after which a plan has what was accepted, or what it did not have.

    Raises:
        StateError: if it has.
    """
    paths = {(leaf.address, leaf.path) for leaf in wanted.leaves}
    earlier = {change.address: change for change in before.pending}
    for change in plan.pending:
        differing = [field.path for field in change.fields]
        for path in differing:
            for length in range(1, len(path) + 1):
                if (change.address, path[:length]) in paths:
                    raise _undone(plan, change, f"still changes {dotted(path)} of {change.address}")
        # What is left of an earlier change may be no more than an update.
        same = earlier.get(change.address)
        known = {field.path for field in same.fields} if same is not None else set()
        actions = (Action.UPDATE, same.action) if same is not None else ()
        if change.action not in actions or not known.issuperset(differing):
            raise _undone(plan, change, f"would {change.action.value} {change.address}")
    new = [refusal for refusal in plan.refusals if refusal not in before.refusals]
    if new:
        raise StateError("the edit was undone: a plan would be refused", cause=new[0])


def _undone(plan: Plan, change: Change, what: str) -> StateError:
    return StateError(
        f"the edit was undone: with it, a plan of {plan.stack} {what}",
        hint=f"edit {change.line or change.address} by hand, then run engine plan {plan.stack}",
    )
