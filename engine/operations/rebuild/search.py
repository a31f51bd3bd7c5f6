"""Find the objects of a stack on the account without its state: by stamp, natural key or id."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.graph.build import ResourceGraph
from engine.operations.rebuild.listing import Listing, Stamped, narrowing
from engine.operations.rebuild.match import Claimed, sort_out
from engine.operations.rebuild.project import Project
from engine.operations.refresh.key_holders import find_holders
from engine.plan.compare.likeness import is_like
from engine.plan.compare.liveness import is_gone
from engine.plan.compare.natural_keys import claim_of
from engine.plan.decide.references import ExpectedResource, KnownValues
from engine.plan.inputs.accounts import is_known
from engine.plan.inputs.ownership import ObjectKey, key_of_object
from engine.plan.inputs.stamp import read_stamp
from engine.plan.saved.preconditions import KeyClaim
from engine.plan.saved.take_preconditions import key_claim_of
from engine.plan.translate.params import returned_at
from engine.ports.reports import LeftAlone, MatchedBy
from engine.schema.remote import RemoteObject, id_of
from engine.schema.resource_type import Schemas
from engine.values.paths import get_path
from engine.values.targets import Elsewhere
from engine.values.templates import resolve, targets_with_paths


@dataclass(slots=True, kw_only=True)
class Search:
    """One search for the objects of one stack.

    Attributes:
        listing: The lists of the account.
        project: What the other stacks say.
        graph: What is declared.
        lookups: Objects that the stack looks up.
        lineage: The stack's; empty as long as it is not known.
        outputs: Outputs of other stacks.
        claimed: Objects of declared resources, by address.
        traces: How each was found, by address.
        taken: Objects that have a declared key and are not the stack's, or are several, by address.
        undeclared: Objects with the stack's stamp that it does not declare now, by address.
        accounts: Connected accounts of those, by address; empty for the key's own.
        left: Objects with the stack's stamp that may be another stack's.
    """

    listing: Listing
    project: Project
    graph: ResourceGraph
    lookups: Mapping[str, RemoteObject]
    lineage: str
    outputs: Mapping[Elsewhere, Any] = field(default_factory=dict)
    claimed: dict[str, Claimed] = field(default_factory=dict)
    traces: dict[str, MatchedBy] = field(default_factory=dict)
    taken: dict[str, str] = field(default_factory=dict)
    undeclared: dict[str, Claimed] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)
    left: list[LeftAlone] = field(default_factory=list)
    _asked: dict[str, Any] = field(default_factory=dict)
    _ids_left: dict[str, str] = field(default_factory=dict)

    @property
    def schemas(self) -> Schemas:
        """Resource types by name."""
        return self.listing.schemas

    @property
    def _stack(self) -> str:
        return self.graph.stack.name

    # ── what is declared ──────────────────────────────────────────────────────────────────────

    def learn_lineage(self, known: str, history: str) -> None:
        """Learn the lineage from the stamps on the accounts that are known by now.

        Args:
            known: The lineage in the old state, if it can be read.
            history: What shows earlier versions of the state.

        Raises:
            UsageError: if several fit, or it fits another stack as well.
        """
        self._arguments()
        for address in self._missing():
            self.listing.whole(self.graph.declarations[address].type, self._account(address))
        votes = self.project.learn_lineages(self.listing)
        if not self.lineage:
            self.lineage = self.project.lineage_of(self._stack, known, votes, history)
        if self.lineage:
            self.project.lineages[self.lineage] = self._stack

    def find(self, ids: Mapping[str, str]) -> None:
        """Find the object of each declared resource.

        Args:
            ids: Ids by address, from the old state; used last.

        Raises:
            ProviderError: if Stripe refuses or cannot be reached.
        """
        self._ids_left = {name: id for name, id in ids.items() if name not in self.claimed}
        # An object that was found may be the parent or part of the key of another one.
        while (
            self._by_stamp()
            or self._by_former_stamp()
            or self._by_key()
            or self._by_reference()
            or self._by_id()
            or self._by_likeness()
        ):
            pass

    def _missing(self) -> list[str]:
        """Addresses without an object, on accounts that exist."""
        return [
            address
            for address in self.graph.order
            if address not in self.claimed and is_known(self._account(address))
        ]

    def _account(self, address: str) -> str:
        return self.project.account(self._stack, address)

    def _arguments(self) -> dict[str, dict[str, Any]]:
        """The declared arguments, with references to found objects resolved."""
        known = KnownValues(self.schemas, self.outputs)
        for address, lookup in self.lookups.items():
            known.learn(address, ExpectedResource(lookup))
        for address, claimed in self.claimed.items():
            if claimed.current is not None:
                known.learn(address, ExpectedResource(claimed.current))
        self.project.resolve_accounts(self._stack, known)
        return {
            address: resolve(entry.arguments, known)
            for address, entry in self.graph.declarations.items()
        }

    def _by_stamp(self) -> bool:
        arguments = self._arguments()
        for address in self._missing():
            declaration = self.graph.declarations[address]
            kind = self.schemas[declaration.type]
            filters = narrowing(kind, arguments[address])
            self.listing.whole(kind.name, self._account(address))
            if kind.has_metadata and filters is not None:
                self.listing.all(kind, self._account(address), filters)
        missing = frozenset(self._missing())
        own: dict[str, list[RemoteObject]] = {}
        for found in self.listing.stamped():
            address = self.project.present(self._stack, found.address)
            if (
                found.lineage == self.lineage
                and address in missing
                and self.project.is_declared(self._stack, address, found.key.account)
                and self._is_nobodys(address, found.key)
            ):
                own.setdefault(address, []).append(found.object)
        return self._claim(own, MatchedBy.STAMP)

    def _by_former_stamp(self) -> bool:
        """Find objects that moved here and carry the stamp of the stack that they came from."""
        missing = frozenset(self._missing())
        moved: dict[str, list[RemoteObject]] = {}
        for found in self.listing.stamped():
            address = self.project.address_here(self._stack, found)
            if (
                address in missing
                and self.project.is_declared(self._stack, address, found.key.account)
                and self._is_nobodys(address, found.key)
            ):
                moved.setdefault(address, []).append(found.object)
        return self._claim(moved, MatchedBy.FORMER_STAMP)

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
        found = find_holders(self.listing.provider, self.schemas, claims)
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
        listed = self.listing.all(kind, self._account(address), narrowing(kind, declared) or {})
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

    def _by_likeness(self) -> bool:
        """Find what moved here, or was renamed: it has all that is declared.

        Each has to be the only one that is like the other, also among those of other stacks.
        """
        arguments = self._arguments()
        missing: dict[tuple[str, str], list[str]] = {}
        for address in self._missing():
            place = (self.graph.declarations[address].type, self._account(address))
            missing.setdefault(place, []).append(address)
        alike: dict[ObjectKey, list[str]] = {}
        objects: dict[ObjectKey, RemoteObject] = {}
        for found in self.listing.stamped():
            unknown = self.project.is_unknown(self._stack, found)
            if found.key[:2] not in missing or not (
                unknown or self.project.is_homeless(self._stack, found)
            ):
                continue
            kind = self.schemas[found.key.type]
            like = [
                address
                for address in missing[found.key[:2]]
                if is_like(kind, arguments[address], found.object)
            ]
            if not like or self.project.rival(self._stack, found):
                continue
            if unknown:
                for address in like:
                    told = f"{found.key.id}, with a stamp of {found.lineage}"
                    self.taken.setdefault(address, told)
            else:
                alike[found.key], objects[found.key] = like, found.object
        often = Counter(address for addresses in alike.values() for address in addresses)
        pairs = {
            addresses[0]: [objects[key]]
            for key, addresses in alike.items()
            if len(addresses) == 1 and often[addresses[0]] == 1
        }
        return self._claim(pairs, MatchedBy.LIKENESS)

    def _read(self, ids: Mapping[str, str]) -> dict[str, list[RemoteObject]]:
        """Read declared resources by id; without those that belong to another resource."""
        found: dict[str, list[RemoteObject]] = {}
        for address, id in ids.items():
            declaration = self.graph.declarations[address]
            kind = self.schemas[declaration.type]
            entry = self.listing.provider.read(kind, id, account=self._account(address))
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
        return dataclasses.replace(
            sought,
            adopt=sought.adopt or not kind.has_metadata,
            account=self._account(address),
        )

    def _is_free(self, address: str, entry: RemoteObject) -> bool:
        """Whether an object without this resource's stamp can be its object."""
        declaration = self.graph.declarations[address]
        key = key_of_object(declaration.type, self._account(address), entry)
        if not self._is_nobodys(address, key):
            return False
        found = read_stamp(entry)
        if found is None:
            return True
        lineage, stamped = found
        if lineage == self.lineage and stamped not in self.graph.declarations:
            return True  # the same resource under an earlier address
        if self.project.is_given_up(self._stack, key, lineage, stamped):
            return True
        self.taken[address] = key.id
        return False

    def _is_nobodys(self, address: str, key: ObjectKey) -> bool:
        """Whether no other stack has an object."""
        owner = self.project.owner(self._stack, key)
        if owner:
            self.taken[address] = f"{key.id}, which is {owner}"
        return not owner

    def _claim(self, objects: Mapping[str, list[RemoteObject]], trace: MatchedBy) -> bool:
        """Assign found objects to declared resources; whether there were any."""
        arguments = self._arguments()
        before = len(self.claimed)
        for address, some in objects.items():
            declaration = self.graph.declarations[address]
            kind = self.schemas[declaration.type]
            claimed = sort_out(kind, arguments[address], some)
            if claimed.superseded and trace is not MatchedBy.STAMP:
                self.taken[address] = ", ".join(_ids(claimed))  # no replacement left these
                continue
            keys = {ObjectKey(kind.name, self._account(address), id) for id in _ids(claimed)}
            if keys and not keys & self.project.claimed.keys():
                self.project.claimed |= dict.fromkeys(keys, (self._stack, address))
                self.claimed[address] = claimed
                self.traces[address] = trace
                self.taken.pop(address, None)
        return len(self.claimed) > before

    # ── what is not declared ──────────────────────────────────────────────────────────────────

    def collect_rest(self) -> None:
        """Collect the objects with the stack's stamp that it does not declare.

        Once the declared resources of all stacks that are rebuilt have their objects: what another
        stack declares and has no object for could be any of these.
        """
        rest: dict[str, list[RemoteObject]] = {}
        stamped = {found.key: found for found in self.listing.stamped()}
        for found in stamped.values():
            present = self.project.present(self._stack, found.address)
            if (
                found.lineage != self.lineage
                or found.key in self.project.claimed
                or self.project.is_declared(self._stack, present, found.key.account)
                or self.project.owner(self._stack, found.key)
            ):
                continue
            if not self._leaves(found):
                rest.setdefault(found.address, []).append(found.object)
                self.accounts[found.address] = found.key.account
        for address, objects in sorted(rest.items()):
            claimed = sort_out(self.schemas[address.partition(".")[0]], {}, objects)
            if claimed.current is not None or claimed.archived is not None:
                self.undeclared[address] = claimed
        for address, claimed in self.claimed.items():
            declaration = self.graph.declarations[address]
            place = (declaration.type, self._account(address))
            left_over = [stamped[ObjectKey(*place, id)] for id in claimed.superseded]
            kept = tuple(found.key.id for found in left_over if not self._leaves(found))
            self.claimed[address] = dataclasses.replace(claimed, superseded=kept)

    def _leaves(self, found: Stamped) -> bool:
        """Leave an object alone that may be another stack's; whether it may."""
        stack = self.project.rival(self._stack, found)
        if stack:
            self.left.append(LeftAlone(address=found.address, id=found.key.id, stack=stack))
        return bool(stack)


def _ids(claimed: Claimed) -> Iterator[str]:
    for entry in (claimed.current, claimed.archived):
        if entry is not None:
            yield id_of(entry)
    yield from claimed.superseded
