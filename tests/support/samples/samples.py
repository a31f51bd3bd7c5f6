"""Samples made from the catalog: for every leaf of every managed type two values, and none."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.catalog import loader
from engine.catalog.merge import matches
from engine.emulator.core import Emulator
from engine.values.templates import targets_in
from tests.support.project import Project
from tests.support.samples.cases import Case, case_of
from tests.support.samples.data import DATA, KEY, NOW, override, said_of_type
from tests.support.samples.values import base_of, leaves_of, spelt

_MAX_BATCH = 40


_BESIDE = ("one", "two")


@dataclass(slots=True)
class Tally:
    """What became of the leaves of one type.

    Attributes:
        held: Leaves that converge.
        failed: Leaves that do not, or that have no sample.
        required: Leaves that Stripe cannot do without, so that none is taken out.
        excused: Leaves that are excused, with the reason.
    """

    held: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    required: set[str] = field(default_factory=set)
    excused: dict[str, str] = field(default_factory=dict)

    def add(self, other: Tally) -> None:
        """Add what another test found out about leaves of the same type."""
        self.held |= other.held
        self.failed |= other.failed
        self.required |= other.required
        self.excused |= other.excused


class Samples:
    """Declarations for every leaf."""

    def __init__(self, tallies: dict[str, Tally], *, third: int | None = None) -> None:
        """Say of which leaves there are cases.

        Args:
            tallies: Where the outcome of every leaf is written down.
            third: 0, 1 or 2 for the leaves whose place in their type is that modulo three.
        """
        self._tallies = tallies
        self._third = third

    def emulator(self) -> Emulator:
        """A fresh account, with what only the Dashboard makes."""
        emulator = Emulator(seed=5, clock=lambda: NOW)
        for entry in DATA["seeds"]:
            emulator.seed(entry["object"], entry["fields"], key=KEY)
        return emulator

    # ── which leaves ──────────────────────────────────────────────────────────────────────

    def tally(self, object_name: str) -> Tally:
        """The tally of a type, its excuses filled in."""
        if object_name not in self._tallies:
            self._tallies[object_name] = Tally(excused=self.excuses(object_name))
        return self._tallies[object_name]

    def excuses(self, object_name: str) -> dict[str, str]:
        """The leaves of a type that its row excuses, with the reasons."""
        found: dict[str, str] = {}
        for dotted, reason in loader.row(object_name).by_path("excused").items():
            for place in matches(loader.by_object(object_name).root, dotted):
                inside = ".".join(place)
                for path in self.leaves(object_name):
                    if path == inside or path.startswith(f"{inside}."):
                        found[path] = reason
        return found

    def leaves(self, object_name: str) -> list[str]:
        """Every leaf of a type that an author may write."""
        return [path for path, _ in leaves_of(loader.by_object(object_name).root)]

    def free_leaves(self, object_name: str) -> list[str]:
        """The leaves of a type that nothing excuses."""
        excused = self.excuses(object_name)
        return [path for path in self.leaves(object_name) if path not in excused]

    def cases(self, object_name: str) -> tuple[list[Case], dict[str, str]]:
        """The cases of a type, and by leaf what keeps others from having one."""
        kind = loader.by_object(object_name)
        tally = self.tally(object_name)
        cases: list[Case] = []
        problems: dict[str, str] = {}
        for number, (path, attribute) in enumerate(leaves_of(kind.root)):
            if path in tally.excused or self._third not in (None, number % 3):
                continue
            try:
                case = case_of(kind, path, attribute, number)
            except LookupError as error:
                problems[path] = f"no sample: {error}"
                continue
            cases.append(case)
        return cases, problems

    def batches(self, object_name: str, cases: list[Case]) -> list[list[Case]]:
        """Cases that can live side by side on one account."""
        said = said_of_type(object_name)
        size = 1 if loader.by_object(object_name).life.singleton else said.get("batch", _MAX_BATCH)
        batches: list[tuple[list[Case], set[Any]]] = []
        for case in cases:
            claims = {
                arguments.get(name)
                for name in said.get("apart", ())
                for arguments in (case.first, case.second)
            }
            for batch, taken in batches:
                if len(batch) < size and claims.isdisjoint(taken):
                    batch.append(case)
                    taken.update(claims)
                    break
            else:
                batches.append(([case], claims))
        return [batch for batch, _ in batches]

    # ── what a stack says ─────────────────────────────────────────────────────────────────

    def before(self, object_name: str) -> dict[str, str]:
        """What an account has to have before it has one of these: source lines by address."""
        found: dict[str, str] = {}
        for entry in said_of_type(object_name).get("before", ()):
            args = entry["arguments"]
            self._needed(args, found, set())
            address = f"{loader.type_name(entry['object'])}.{entry['name']}"
            found[address] = self.line(entry["object"], entry["name"], args)
        return found

    def beside(self, cases: list[Case]) -> dict[str, str]:
        """The declarations that cases refer to, in order: source lines by address."""
        found: dict[str, str] = {}
        subjects = {case.address for case in cases}
        for case in cases:
            for arguments in (case.first, case.second, case.rest or {}):
                own = {f"{loader.type_name(name)}.{label}" for name, label, _ in case.beside}
                self._needed(arguments, found, subjects | own)
            for name, label, arguments in case.beside:
                self._needed(arguments, found, subjects)
                found[f"{loader.type_name(name)}.{label}"] = self.line(name, label, arguments)
        return found

    def _needed(self, arguments: Mapping[str, Any], found: dict[str, str], known: set[str]) -> None:
        for target in targets_in(arguments):
            address = str(getattr(target, "address", ""))
            if not address or address in found or address in known:
                continue
            type_name, _, name = address.partition(".")
            object_name = loader.resource_type(type_name).object
            args = base_of(object_name, name)
            self._needed(args, found, known)
            found[address] = self.line(object_name, name, args)

    def needed(self, object_name: str, declarations: list[dict[str, Any]]) -> dict[str, str]:
        """What declarations of a type refer to: source lines by address."""
        known = set(self.before(object_name))
        found: dict[str, str] = {}
        for arguments in declarations:
            self._needed(arguments, found, known)
        return found

    def is_free(self, object_name: str, name: str) -> bool:
        """Whether a string field takes any words: neither the data nor its name says otherwise."""
        said = said_of_type(object_name)
        spoken_for = name in said.get("base", {}) or bool(override(object_name, name))
        return not spoken_for and not any(fnmatch.fnmatchcase(name, one) for one in DATA["names"])

    def line(self, object_name: str, name: str, arguments: Mapping[str, Any]) -> str:
        """A declaration as a line of a stack module."""
        kind = loader.by_object(object_name)
        lifecycle = ["protect=False"] if kind.life.protect else []
        ignored = said_of_type(object_name).get("ignored_beside")
        if ignored and name in _BESIDE:
            lifecycle.append(f"ignore_changes={ignored!r}")
        said = f"lifecycle=Lifecycle({', '.join(lifecycle)}), " if lifecycle else ""
        return f"stripe.{kind.face}({name!r}, {said}**{dict(arguments)!r})"

    def base(self, object_name: str, name: str) -> dict[str, Any]:
        """The smallest declaration of a type."""
        return base_of(object_name, name)

    def schema_path(self, object_name: str, path: tuple[Any, ...]) -> str:
        """A path in a declaration as the catalog spells it."""
        return spelt(loader.by_object(object_name).root, path)


def sample_project(root: Path, emulator: Emulator) -> Project:
    """A project in front of the account of the samples, with the files that they send."""
    project = Project(root, emulator, key=KEY, retries=1)
    for name, text in DATA["files"].items():
        (root / name).write_text(text, encoding="utf-8")
    return project
