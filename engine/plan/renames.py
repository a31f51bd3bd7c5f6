"""Renames that a plan does not know of: a removal and a creation of what is most likely one object.

Where a resource gets another name, or moves into another stack, without `moved()`, its object is
removed and made anew. The two are found by what they have in common, best match first: a
natural key, everything that is declared, a name. A match that could be another one is none.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

from engine.address import parse_address
from engine.frozen import frozen
from engine.graph.build import ResourceGraph
from engine.plan.compare.natural_keys import claims_of, describe_key
from engine.plan.compare.normalize import Normalizer
from engine.plan.model import Action, Plan, Reason
from engine.plan.rename import Rename
from engine.schema.resource_type import ResourceType, Schemas
from engine.state.model import ResourceState, State
from engine.values.markers import ABSENT, UNKNOWN
from engine.values.paths import get_path
from engine.values.secret import holds_secret
from engine.values.targets import OutputTarget, Target
from engine.values.templates import resolve
from engine.values.tree import any_scalar

_NAMES = ("name", "display_name", "nickname", "url")
"""Fields by which people know an object, whatever its type."""

_Place: TypeAlias = tuple[str, str]
"""A stack and an address in it."""
_Key: TypeAlias = tuple[Any, ...]
_Keys: TypeAlias = Callable[["_Candidate"], Iterable[tuple[_Key, str]]]
"""What a candidate may have in common with another one, each with how to say it."""


@frozen
class _Candidate:
    """One resource that is removed, or one that is made.

    Attributes:
        place: Where it is declared, or was.
        kind: Its type.
        account: The connected account that it is on.
        document: What is declared, references resolved; UNKNOWN where that is not possible yet.
        line: Where it is declared, `stacks/saas.py:12`; empty for what is removed.
    """

    place: _Place
    kind: ResourceType
    account: Any
    document: Mapping[str, Any]
    line: str = ""

    @property
    def whole(self) -> bool:
        """Whether all that is declared is known, so that it can be compared."""
        return not any_scalar(self.document, lambda leaf: leaf is UNKNOWN)


def find_renames(
    plans: Sequence[Plan],
    graphs: Sequence[ResourceGraph],
    states: Mapping[str, State],
    orphans: Collection[str],
    schemas: Schemas,
) -> tuple[Rename, ...]:
    """Find pairs of a resource that is removed and one that is made, in the order of the latter.

    Args:
        plans: The plans of the run.
        graphs: What its stacks declare.
        states: Every state of the environment, as it was before the run.
        orphans: Stacks without a module: all that they manage counts as removed.
        schemas: Resource types by name.
    """
    made = [
        (plan.stack, change)
        for plan in plans
        for change in plan.changes
        if change.action is Action.CREATE and Reason.DECLARED in change.reasons
    ]
    if not made:
        return ()
    types = {change.type for _, change in made}
    gone = [place for place in _gone(plans, states, orphans) if _type(place) in types]
    if not gone:
        return ()
    search = _Search(plans, graphs, states, schemas)
    search.run(gone, [(stack, str(change.address)) for stack, change in made])
    return tuple(sorted(search.found.values(), key=lambda rename: (rename.stack, rename.new)))


def _gone(
    plans: Sequence[Plan], states: Mapping[str, State], orphans: Collection[str]
) -> Iterator[_Place]:
    for plan in plans:
        for change in plan.changes:
            entry = states[plan.stack].at(change.address)
            if entry is None:
                continue
            removed = change.action is Action.DELETE and Reason.UNDECLARED in change.reasons
            if removed or (change.action is Action.FORGET and entry.removal_policy.keep):
                yield plan.stack, change.address
    for stack in orphans:
        yield from ((stack, address) for address in states[stack].resources)


def _type(place: _Place) -> str:
    return parse_address(place[1]).type


class _Search:
    """Pairs candidates until nothing more is found: a pair resolves the references to its object.

    Attributes:
        found: A rename for each place of what is made.
    """

    def __init__(
        self,
        plans: Sequence[Plan],
        graphs: Sequence[ResourceGraph],
        states: Mapping[str, State],
        schemas: Schemas,
    ) -> None:
        self.found: dict[_Place, Rename] = {}
        self._paired: dict[_Place, _Place] = {}
        self._taken: set[_Place] = set()
        self._graphs = {graph.stack.name: graph for graph in graphs}
        self._states = states
        self._schemas = schemas
        self._before = {plan.stack: {new: old for old, new in plan.moves.items()} for plan in plans}

    def run(self, gone: Sequence[_Place], made: Sequence[_Place]) -> None:
        """Find the pairs."""
        old = [self._removed(place) for place in gone]
        new = [self._made(place) for place in made]
        while self._round(old, new):
            old = [candidate for candidate in old if candidate.place not in self._taken]
            new = [
                candidate if candidate.whole else self._made(candidate.place)
                for candidate in new
                if candidate.place not in self._paired
            ]

    def _round(self, old: Sequence[_Candidate], new: Sequence[_Candidate]) -> bool:
        """Pair what agrees in the best way in which any two agree; False if none do."""
        # Names come last, and first of those that wait for no other pair to be found.
        whole = [candidate for candidate in new if candidate.whole]
        ways = ((_keys, new), (_declared, whole), (_names, whole), (_names, new))
        return any(self._pair(old, some, keys) for keys, some in ways)

    def _pair(self, old: Sequence[_Candidate], new: Sequence[_Candidate], keys: _Keys) -> bool:
        removed, made = _by_key(old, keys), _by_key(new, keys)
        before = len(self._paired)
        for key, entries in made.items():
            others = removed.get(key, ())
            if len(entries) != 1 or len(others) != 1:
                continue
            (candidate, same), (other, _) = entries[0], others[0]
            if candidate.place not in self._paired and other.place not in self._taken:
                self._paired[candidate.place] = other.place
                self._taken.add(other.place)
                self.found[candidate.place] = _rename(other, candidate, same)
        return len(self._paired) > before

    # ── what is compared ──────────────────────────────────────────────────────────────────

    def _removed(self, place: _Place) -> _Candidate:
        entry = self._states[place[0]].resources[place[1]]
        return _Candidate(
            place=place,
            kind=self._schemas[entry.type],
            account=entry.removal_policy.account,
            document=_plain(resolve(entry.declared, partial(self._recorded, place[0]))),
        )

    def _made(self, place: _Place) -> _Candidate:
        declaration = self._graphs[place[0]].declarations[place[1]]
        value_of = partial(self._to_come, place[0])
        return _Candidate(
            place=place,
            kind=self._schemas[declaration.type],
            account=resolve(declaration.lifecycle.account, value_of),
            document=_plain(resolve(declaration.arguments, value_of)),
            line=str(declaration.location),
        )

    def _recorded(self, stack: str, target: Target) -> Any:
        """What a reference had as its value at the last apply."""
        if isinstance(target, OutputTarget):
            state = self._states.get(target.stack)
            outputs = state.outputs if state is not None else {}
            return _known(get_path(outputs.get(target.name), target.path))
        if target.address.lookup:
            return f"${{{target}}}"
        entry = self._states[stack].at(target.address)
        return UNKNOWN if entry is None else _value(entry, target.path)

    def _to_come(self, stack: str, target: Target) -> Any:
        """What a reference has as its value now, if each pair that was found is one object."""
        if isinstance(target, OutputTarget):
            graph = self._graphs.get(target.stack)
            output = graph.stack.outputs.get(target.name) if graph is not None else None
            if output is None:
                return self._recorded(stack, target)
            value = resolve(output.value, partial(self._to_come, target.stack))
            return _known(get_path(value, target.path))
        if target.address.lookup:
            return f"${{{target}}}"
        before = self._before[stack].get(target.address, target.address)
        giver, address = self._paired.get((stack, target.address), (stack, before))
        entry = self._states[giver].at(address)
        return UNKNOWN if entry is None else _value(entry, target.path)


def _value(entry: ResourceState, path: tuple[str, ...]) -> Any:
    return entry.id if path == ("id",) else _known(get_path(entry.attributes, path))


def _known(value: Any) -> Any:
    return UNKNOWN if value is None or value is ABSENT else value


def _plain(document: Any) -> Any:
    """A document without nulls, and in one spelling; what holds a secret cannot be compared."""
    if holds_secret(document):
        return {name: UNKNOWN if holds_secret(value) else value for name, value in document.items()}
    return Normalizer("").seal(document)


# ── ways to agree, best first ─────────────────────────────────────────────────────────────


def _by_key(
    candidates: Iterable[_Candidate], keys: _Keys
) -> dict[_Key, list[tuple[_Candidate, str]]]:
    found: dict[_Key, list[tuple[_Candidate, str]]] = defaultdict(list)
    for candidate in candidates:
        for key, same in keys(candidate):
            found[candidate.kind.name, candidate.account, *key].append((candidate, same))
    return found


def _keys(candidate: _Candidate) -> Iterator[tuple[_Key, str]]:
    for key, claim in claims_of(candidate.kind, candidate.document):
        shown = describe_key(key, candidate.document)
        yield ("key", key.fields, claim.texts, claim.scope), shown


def _declared(candidate: _Candidate) -> Iterator[tuple[_Key, str]]:
    if candidate.document and candidate.whole:
        text = json.dumps(candidate.document, sort_keys=True, default=str)
        yield ("declared", text), "all that they declare"


def _names(candidate: _Candidate) -> Iterator[tuple[_Key, str]]:
    for field in _NAMES:
        value = candidate.document.get(field)
        if isinstance(value, str) and value:
            yield ("field", field, value), f"{field} {value!r}"
    name = parse_address(candidate.place[1]).name
    yield ("name", name), f"their name {name!r}"


def _rename(old: _Candidate, new: _Candidate, same: str) -> Rename:
    return Rename(
        stack=new.place[0],
        giver=old.place[0] if old.place[0] != new.place[0] else "",
        old=parse_address(old.place[1]),
        new=parse_address(new.place[1]),
        same=same,
        loses=new.kind.life.loses,
        line=new.line,
    )
