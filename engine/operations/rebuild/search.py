"""Find the objects of a stack on the account without its state: by stamp, natural key or id."""

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
from engine.plan.saved.take_preconditions import key_claim_of
from engine.plan.translate.params import returned_at
from engine.ports.provider import Provider
from engine.ports.reports import MatchedBy
from engine.schema.remote import RemoteObject, id_of
from engine.schema.resource_type import ResourceType, Schemas
from engine.values.paths import get_path
from engine.values.targets import OutputTarget
from engine.values.templates import resolve, targets_with_paths


@dataclass(frozen=True, slots=True)
class _Stamped:
    """An object with an ownership stamp, and what the stamp says."""

    lineage: str
    address: str
    account: str
    object: RemoteObject


@dataclass(slots=True, kw_only=True)
class Search:
    """One search for the objects of one stack.

    Attributes:
        provider: Reads the objects.
        graph: What is declared.
        schemas: Resource types by name.
        outputs: Outputs of other stacks.
        lookups: Objects that the stack looks up.
        claimed: Objects of declared resources, by address.
        traces: How each was found, by address.
        taken: Ids of objects that have a declared key and are not the stack's, or are several,
            by address.
        undeclared: Objects with the stack's stamp that it does not declare now, by address.
        accounts: Connected accounts of those, by address; empty for the key's own.
        unread: Types that could not be searched for those, each with the reason.
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

    # ── stamps ──────────────────────────────────────────────────────────────────────

    def list_types(self, *, declared_only: bool) -> None:
        """List the objects of every type that can have a stamp, once.

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
        """The stack's lineage by the stamps on the account; empty if there are none.

        Args:
            known: The lineage in the old state, if it can be read.
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
                stamp, key = read_stamp(entry), (type_name, account, id_of(entry))
                if stamp is None or key in seen or not stamp[1].startswith(f"{type_name}."):
                    continue
                seen.add(key)
                yield _Stamped(*stamp, account, entry)

    def _is_declared(self, found: _Stamped) -> bool:
        declaration = self.graph.declarations.get(self._address(found.address))
        return declaration is not None and declaration.lifecycle.account == found.account

    def _address(self, stamped: str) -> str:
        """The present address for one in a stamp, which a move does not rewrite."""
        moves: dict[str, str] = {move.old: move.new for move in self.graph.stack.moves}
        while stamped in moves and stamped not in self.graph.declarations:
            stamped = moves.pop(stamped)
        return stamped

    # ── objects ─────────────────────────────────────────────────────────────────────

    def find(self, lineage: str, ids: Mapping[str, str]) -> None:
        """Find the object of each declared resource, and objects that are not declared now.

        Args:
            lineage: The stack's.
            ids: Ids by address, from the old state; used last.

        Raises:
            ProviderError: if Stripe refuses or cannot be reached.
        """
        self._lineage, self._ids_left = lineage, dict(ids)
        # An object that was found may be the parent or part of the key of another one.
        while self._by_stamp() or self._by_key() or self._by_reference() or self._by_id():
            pass
        self._rest()

    def _missing(self) -> list[str]:
        return [address for address in self.graph.order if address not in self.claimed]

    def _arguments(self) -> dict[str, dict[str, Any]]:
        """The declared arguments, with references to found objects resolved."""
        known = KnownValues(self.schemas, self.outputs)
        for address, lookup in self.lookups.items():
            known.learn(address, ExpectedResource(lookup))
        for address, claimed in self.claimed.items():
            if claimed.current is not None:
                known.learn(address, ExpectedResource(claimed.current))
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
            declared = arguments[address]
            claims_now = [claim_of(kind, key, declared) for key in kind.life.natural_keys]
            claims_now.append(
                declared.get(kind.parent) if kind.life.singleton and kind.parent else None
            )
            if self._asked.get(address) != claims_now:
                self._asked[address] = claims_now
                waiting.append(address)
        claims = [self._key_claim(address, arguments[address]) for address in waiting]
        found = find_holders(self.provider, self.schemas, claims)
        free = {
            name: [entry]
            for name, entry in found.items()
            if self._is_free(name, entry) and self._is_only(name, arguments[name])
        }
        return self._claim(free, MatchedBy.KEY)

    def _is_only(self, address: str, declared: Mapping[str, Any]) -> bool:
        """Whether no other object has the resource's key, if Stripe allows several."""
        declaration = self.graph.declarations[address]
        kind = self.schemas[declaration.type]
        keys = [key for key in kind.life.natural_keys if claim_of(kind, key, declared) is not None]
        if kind.life.singleton or any(key.unique for key in keys):
            return True
        listed = self._listed(kind, declaration.lifecycle.account, _narrowing(kind, declared) or {})
        for key in keys:
            same = [
                entry
                for entry in listed
                if claim_of(kind, key, entry) == claim_of(kind, key, declared)
                and not is_gone(kind, entry, declared)
            ]
            if len(same) > 1:
                self.taken[address] = ", ".join(map(id_of, same))
                return False
        return True

    def _by_reference(self) -> bool:
        """Find objects of types without stamps by the ids that found objects refer to."""
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
                value = returned_at(root, path, claimed.current)
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
        """Read declared resources by id; without those that belong to another resource."""
        found: dict[str, list[RemoteObject]] = {}
        for address, id in ids.items():
            declaration = self.graph.declarations[address]
            kind = self.schemas[declaration.type]
            entry = self.provider.read(kind, id, account=declaration.lifecycle.account)
            if entry is not None and self._is_free(address, entry):
                found[address] = [entry]
        return found

    def _key_claim(self, address: str, declared: Mapping[str, Any]) -> KeyClaim:
        """The claim of a resource to its key, with references resolved.

        For a type without stamps a key that is not unique must be enough.
        """
        declaration = self.graph.declarations[address]
        kind = self.schemas[declaration.type]
        sought = key_claim_of(dataclasses.replace(declaration, arguments=declared), kind)
        return dataclasses.replace(sought, adopt=sought.adopt or not kind.has_metadata)

    def _is_free(self, address: str, entry: RemoteObject) -> bool:
        """Whether an object without this resource's stamp can be its object."""
        found = read_stamp(entry)
        if found is None:
            return True
        lineage, stamped = found
        if lineage == self._lineage and stamped not in self.graph.declarations:
            return True  # the same resource under an earlier address
        self.taken[address] = id_of(entry)
        return False

    def _claim(self, objects: Mapping[str, list[RemoteObject]], trace: MatchedBy) -> bool:
        """Assign found objects to declared resources; whether there were any."""
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
        """Collect the objects with the stack's stamp that are not declared."""
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
        """All objects of a type, newest first; read once."""
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
    """Whether a type has stamps, and a list that needs no parameters."""
    return kind.has_metadata and bool(kind.collection) and not kind.parent and not kind.list_needs


def _narrowing(kind: ResourceType, declared: Mapping[str, Any]) -> dict[str, Any] | None:
    """Filters of the list with a declared object; None if there are none, or one is unknown.

    In addition to required filters these are references to its owners: an object of a test clock
    is in no other list.
    """
    needed = [name for name in (kind.parent, *kind.list_needs) if name]
    further = [
        name
        for name in kind.filters
        if name in declared and name in kind.root.fields and kind.root.fields[name].reference
    ]
    filters = {name: declared.get(name) for name in dict.fromkeys([*needed, *further])}
    known = {name: value for name, value in filters.items() if isinstance(value, str) and value}
    return known if known and all(name in known for name in needed) else None
