"""`engine drift --accept`: write what Stripe has into the code, and let the states follow.

All that is asked for is accepted, or nothing is. After the edit the module is evaluated and planned
again: the leaves must be in no plan, and nothing else may be in it that was not before. Otherwise
the files are as they were.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.errors import UsageError
from engine.graph.build import ResourceGraph
from engine.operations.drift.commit import commit
from engine.operations.drift.leaves import Accepting, Asked, Leaf, Wanted, is_deleted
from engine.operations.plan import plan_session
from engine.operations.run.context import Context
from engine.operations.run.opening import open_session
from engine.operations.run.session import Session
from engine.operations.validate import load_graphs
from engine.plan.drifted import Drifted, find_drifted
from engine.plan.inputs.options import PlanOptions
from engine.ports.drift.accepted import AcceptedLeaf, AcceptReport, NotAccepted
from engine.source.edit.files import SourceFile
from engine.source.edit.literals import literal
from engine.source.edit.module import Edited, edit_module
from engine.source.edit.request import CannotEdit, LeafEdit, Removal, Site
from engine.stack.loader import stack_files
from engine.suggest import nearest
from engine.values.markers import ABSENT
from engine.values.paths import Path as LeafPath
from engine.values.paths import dotted


def accept_drift(
    context: Context,
    names: Sequence[str],
    asked: Sequence[Asked],
    *,
    width: int,
    lock_timeout: float = 0.0,
) -> AcceptReport:
    """Write what Stripe has into the modules, and record it in the states.

    Args:
        context: The run's ports.
        names: Stacks that declare what is asked for; none means any.
        asked: What to accept.
        width: How long lines of the modules may be.
        lock_timeout: Seconds to wait for another run.

    Raises:
        UsageError: if no stack declares an address.
        StackError: if the stacks have problems.
        LockHeldError: if another run works on one of them, or one has a held lock.
        StateError: if a state cannot be trusted or written.
        GuardError: if the key belongs to another account or mode.
        ProviderError: if Stripe refuses or cannot be reached.
    """
    files = dict(_read(context))
    graphs = _declaring(load_graphs(context, names), asked)
    with open_session(
        context, graphs, operation="drift --accept", lock_timeout=lock_timeout
    ) as session:
        before = {plan.stack: plan for plan in plan_session(session, PlanOptions()).plans}
        refused: list[NotAccepted] = []
        wanted = [_wanted(session, graph, asked, refused) for graph in graphs]
        edits: dict[str, Edited] = {}
        for one in wanted:
            edits[one.name] = _edited(session, one, files.get(one.name), width, refused)
        accepted = tuple(leaf for one in wanted for leaf in _accepted(one, refused))
        serials: dict[str, int] = {}
        if not refused:
            texts = {name: edit.text for name, edit in edits.items()}
            serials = commit(session, wanted, files, texts, before)
        return AcceptReport(
            environment=context.environment,
            accepted=accepted,
            refused=tuple(refused),
            serials=serials,
        )


def _read(context: Context) -> Iterator[tuple[str, SourceFile]]:
    """The modules as they are before they are evaluated, by stack."""
    for name, path in stack_files(context.settings.stacks).items():
        with contextlib.suppress(OSError, SyntaxError, UnicodeDecodeError):
            yield name, SourceFile.read(path)


def _declaring(
    graphs: tuple[ResourceGraph, ...], asked: Sequence[Asked]
) -> tuple[ResourceGraph, ...]:
    """The stacks that declare what is asked for."""
    chosen: dict[str, ResourceGraph] = {}
    for one in asked:
        found = [
            graph
            for graph in graphs
            if one.address in graph.declarations and one.stack in ("", graph.stack.name)
        ]
        if len(found) > 1:
            stacks = " and ".join(graph.stack.name for graph in found)
            raise UsageError(
                f"stacks {stacks} declare {one.address}",
                hint=f"name the one that is meant: --accept {found[0].stack.name}:{one}",
            )
        if not found:
            raise _not_declared(graphs, one)
        chosen[found[0].stack.name] = found[0]
    return tuple(graph for graph in graphs if graph.stack.name in chosen)


def _not_declared(graphs: tuple[ResourceGraph, ...], asked: Asked) -> UsageError:
    others = [graph.stack.name for graph in graphs if asked.address in graph.declarations]
    if others:
        hint = f"stack {others[0]} does: --accept {others[0]}:{asked}"
        return UsageError(f"no stack {asked.stack} declares {asked.address}", hint=hint)
    known = [address for graph in graphs for address in graph.declarations]
    near = nearest(asked.address, known)
    return UsageError(
        f"no stack declares {asked.address}",
        hint=f"did you mean {near}?" if near else "engine drift lists what can be accepted",
    )


# ── what is asked for ─────────────────────────────────────────────────────────────────────


def _wanted(
    session: Session, graph: ResourceGraph, asked: Sequence[Asked], refused: list[NotAccepted]
) -> Wanted:
    """What is to be accepted of a stack; what cannot be is added to the refusals."""
    name = graph.stack.name
    accepting = Accepting(session, name)
    state, schemas = session.states[name], session.context.schemas
    found = find_drifted(graph, session.prior[name], session.observed[name], schemas)
    drifted: dict[str, Drifted] = {one.address: one for one in found}
    leaves: dict[tuple[str, LeafPath], Leaf] = {}
    gone: dict[str, None] = {}
    for one in asked:
        if one.address not in graph.declarations or one.stack not in ("", name):
            continue
        entry = drifted.get(one.address)
        if entry is None or state.at(one.address) is None:
            refused.append(_nothing(graph, one))
        elif is_deleted(entry):
            gone[one.address] = None
        else:
            meant = list(accepting.leaves(entry, one))
            leaves.update({(leaf.address, leaf.path): leaf for leaf in meant})
            if not meant:
                refused.append(_nothing(graph, one))
    wanted = Wanted(graph=graph, drifted=drifted, leaves=tuple(leaves.values()), gone=tuple(gone))
    refused += [
        _refusal(graph, leaf.address, leaf.path, *leaf.why_not)
        for leaf in wanted.leaves
        if leaf.why_not is not None
    ]
    return wanted


def _nothing(graph: ResourceGraph, asked: Asked) -> NotAccepted:
    why = "Stripe has what the last apply left"
    refusal = _refusal(graph, asked.address, (), why, "engine drift shows what differs")
    return dataclasses.replace(refusal, place=str(asked))


def _refusal(
    graph: ResourceGraph, address: str, path: LeafPath, why: str, by_hand: str, line: int = 0
) -> NotAccepted:
    location = graph.declarations[address].location
    return NotAccepted(
        stack=graph.stack.name,
        place=_place(address, path),
        file=location.file,
        line=line or location.line,
        why=why,
        by_hand=by_hand,
    )


def _place(address: str, path: LeafPath) -> str:
    return f"{address}.{dotted(path)}" if path else address


def _accepted(wanted: Wanted, refused: Sequence[NotAccepted]) -> Iterator[AcceptedLeaf]:
    """What can be accepted of a stack."""
    name, file = wanted.name, wanted.graph.stack.file
    not_these = {one.place for one in refused if one.stack == name}
    for leaf in wanted.leaves:
        place = _place(leaf.address, leaf.path)
        if place not in not_these:
            code = "" if leaf.after is ABSENT else literal(leaf.after)
            yield AcceptedLeaf(stack=name, place=place, file=file, code=code)
    for address in wanted.gone:
        if address not in not_these:
            yield AcceptedLeaf(stack=name, place=address, file=file, code="")


# ── the edit ──────────────────────────────────────────────────────────────────────────────


def _edited(
    session: Session,
    wanted: Wanted,
    source: SourceFile | None,
    width: int,
    refused: list[NotAccepted],
) -> Edited:
    """The text of a module with everything accepted; what cannot be is added to the refusals."""
    graph, schemas = wanted.graph, session.context.schemas
    declarations = graph.declarations
    sites = {
        address: Site.of(one, schemas[one.type].face)
        for address, one in declarations.items()
        if one.location.file == graph.stack.file
    }
    requests: list[LeafEdit | Removal] = []
    for address, path, request in _requests(wanted, sites):
        if request is not None and source is not None:
            requests.append(request)
        else:
            location = declarations[address].location
            why = f"it is declared through {location.via or 'another file'}"
            after = next((leaf.after for leaf in wanted.leaves if leaf.path == path), ABSENT)
            refused.append(_refusal(graph, address, path, why, _by_hand(path, after)))
    if source is None or not requests:
        return Edited(text=source.text if source is not None else "", refused=())
    edited = edit_module(source.text, requests, tuple(sites.values()), width=width)
    refused += [_by_editor(graph, one) for one in edited.refused]
    return edited


def _requests(
    wanted: Wanted, sites: Mapping[str, Site]
) -> Iterator[tuple[str, LeafPath, LeafEdit | Removal | None]]:
    """Each thing to edit; None if its call is in another file."""
    for leaf in wanted.leaves:
        if leaf.why_not is None and leaf.before is not leaf.after:
            site = sites.get(leaf.address)
            edit = None
            if site is not None:
                edit = LeafEdit(
                    site=site, path=leaf.path, before=leaf.before, after=leaf.after, note=leaf.note
                )
            yield leaf.address, leaf.path, edit
    for address in wanted.gone:
        site = sites.get(address)
        yield address, (), None if site is None else Removal(site=site)


def _by_editor(graph: ResourceGraph, refusal: CannotEdit) -> NotAccepted:
    request = refusal.request
    path = request.path if isinstance(request, LeafEdit) else ()
    by_hand = _to_write(path, refusal.write)
    return _refusal(graph, request.site.address, path, refusal.why, by_hand, refusal.line)


def _by_hand(path: LeafPath, after: Any) -> str:
    return _to_write(path, "" if after is ABSENT else literal(after))


def _to_write(path: LeafPath, code: str) -> str:
    if not path:
        return "take the declaration out"
    return f"write {dotted(path)} as {code}" if code else f"take {dotted(path)} out"
