"""Finding what a stack has on an account with no state to tell: by stamp, natural key or id.

Read-only. What must not live here: what is made of it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import ProviderError, UsageError
from engine.graph.build import ResourceGraph
from engine.operations.rebuild.match import Claimed, sort_out
from engine.operations.refresh.key_holders import find_holders
from engine.plan.compare.liveness import is_gone
from engine.plan.compare.natural_keys import claim_of
from engine.plan.decide.references import ExpectedResource, KnownValues
from engine.plan.inputs.stamp import read_stamp
from engine.plan.saved.preconditions import KeyClaim
from engine.plan.saved.snapshots import key_claim_of
from engine.plan.translate.params import answered
from engine.ports.provider import Provider
from engine.ports.reports import MatchedBy
from engine.schema.remote import RemoteObject, id_of
from engine.schema.resource_type import ResourceType, Schemas
from engine.values.paths import get_path
from engine.values.targets import OutputTarget
from engine.values.templates import resolve, targets_with_paths


@dataclass(frozen=True, slots=True)
class _Stamped:
    """One object with an ownership stamp, and whose it says to be."""

    lineage: str
    address: str
    account: str
    object: RemoteObject


@dataclass(slots=True, kw_only=True)
class Search:
    """One search for the objects of one stack.

    Attributes:
        provider: Where the objects are.
        graph: What is declared.
        schemas: Resource types by name.
        outputs: Outputs of other stacks.
        lookups: Objects the stack refers to and does not manage.
        claimed: Objects of declared resources, by address.
        traces: How each was known, by address.
        taken: Ids of objects that have a declared key and are somebody else's, or are several, by
            address.
        undeclared: Objects that carry the stack's stamp for what it declares no more.
        accounts: The connected accounts those are on, by address; empty for the key's own.
        unread: Types that were not looked through for such, each with the reason.
    """

    provider: Provider
    graph: ResourceGraph
    schemas: Schemas
    outputs: Mapping[OutputTarget, Any]
    lookups: Mapping[str, RemoteObject]
    claimed: dict[str, Claimed] = field(default_factory=dict)
    traces: dict[str, MatchedBy] = field(default_factory=dict)
    taken: dict[str, str] = field(default_factory=dict)
    undeclared: dict[str, Claimed] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    _lists: dict[tuple[str, str, str], tuple[RemoteObject, ...]] = field(default_factory=dict)
    _asked: dict[str, Any] = field(default_factory=dict)
    _ids_left: dict[str, str] = field(default_factory=dict)
    _owned: set[tuple[str, str]] = field(default_factory=set)
    _lineage: str = ""

    # ── whose stamps ──────────────────────────────────────────────────────────────────────

    def list_types(self, *, declared_only: bool) -> None:
        """List the objects of every type that a stamp fits on, once.

        Args:
            declared_only: Leave out types that the stack does not declare.

        Raises:
            ProviderError: if a declared type cannot be listed.
        """
        declared = {
            (entry.type, entry.lifecycle.account) for entry in self.graph.declarations.values()
        }
        for name, account in sorted(declared):
            if _lists_alone(self.schemas[name]):
                self._listed(self.schemas[name], account, {})
        if declared_only:
            return
        for name in sorted(self.schemas):
            kind = self.schemas[name]
            if (name, "") in declared or not _lists_alone(kind):
                continue
            try:
                self._listed(kind, "", {})
            except ProviderError as error:
                self.unread.append(f"{kind.title}: {error.message}")

    def lineage(self, *, known: str, others: Collection[str], history: str) -> str:
        """Learn the stack's lineage from the stamps; empty if there are none.

        Args:
            known: What the earlier file says, if it can be read.
            others: Lineages of other states.
            history: What shows earlier versions of the state.

        Raises:
            UsageError: if several fit.
        """
        votes: dict[str, set[str]] = {}
        for found in self._stamped():
            if found.lineage not in others and self._is_declared(found):
                votes.setdefault(found.lineage, set()).add(self._address(found.address))
        if known in votes or not votes:
            return known
        if len(votes) > 1:
            total = len(self.graph.declarations)
            listed = ", ".join(
                f"{name} ({len(some)} of {total} resources)" for name, some in sorted(votes.items())
            )
            raise UsageError(
                f"objects on the account carry stamps of several lineages for what stack "
                f"{self.graph.stack.name!r} declares: {listed}",
                hint=f"say which is this stack's with --lineage; {history} has it",
            )
        return next(iter(votes))

    def _stamped(self) -> Iterator[_Stamped]:
        """Every object whose stamp names an address of its own type."""
        seen: set[tuple[str, str, str]] = set()
        for (type_name, account, _), objects in self._lists.items():
            for entry in objects:
                found, one = read_stamp(entry), (type_name, account, id_of(entry))
                if found is None or one in seen or not found[1].startswith(f"{type_name}."):
                    continue
                seen.add(one)
                yield _Stamped(*found, account, entry)

    def _is_declared(self, found: _Stamped) -> bool:
        declaration = self.graph.declarations.get(self._address(found.address))
        return declaration is not None and declaration.lifecycle.account == found.account

    def _address(self, stamped: str) -> str:
        """The address that is used now for one in a stamp: a move does not rewrite it."""
        moves = {str(move.old): str(move.new) for move in self.graph.stack.moves}
        while stamped in moves and stamped not in self.graph.declarations:
            stamped = moves.pop(stamped)
        return stamped

    # ── which objects ─────────────────────────────────────────────────────────────────────

    def find(self, lineage: str, ids: Mapping[str, str]) -> None:
        """Find the object of each declared resource, and what is declared no more.

        Args:
            lineage: The stack's.
            ids: Ids by address, from the earlier file; believed last.

        Raises:
            ProviderError: if Stripe refuses or cannot be reached.
        """
        self._lineage, self._ids_left = lineage, dict(ids)
        # What is found tells the parent or the key of what refers to it.
        while self._by_stamp() or self._by_key() or self._by_reference() or self._by_id():
            pass
        self._rest()

    def _missing(self) -> list[str]:
        return [address for address in self.graph.order if address not in self.claimed]

    def _arguments(self) -> dict[str, dict[str, Any]]:
        """What is declared, references resolved as far as objects were found."""
        known = KnownValues(self.schemas, self.outputs)
        for address, lookup in self.lookups.items():
            known.decide(address, ExpectedResource(lookup))
        for address, claimed in self.claimed.items():
            if claimed.current is not None:
                known.decide(address, ExpectedResource(claimed.current))
        return {
            address: resolve(entry.arguments, known)
            for address, entry in self.graph.declarations.items()
        }

    def _by_stamp(self) -> bool:
        arguments = self._arguments()
        for address in self._missing():
            declaration = self.graph.declarations[address]
            kind = self.schemas[declaration.type]
            filters = _narrowing(kind, arguments[address])
            if kind.has_metadata and filters is not None:
                self._listed(kind, declaration.lifecycle.account, filters)
        own: dict[str, list[RemoteObject]] = {}
        for found in self._stamped():
            if found.lineage == self._lineage and self._is_declared(found):
                own.setdefault(self._address(found.address), []).append(found.object)
        return self._claim(
            {name: own[name] for name in self._missing() if name in own}, MatchedBy.STAMP
        )

    def _by_key(self) -> bool:
        arguments = self._arguments()
        waiting: list[str] = []
        for address in self._missing():
            kind = self.schemas[self.graph.declarations[address].type]
            said = arguments[address]
            question = [claim_of(kind, key, said) for key in kind.life.natural_keys]
            question.append(said.get(kind.parent) if kind.life.singleton and kind.parent else None)
            if self._asked.get(address) != question:
                self._asked[address] = question
                waiting.append(address)
        wishes = [self._sought(address, arguments[address]) for address in waiting]
        found = find_holders(self.provider, self.schemas, wishes)
        free = {
            name: [entry]
            for name, entry in found.items()
            if self._is_free(name, entry) and self._is_only(name, arguments[name])
        }
        return self._claim(free, MatchedBy.KEY)

    def _is_only(self, address: str, said: Mapping[str, Any]) -> bool:
        """Whether no other object has the resource's key, where Stripe lets several have it."""
        declaration = self.graph.declarations[address]
        kind = self.schemas[declaration.type]
        keys = [key for key in kind.life.natural_keys if claim_of(kind, key, said) is not None]
        if kind.life.singleton or any(key.unique for key in keys):
            return True
        listed = self._listed(kind, declaration.lifecycle.account, _narrowing(kind, said) or {})
        for key in keys:
            same = [
                entry
                for entry in listed
                if claim_of(kind, key, entry) == claim_of(kind, key, said)
                and not is_gone(kind, entry, said)
            ]
            if len(same) > 1:
                self.taken[address] = ", ".join(map(id_of, same))
                return False
        return True

    def _by_reference(self) -> bool:
        """Take what a found object holds where the declaration refers to one without a stamp."""
        ids: dict[str, str] = {}
        for address, claimed in self.claimed.items():
            declaration = self.graph.declarations[address]
            root = self.schemas[declaration.type].root
            for path, target in targets_with_paths(declaration.arguments):
                named = str(getattr(target, "address", ""))
                whole = get_path(declaration.arguments, path) == f"${{{named}.id}}"
                other = self.graph.declarations.get(named)
                if not whole or other is None or self.schemas[other.type].has_metadata:
                    continue
                value = answered(root, path, claimed.current)
                value = value.get("id") if isinstance(value, Mapping) else value
                if isinstance(value, str) and named not in self.claimed:
                    ids.setdefault(named, value)
        new = {name: id for name, id in ids.items() if self._asked.get(f"id of {name}") != id}
        self._asked |= {f"id of {name}": id for name, id in new.items()}
        return self._claim(self._read(new), MatchedBy.REFERENCE)

    def _by_id(self) -> bool:
        ids = {name: self._ids_left.pop(name) for name in self._missing() if name in self._ids_left}
        return self._claim(self._read(ids), MatchedBy.FILE)

    def _read(self, ids: Mapping[str, str]) -> dict[str, list[RemoteObject]]:
        """Read declared resources by id, as far as they exist and are nobody else's."""
        found: dict[str, list[RemoteObject]] = {}
        for address, id in ids.items():
            declaration = self.graph.declarations[address]
            kind = self.schemas[declaration.type]
            entry = self.provider.read(kind, id, account=declaration.lifecycle.account)
            if entry is not None and self._is_free(address, entry):
                found[address] = [entry]
        return found

    def _sought(self, address: str, said: Mapping[str, Any]) -> KeyClaim:
        """A resource to find a holder for, references resolved.

        Where no stamp fits, a key that is not unique has to do.
        """
        declaration = self.graph.declarations[address]
        kind = self.schemas[declaration.type]
        sought = key_claim_of(dataclasses.replace(declaration, arguments=said), kind)
        return dataclasses.replace(sought, adopt=sought.adopt or not kind.has_metadata)

    def _is_free(self, address: str, entry: RemoteObject) -> bool:
        """Whether an object without this resource's stamp can be this resource's."""
        found = read_stamp(entry)
        if found is None:
            return True
        lineage, stamped = found
        if lineage == self._lineage and stamped not in self.graph.declarations:
            return True  # of the same thing under an earlier name
        self.taken[address] = id_of(entry)
        return False

    def _claim(self, objects: Mapping[str, list[RemoteObject]], trace: MatchedBy) -> bool:
        """Give declared resources the objects that were found for them; whether that was any."""
        arguments = self._arguments()
        before = len(self.claimed)
        for address, some in objects.items():
            kind = self.schemas[self.graph.declarations[address].type]
            claimed = sort_out(kind, arguments[address], some)
            ids = {(kind.name, id) for id in _ids(claimed)}
            if ids and not ids & self._owned:
                self._owned |= ids
                self.claimed[address] = claimed
                self.traces[address] = trace
                self.taken.pop(address, None)
        return len(self.claimed) > before

    def _rest(self) -> None:
        """What carries the stack's stamp and belongs to nothing that is declared."""
        rest: dict[str, list[RemoteObject]] = {}
        for found in self._stamped():
            one = (found.address.partition(".")[0], id_of(found.object))
            mine = found.lineage == self._lineage and not self._is_declared(found)
            if mine and one not in self._owned:
                rest.setdefault(found.address, []).append(found.object)
                self.accounts[found.address] = found.account
        for address, objects in sorted(rest.items()):
            claimed = sort_out(self.schemas[address.partition(".")[0]], {}, objects)
            if claimed.current is not None or claimed.archived is not None:
                self.undeclared[address] = claimed

    # ── lists ─────────────────────────────────────────────────────────────────────────────

    def _listed(
        self, kind: ResourceType, account: str, filters: Mapping[str, Any]
    ) -> tuple[RemoteObject, ...]:
        """Every object of a type, newest first; asked for once."""
        place = (kind.name, account, str(sorted(filters.items())))
        if place in self._lists:
            return self._lists[place]
        found: dict[str, RemoteObject] = {}
        for variant in kind.lists:
            for entry in self.provider.find(kind, {**filters, **variant}, account=account):
                found.setdefault(id_of(entry), entry)
        newest_first = sorted(
            found.values(), key=lambda entry: str(entry.get("created", "")), reverse=True
        )
        self._lists[place] = tuple(newest_first)
        return self._lists[place]


def _ids(claimed: Claimed) -> Iterator[str]:
    for entry in (claimed.current, claimed.archived):
        if entry is not None:
            yield id_of(entry)
    yield from claimed.superseded


def _lists_alone(kind: ResourceType) -> bool:
    """Whether objects that could carry a stamp are listed without a further question."""
    return kind.has_metadata and bool(kind.collection) and not kind.parent and not kind.list_needs


def _narrowing(kind: ResourceType, said: Mapping[str, Any]) -> dict[str, Any] | None:
    """Filters of the list that a declared object is in; None if they cannot be told, or are none.

    Beside what Stripe demands, these are the objects it belongs to: what belongs to a test clock
    is in no other list.
    """
    needed = [name for name in (kind.parent, *kind.list_needs) if name]
    further = [
        name
        for name in kind.filters
        if name in said and name in kind.root.fields and kind.root.fields[name].reference
    ]
    filters = {name: said.get(name) for name in dict.fromkeys([*needed, *further])}
    told = {name: value for name, value in filters.items() if isinstance(value, str) and value}
    return told if told and all(name in told for name in needed) else None
