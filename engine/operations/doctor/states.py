"""Checks of the states: their store, locks, and what runs have not finished."""

from __future__ import annotations

from collections.abc import Iterator

from engine.errors import EngineError, StateError
from engine.operations.doctor.patient import NotCheckedError, Patient
from engine.operations.run.context import Context
from engine.operations.run.guards import check_pinned
from engine.plan.subscribers.file import is_moves_name
from engine.ports.held_locks import HeldLock
from engine.ports.run_locks import RunLock
from engine.ports.upkeep.diagnosis import Finding, note, of_error, ok, problem, warning
from engine.stack.loader import stack_files
from engine.state.model import State


def store(patient: Patient) -> Iterator[Finding]:
    """Where states are kept, and whether they could be written and locked there."""
    context = patient.context.needed()
    place = patient.backend.get().address
    if context.settings.state == "file":
        yield ok(f"states are files in {place}, which can be written and locked")
    else:
        yield ok(f"states are in {place}, which answers and passed its test")


def states(patient: Patient) -> Iterator[Finding]:
    """Whether the states can be read, and are of the account and the API version of this run."""
    context = patient.context.needed()
    backend = patient.backend.needed()
    names = backend.stacks(context.environment)
    if not names:
        yield note(f"there are no states of {context.environment} yet: nothing was applied")
        return
    read = 0
    for name in names:
        try:
            state = backend.read(name, context.environment)
        except StateError as error:
            yield of_error(error)
            continue
        if state is not None:
            read += 1
            yield from _state(patient, context, state)
    if read:
        yield ok(f"states of {context.environment} that can be read: {read}")


def _state(patient: Patient, context: Context, state: State) -> Iterator[Finding]:
    spoken = context.api_version
    if state.api_version and state.api_version != spoken:
        yield note(
            f"the state of {state.stack} is of API version {state.api_version}, and this engine "
            f"speaks {spoken}",
            "engine upgrade shows what is different",
        )
    if state.merged:
        yield note(
            f"the state of {state.stack} was merged from two",
            "the next engine plan compares all of it with Stripe",
        )
    try:
        account = patient.account.needed()
    except NotCheckedError:
        return
    try:
        check_pinned(state, account, context.settings.environment.api_key_source)
    except EngineError as error:
        yield of_error(error)


def private(patient: Patient) -> Iterator[Finding]:
    """Whether secrets and journals would be published together with the states."""
    exposed = patient.context.needed().backend.exposed()
    for one in exposed:
        yield warning(f"{one.file}: {one.message}", one.hint)
    if not exposed:
        yield ok("no secret and no journal is published together with them")


def repository(patient: Patient) -> Iterator[Finding]:
    """Whether the project is in a repository."""
    return iter(patient.git.needed().repository())


def merging(patient: Patient) -> Iterator[Finding]:
    """Whether states are merged by resource."""
    return iter(patient.git.needed().merging())


def committed(patient: Patient) -> Iterator[Finding]:
    """Whether the states are in the last commit, as they are."""
    stacks = patient.backend.needed().stacks(patient.context.needed().environment)
    return iter(patient.git.needed().committed(stacks))


def locks(patient: Patient) -> Iterator[Finding]:
    """Locks that a person holds, and runs that are at work."""
    context, backend = patient.context.needed(), patient.backend.needed()
    places = context.settings.environment.lock_places
    held = [lock for place in places for lock in backend.held_locks(place)]
    for lock in held:
        yield _held(lock)
    runs = _runs(context)
    for run in runs:
        if not run.owner.gone:
            yield _at_work(run)
    if not held and all(run.owner.gone for run in runs):
        yield ok("nothing is locked")


def _runs(context: Context) -> list[RunLock]:
    return [one for one in context.backend.run_locks() if one.environment == context.environment]


def _held(lock: HeldLock) -> Finding:
    return problem(str(lock), f"when that is over: engine lock {lock.place} --release")


def _at_work(run: RunLock) -> Finding:
    return problem(
        f"a run works on {run.environment}/{run.stack}: {run.owner}",
        f"wait for it; if it is gone: engine unlock {run.owner.id}",
    )


def unfinished(patient: Patient) -> Iterator[Finding]:
    """Journals of runs, and imports, that have not finished."""
    context, backend = patient.context.needed(), patient.backend.needed()
    kept = backend.moves.kept(context.environment)
    names = sorted({*kept, *stack_files(context.settings.stacks)})
    at_work = {run.stack for run in _runs(context) if not run.owner.gone}
    clean = True
    for name in names:
        if name in at_work:
            continue
        if is_moves_name(name):
            yield note(
                f"the plan of moves {context.environment}/{name} was not carried out whole, so "
                "that what was done of it is kept; engine apply FILE, with the file of that plan, "
                "goes on"
            )
        elif backend.read_journal(name, context.environment):
            clean = False
            yield warning(
                f"a run on {context.environment}/{name} has not finished",
                "the next engine plan or apply finishes what it left, and says so",
            )
    for name in backend.pending_imports(context.environment):
        clean = False
        yield warning(
            f"an import of {context.environment}/{name} has not finished",
            "the next engine plan finishes it, and says so",
        )
    if clean:
        yield ok("no run and no import was left unfinished")
