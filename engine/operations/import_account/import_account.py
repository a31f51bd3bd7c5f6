"""`engine import --all`: import what is on an account and no stack of the project manages."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

from engine.errors import EngineError, GuardError
from engine.frozen import frozen
from engine.operations.import_account import owned
from engine.operations.import_account.check import Checked, check
from engine.operations.import_account.choose import Choice
from engine.operations.import_account.declare import DeclaredStack, Declarer
from engine.operations.import_account.origins.keep import (
    declared_already,
    keep_secrets,
    refuse_strangers,
)
from engine.operations.import_account.origins.origin import Origin
from engine.operations.import_account.origins.source import Source
from engine.operations.import_account.owned import Owned
from engine.operations.import_account.stacks import DEFAULT, check_name, free_names, names_in_use
from engine.operations.import_account.survey import Survey, needed_by, types_of
from engine.operations.import_account.wanted import Wanted
from engine.operations.run.context import Context
from engine.operations.run.guards import check_usable, refuse_held
from engine.operations.run.interrupt import stoppable
from engine.operations.run.opening import report_waiting
from engine.operations.run.pending_imports import (
    check_modules_writable,
    finish_import,
    finish_imports,
)
from engine.operations.run.session import Session
from engine.plan.inputs.ownership import ObjectKey
from engine.ports.reports import (
    AccountImport,
    IgnoredLeaf,
    ImportedStack,
    Refused,
)
from engine.schema.remote import RemoteObject
from engine.stack.loader import stack_files
from engine.state.pending_import import PendingImport

_ROUNDS = 10
"""How often declarations are written again; each round leaves out or ignores something more."""


@frozen
class ImportOptions:
    """What the person asked for.

    Attributes:
        types: Types that were named; empty for all that are configuration.
        stack: Name of the one stack to write; empty for the default one.
        split: Write a stack for each area.
        inactive: Import archived objects too.
        match: Pattern of the objects to import; empty for all.
        plain: One call for each resource.
        source: The file of another tool that names the objects; None for what is on the account.
        lock_timeout: Seconds to wait for another run.
    """

    types: tuple[str, ...] = ()
    stack: str = ""
    split: bool = False
    inactive: bool = False
    match: str = ""
    plain: bool = False
    source: Source | None = None
    lock_timeout: float = 0.0


def import_account(
    context: Context, options: ImportOptions, approve: Callable[[AccountImport], bool]
) -> AccountImport:
    """Write modules and states for what is on the account; nothing is written to Stripe.

    Args:
        context: The run's ports.
        options: What the person asked for.
        approve: Called once with what would be written, if that is anything.

    Returns:
        What was found and written.

    Raises:
        UsageError: if the stack cannot have that name.
        GuardError: if the key belongs to another account or mode than the environment says.
        NotFoundError: if the account has none of the objects that another tool names.
        SecretSinkError: if a secret that it knows cannot be kept.
        ProviderError: if Stripe cannot be reached, or refuses to list a type that was named.
        StateError: if a state of the project cannot be read, or one cannot be written.
        LockHeldError: if another run works on a stack of that name.
    """
    check_name(options.stack or DEFAULT)
    check_usable(context.settings.environment)
    refuse_held(context, (options.stack or DEFAULT,))
    finished = finish_imports(context)
    session = Session(context)
    account = session.check_account()
    have = owned.read(session)
    choice, origin = _chosen(session, options, have)
    draft = _Draft(session, options, have, choice, origin)
    draft.settle()
    report = AccountImport(
        environment=context.environment,
        embedded=context.settings.environment.emulator,
        account_id=account.id,
        livemode=account.livemode,
        server=context.settings.environment.server,
        found=sum(map(len, choice.survey.found.values())),
        stacks=tuple(draft.written()),
        left=choice.left_out(),
        refused=(*draft.refused.values(), *draft.refused_new.values()),
        unread=tuple(choice.survey.unread.values()),
        ignored=tuple(draft.ignored.values()),
        unknown=tuple(unknown for stack in draft.stacks for unknown in stack.unknown),
        notes=_notes(context, origin, choice) if origin is not None else (),
        without_state=_without_state(context),
        requests=session.requests,
        finished=finished,
    )
    if not report.stacks or not approve(report):
        return report
    _commit(session, draft, options, origin)
    return dataclasses.replace(report, written=True)


def _without_state(context: Context) -> tuple[str, ...]:
    """Stacks that were never applied here: what they declare may be on the account already."""
    applied = context.backend.stacks(context.environment)
    return tuple(name for name in stack_files(context.settings.stacks) if name not in applied)


# ── what is on the account ────────────────────────────────────────────────────────────────


def _chosen(session: Session, options: ImportOptions, have: Owned) -> tuple[Choice, Origin | None]:
    context, origin = session.context, None
    survey = Survey(session.provider, context.schemas, context.hook, options.types)
    types = types_of(context.schemas, options.types)
    choice = Choice(
        survey=survey,
        types=types,
        owned=have.is_owned,
        known_lineages=have.lineages,
        now=context.clock(),
        inactive=options.inactive,
        match=options.match,
    )
    context.hook.surveying()
    try:
        if options.source is not None:
            origin = options.source.origin(survey, have.owner).only(options.types)
            by_type: dict[str, set[str]] = {}
            for key in origin.wanted.objects:
                by_type.setdefault(key.type, set()).add(key.id)
            choice.choose_only(by_type)
            refuse_strangers(origin, survey.found, session.account)
        else:
            owners = {name for one in types for name in needed_by(context.schemas[one])}
            survey.lists(sorted({*types, *owners}))
            choice.choose()
    finally:
        context.hook.surveyed()
    return choice, origin


def _notes(context: Context, origin: Origin, choice: Choice) -> tuple[str, ...]:
    """What a person should know of the file, the most important first."""
    twice = declared_already(context, origin.wanted)
    return (*twice, *origin.gone(choice.survey.found), *origin.lines())


# ── what is written for it ────────────────────────────────────────────────────────────────


class _Draft:
    """The stacks to write, changed until a plan of them is empty.

    Attributes:
        stacks: What is declared.
        checked: The texts and states for it.
        refused: Objects that were taken out, by what identifies them.
        refused_new: What is not declared although another tool makes it, by address.
        ignored: Leaves that were put under `ignore_changes`.
    """

    def __init__(
        self,
        session: Session,
        options: ImportOptions,
        have: Owned,
        choice: Choice,
        origin: Origin | None,
    ) -> None:
        self._session, self._options = session, options
        self._objects: dict[ObjectKey, RemoteObject] = {
            ObjectKey(name, "", id): entry
            for name, objects in choice.taken.items()
            for id, entry in objects.items()
        }
        schemas = session.context.schemas
        wanted = origin.wanted if origin is not None else Wanted()
        types = {key.type for key in self._objects} | {one.type for one in wanted.declared}
        areas = sorted({schemas[name].stack for name in types})
        names = areas if options.split else [options.stack or DEFAULT]
        free = free_names(names, names_in_use(session.context))
        self._declarer = Declarer(
            schemas=schemas,
            stack_of=lambda name: free[schemas[name].stack if options.split else names[0]],
            elsewhere=have.elsewhere,
            now=session.context.clock(),
            wanted=wanted,
        )
        self.stacks: tuple[DeclaredStack, ...] = ()
        self.checked = Checked(texts={})
        self.refused: dict[ObjectKey, Refused] = {}
        self.refused_new: dict[str, Refused] = {}
        self.ignored: dict[tuple[ObjectKey, str], IgnoredLeaf] = {}

    def settle(self) -> None:
        """Write, check, and write again what a plan would change or a check refuses."""
        for _ in range(_ROUNDS):
            kept = {key: entry for key, entry in self._objects.items() if key not in self.refused}
            self.stacks = self._declarer.declare(kept)
            if not self.stacks:
                return
            self.checked = check(self._session, self.stacks, plain=self._options.plain)
            if not self.checked.refused and not self.checked.differing:
                return
            self._give_in(self.checked)
        raise EngineError(
            "no code was found for what is on the account such that a plan is empty: "
            f"{', '.join(leaf.address for _, leaf in self.checked.differing[:3])}",
            hint="this is a bug in engine; nothing was written",
        )

    def _give_in(self, checked: Checked) -> None:
        for refused in checked.refused:
            if refused.key.id:
                self.refused[refused.key] = refused
            else:
                self.refused_new[refused.address] = refused
                self._declarer.refused.add(refused.address)
        for key, leaf in checked.differing:
            if (key, leaf.path) in self.ignored:
                reason = f"{leaf.path} would be changed by every plan"
                self.refused[key] = Refused(key=key, address=leaf.address, reason=reason)
                continue
            self.ignored[key, leaf.path] = leaf
            reasons = self._declarer.ignored.setdefault(key, {})
            reasons[leaf.path] = f"a plan would change {leaf.actual!r}"

    def written(self) -> Iterator[ImportedStack]:
        """The stacks as people read of them."""
        schemas = self._session.context.schemas
        for stack in self.stacks:
            name = stack.module.name
            objects = {address: key for address, (key, _) in stack.objects.items()}
            yield ImportedStack(
                name=name,
                file=f"stacks/{name}.py",
                text=self.checked.texts[name],
                objects=objects,
                titles=Counter(schemas[key.type].title for key in objects.values()),
                new=tuple(sorted(stack.new)),
            )


# ── writing it ────────────────────────────────────────────────────────────────────────────


def _commit(session: Session, draft: _Draft, options: ImportOptions, origin: Origin | None) -> None:
    """Write the stacks, each whole or not at all, after one more look at what is owned.

    A signal is heeded once a stack is whole.
    """
    context = session.context
    backend, environment = context.backend, context.environment
    names = [state.stack for state in draft.checked.states]
    refuse_held(context, names)
    with ExitStack() as locks:
        for name in sorted(names):
            locks.enter_context(
                backend.lock(
                    name,
                    environment,
                    operation="import",
                    timeout=options.lock_timeout,
                    on_wait=report_waiting(context, name),
                )
            )
        _refuse_changes(session, draft, names)
        for name in names:
            backend.check_writable(name, environment)
        check_modules_writable(context)
        stop = locks.enter_context(stoppable(context.hook.stopping))
        for state in draft.checked.states:
            if origin is not None:
                state = keep_secrets(context, state, origin.wanted)  # noqa: PLW2901
            pending = PendingImport(state=state, module=draft.checked.texts[state.stack])
            backend.begin_import(pending)
            finish_import(context, pending)
            if stop.is_set():
                raise KeyboardInterrupt


def _refuse_changes(session: Session, draft: _Draft, names: Sequence[str]) -> None:
    """Refuse to write what another run has taken while this one read and asked."""
    context = session.context
    have = owned.read(session.anew())
    taken = sorted(names_in_use(context).intersection(names))
    objects = [key for stack in draft.stacks for key, _ in stack.objects.values()]
    twice = [key.id for key in objects if have.is_owned(key)]
    if taken or twice:
        what = f"stack {taken[0]}" if taken else twice[0]
        raise GuardError(
            f"{what} was taken by another run while this one was at work",
            hint="run the command again; nothing was written",
        )
