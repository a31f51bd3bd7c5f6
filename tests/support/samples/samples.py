"""Samples made from the catalog: for every leaf of every managed type two values, and none.

What Stripe's rules demand beyond what the catalog tells stands in `samples.json`: per type a
smallest declaration, and per leaf what has to stand beside it.
"""

from __future__ import annotations

import copy
import fnmatch
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from engine.catalog import loader
from engine.catalog.merge import matches
from engine.emulator.core import Emulator
from engine.schema.attribute import Attribute, Kind, walk
from engine.schema.field_semantics import ListOrder
from engine.schema.resource_type import ResourceType
from engine.stack.checks.fields import check_arguments, check_references
from engine.stack.checks.findings import Finding
from engine.stack.checks.linked import blurred, completed
from engine.stack.checks.rules import CheckContext
from engine.values.markers import ABSENT, UNKNOWN
from engine.values.targets import AttributeTarget, Target
from engine.values.templates import targets_in
from tests.support.project import Project

NOW = 1_790_000_000
"""What the emulator's clock says; moments in samples lie ahead of it."""
CIRCUMSTANCES = CheckContext(now=NOW)
DATA: Mapping[str, Any] = json.loads(
    (Path(__file__).parent / "samples.json").read_text(encoding="utf-8")
)
_SCALARS = (Kind.STRING, Kind.INTEGER, Kind.NUMBER, Kind.DECIMAL, Kind.BOOLEAN, Kind.ANY)
_PLAIN: Mapping[Kind, tuple[Any, Any]] = {
    Kind.STRING: ("One <n>", "Two <n>"),
    Kind.INTEGER: (100, 200),
    Kind.NUMBER: (10, 12.5),
    Kind.DECIMAL: ("10.5", "20.25"),
}
_MAX_BATCH = 40
_BESIDE = ("one", "two")
KEY = "sk_test_convergence"
"""Whose account the samples are on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One leaf of one type, with the declarations that take it through its life.

    Attributes:
        object: Object name of the type.
        path: The leaf as the catalog spells it, `tiers.*.up_to`.
        name: Logical name of the declaration.
        first: Arguments that hold one value.
        second: The same with another value.
        rest: The same without the leaf; None where it has to be there.
        changed: Schema paths that the plan names when `second` takes the place of `first`.
        renewed: Natural keys that a new object needs to have anew.
        cut: Schema path of what `rest` lacks; empty where it lacks more than one thing.
        replaces: Whether the change makes a new object.
        beside: What this leaf alone has to have beside it: object name, logical name, arguments.
    """

    object: str
    path: str
    name: str
    first: dict[str, Any]
    second: dict[str, Any]
    rest: dict[str, Any] | None
    changed: frozenset[str]
    renewed: frozenset[str]
    cut: str
    replaces: bool
    beside: tuple[tuple[str, str, dict[str, Any]], ...] = ()

    @property
    def said(self) -> Mapping[str, dict[str, Any]]:
        """Arguments by the phase of the leaf's life."""
        rest = self.second if self.rest is None else self.rest
        return {"declared": self.first, "changed": self.second, "taken out": rest}

    @property
    def address(self) -> str:
        """Text of the address."""
        return f"{loader.type_name(self.object)}.{self.name}"


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

    def __init__(self, tallies: dict[str, Tally]) -> None:
        """Args: tallies: where the outcome of every leaf is written down."""
        self._tallies = tallies

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
        return [path for path, _ in _leaves(loader.by_object(object_name).root)]

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
        for number, (path, attribute) in enumerate(_leaves(kind.root)):
            if path in tally.excused:
                continue
            try:
                case = _case(kind, path, attribute, number)
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
            args = _base(object_name, name)
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
        spoken_for = name in said.get("base", {}) or bool(_override(object_name, name))
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
        return _base(object_name, name)

    def schema_path(self, object_name: str, path: tuple[Any, ...]) -> str:
        """A path in a declaration as the catalog spells it."""
        return _spelt(loader.by_object(object_name).root, path)


def sample_project(root: Path, emulator: Emulator) -> Project:
    """A project in front of the account of the samples, with the files that they send."""
    project = Project(root, emulator, key=KEY, retries=1)
    for name, text in DATA["files"].items():
        (root / name).write_text(text, encoding="utf-8")
    return project


class Chooser(Protocol):
    """Chooses a value for a leaf."""

    def __call__(
        self, attribute: Attribute, pair: tuple[Any, Any], *, free: bool
    ) -> tuple[Any, int]:
        """A value, and which of the leaf's two samples needs the same beside it.

        Args:
            attribute: The leaf.
            pair: Its two samples.
            free: Nothing but the attribute says what is valid.
        """


def grown(
    object_name: str,
    arguments: Mapping[str, Any],
    path: str,
    name: str,
    choose: Chooser,
) -> tuple[dict[str, Any], tuple[tuple[str, str, dict[str, Any]], ...]]:
    """A declaration with one leaf more, or with another value of it.

    Args:
        object_name: Object name of the type.
        arguments: What the declaration says so far; untouched.
        path: The leaf as the catalog spells it.
        name: Logical name of the declaration.
        choose: Gives a value, and which of the two samples needs the same beside it.

    Returns:
        The arguments, and what the leaf has to have beside it: object name, logical name,
        arguments.

    Raises:
        LookupError: if the data says too little to make some.
    """
    kind = loader.by_object(object_name)
    attribute = kind.root.at(tuple(path.split(".")))
    assert attribute is not None
    said = _numbered(_override(object_name, path), name)
    found = copy.deepcopy(dict(arguments))
    for dotted, value in said.get("with", {}).items():
        _put(kind.root, found, dotted, value, name)
    pair = said.get("values") or _values(attribute, tuple(path.split(".")), name)
    free = "values" not in said and not any(
        fnmatch.fnmatchcase(path, one) or fnmatch.fnmatchcase(f"{path}.*", one)
        for one in DATA["names"]
    )
    value, which = choose(attribute, (pair[0], pair[1]), free=free)
    found = _with(found, _place(kind.root, found, path, name), value)
    for dotted, needed in said.get("second", {}).items() if which else ():
        _put(kind.root, found, dotted, needed, name)
    beside = said.get("beside", ())
    return found, tuple((one["object"], one["name"], one["arguments"]) for one in beside)


# ── leaves ────────────────────────────────────────────────────────────────────────────────


def _leaves(root: Attribute) -> Iterator[tuple[str, Attribute]]:
    """Leaves that an author may write; a list or a map of scalars is one."""
    for path, attribute in walk(root):
        above = [root.at(path[:length]) for length in range(1, len(path))]
        if not attribute.declarable or any(node is None or _is_leaf(node) for node in above):
            continue
        if _is_leaf(attribute):
            yield _spelt(root, path), attribute


def _is_leaf(attribute: Attribute) -> bool:
    if attribute.kind in _SCALARS:
        return True
    element = attribute.element
    return element is not None and element.kind in _SCALARS


# ── declarations ──────────────────────────────────────────────────────────────────────────


def said_of_type(object_name: str) -> Mapping[str, Any]:
    """What the data says of a type."""
    found: Mapping[str, Any] = DATA["types"].get(object_name, {})
    return found


def _base(object_name: str, name: str) -> dict[str, Any]:
    """The smallest declaration of a type: what the data says, and what is required."""
    kind = loader.by_object(object_name)
    said = said_of_type(object_name)
    own = [
        arguments
        for pattern, arguments in said.get("named", {}).items()
        if fnmatch.fnmatchcase(name, pattern)
    ]
    args: dict[str, Any] = _numbered({**said.get("base", {}), **(own[0] if own else {})}, name)
    _fill(kind.root, args, (), name)
    return args


def _numbered(value: Any, name: str) -> Any:
    """A sample with the declaration's own name in place of `<n>`."""
    if isinstance(value, str):
        return value.replace("<n>", name)
    if isinstance(value, dict):
        return {_numbered(key, name): _numbered(inner, name) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_numbered(inner, name) for inner in value]
    return value


def _fill(attribute: Attribute, args: dict[str, Any], path: tuple[str, ...], name: str) -> None:
    """Fill in what an object requires."""
    for key, child in attribute.fields.items():
        if child.required and key not in args:
            args[key] = _smallest(child, (*path, key), name)


def _smallest(attribute: Attribute, path: tuple[str, ...], name: str) -> Any:
    if _is_leaf(attribute):
        return _values(attribute, path, name)[0]
    if attribute.kind is Kind.LIST and attribute.element is not None:
        return [_smallest(attribute.element, (*path, "*"), name)]
    args: dict[str, Any] = {}
    _fill(attribute, args, path, name)
    return args


def _case(kind: ResourceType, path: str, attribute: Attribute, number: int) -> Case:
    """One leaf's declarations.

    Raises:
        LookupError: if the data says too little to make some.
    """
    name = f"n{number}"
    said = _numbered(_override(kind.object, path), name)
    args = _base(kind.object, name)
    base = copy.deepcopy(args)
    for dotted, value in said.get("with", {}).items():
        _put(kind.root, args, dotted, value, name)
    one, two = said.get("values") or _values(attribute, tuple(path.split(".")), name)
    where = _place(kind.root, args, path, name)
    first = _with(args, where, one)
    second = _with(args, where, two)
    for dotted, value in said.get("second", {}).items():
        _put(kind.root, second, dotted, value, name)
    changed = set() if one == two else {f"{path}.*" if attribute.kind is Kind.MAP else path}
    changed |= {*said.get("second", {}), *said.get("along", ())}
    replaces = one != two and _replaces(kind.root, where, attribute, one)
    renewed = _kept_keys(kind, path, second) if attribute.immutable else frozenset()
    if replaces:
        _renew(second, renewed, second)
    for arguments in (first, second):
        for finding in _findings(kind, arguments):
            raise LookupError(f"{finding.message} {finding.hint} in {arguments}")
    # What a removal is tried on is the last value that was applied.
    rest, cut = _rest(kind, second, base, where)
    if rest is not None:
        _renew(rest, renewed, second)
    return Case(
        object=kind.object,
        path=path,
        name=name,
        first=first,
        second=second,
        rest=rest,
        changed=frozenset(changed),
        renewed=renewed,
        cut=cut,
        replaces=replaces,
        beside=tuple(
            (entry["object"], entry["name"], entry["arguments"]) for entry in said.get("beside", ())
        ),
    )


def _kept_keys(kind: ResourceType, path: str, arguments: Mapping[str, Any]) -> frozenset[str]:
    """Keys that an object keeps although it has ended, so that the next needs others."""
    return frozenset(
        key.attribute
        for key in kind.life.natural_keys
        if key.unique and key.kept_by_removed and not key.transfer
        if key.attribute != path and isinstance(arguments.get(key.attribute), str)
    )


def _renew(arguments: dict[str, Any], names: frozenset[str], last: dict[str, Any]) -> None:
    for name in names:
        arguments[name] = f"{last[name]}x"


def _override(object_name: str, path: str) -> dict[str, Any]:
    """What the data says of a leaf; of several rows that fit, the later wins."""
    found: dict[str, Any] = {}
    for pattern, said in said_of_type(object_name).get("leaves", {}).items():
        if any(fnmatch.fnmatchcase(path, option) for option in pattern.split(" ")):
            found |= said
    words = path.split(".")
    return dict(_spelt_out(found, words[1] if len(words) > 1 else ""))


def _spelt_out(value: Any, word: str) -> Any:
    """A sample with the second word of the leaf's path in place of `<1>`; capitals for `<UP>`."""
    if isinstance(value, str):
        return value.replace("<1>", word).replace("<UP>", word.upper())
    if isinstance(value, dict):
        return {_spelt_out(key, word): _spelt_out(inner, word) for key, inner in value.items()}
    if isinstance(value, list):
        return [_spelt_out(inner, word) for inner in value]
    return value


def _replaces(root: Attribute, where: tuple[Any, ...], attribute: Attribute, one: Any) -> bool:
    above = [root.at(where[:length]) for length in range(1, len(where))]
    return (
        attribute.immutable
        or (one in attribute.frozen if not isinstance(one, dict) else False)
        or any(node is not None and node.add_only for node in above)
    )


def _place(root: Attribute, args: dict[str, Any], path: str, name: str) -> tuple[Any, ...]:
    """Make room for a leaf, with what its holders require, and say where it goes."""
    node: Attribute = root
    holder: Any = args
    where: list[Any] = []
    parts = path.split(".")
    for depth, part in enumerate(parts):
        key: Any = part
        if part == "*" and node.kind is Kind.LIST:
            key = 0
        elif part == "*":
            key = next(iter(holder), None) or DATA["map_keys"].get(where[-1]) or _key_of(node)
        where.append(key)
        child = node.child(key)
        if child is None:
            raise LookupError(f"{path} leads nowhere")
        if depth == len(parts) - 1:
            return tuple(where)
        missing = not holder if isinstance(holder, list) else holder.get(key) is None
        if missing:
            value: Any = [] if child.kind is Kind.LIST else {}
            if isinstance(holder, list):
                holder.append(value)
            else:
                holder[key] = value
        if child.kind is Kind.OBJECT:
            _fill(child, holder[key], tuple(parts[: depth + 1]), name)
        holder, node = holder[key], child
    raise LookupError(path)


def _key_of(attribute: Attribute) -> str:
    found: str = DATA["keys"].get(attribute.pattern, "a")
    return found


def _other_key(attribute: Attribute) -> str:
    return "gbp" if attribute.pattern in DATA["keys"] else "b"


def _put(root: Attribute, args: dict[str, Any], dotted: str, value: Any, name: str) -> None:
    """Write a value under a dotted path; null takes away what is there."""
    if value is None:
        holder: Any = args
        *above, last = dotted.split(".")
        for part in above:
            holder = holder.get(part, {})
        holder.pop(last, None)
        return
    where = _place(root, args, dotted, name)
    args.update(_with(args, where, value))


def _with(args: dict[str, Any], where: tuple[Any, ...], value: Any) -> dict[str, Any]:
    found = copy.deepcopy(args)
    holder: Any = found
    for part in where[:-1]:
        holder = holder[part]
    if isinstance(holder, list) and where[-1] == len(holder):
        holder.append(value)
    else:
        holder[where[-1]] = value
    return found


def _is_valid(kind: ResourceType, arguments: Mapping[str, Any]) -> bool:
    return not any(True for _ in _findings(kind, arguments))


def _findings(kind: ResourceType, arguments: Mapping[str, Any]) -> Iterator[Finding]:
    yield from check_arguments(kind, arguments, CIRCUMSTANCES)
    yield from check_references(kind, arguments, CIRCUMSTANCES, _declared)


def _declared(target: Target) -> Any:
    """What the samples say of what a reference names."""
    if not isinstance(target, AttributeTarget) or target.attribute != "id":
        return UNKNOWN
    named = loader.resource_type(target.address.type)
    found = completed(named.root, _base(named.object, target.address.name))
    for ignored in said_of_type(named.object).get("ignored_beside", ()):
        found = blurred(found, (ignored,))
    return found


def _rest(
    kind: ResourceType, args: dict[str, Any], base: dict[str, Any], where: tuple[Any, ...]
) -> tuple[dict[str, Any] | None, str]:
    """The declaration without a leaf, or without the smallest block around it that can go."""
    for length in range(len(where), 0, -1):
        if isinstance(where[length - 1], int):
            continue  # not an element: the list that it is in
        rest, gone = _cut(args, base, where[:length])
        if _is_valid(kind, rest):
            return rest, _spelt(kind.root, gone)
    apart = said_of_type(kind.object).get("apart", ())
    same = all(base.get(name) == args.get(name) for name in apart)
    if same and _reach(base, where) is ABSENT and _is_valid(kind, base):
        return copy.deepcopy(base), ""
    return None, ""


def _cut(
    args: dict[str, Any], base: dict[str, Any], where: tuple[Any, ...]
) -> tuple[dict[str, Any], tuple[Any, ...]]:
    """A declaration without a place nor the blocks that are empty then, and the place gone."""
    found = copy.deepcopy(args)
    for length in range(len(where), 0, -1):
        holder = _reach(found, where[: length - 1])
        holder.pop(where[length - 1])
        if holder or _reach(base, where[: length - 1]) is not ABSENT:
            return found, where[:length]
    return found, ()


def _reach(value: Any, where: tuple[Any, ...]) -> Any:
    """What is at a place; ABSENT if nothing."""
    for part in where:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return ABSENT
    return value


def _spelt(root: Attribute, where: tuple[Any, ...]) -> str:
    """A path in a declaration as the catalog spells it."""
    parts: list[str] = []
    node: Attribute | None = root
    for part in where:
        many = node is not None and node.kind in (Kind.LIST, Kind.MAP)
        parts.append("*" if many else str(part))
        node = node.child(part) if node is not None else None
    return ".".join(parts)


# ── values ────────────────────────────────────────────────────────────────────────────────


def _values(attribute: Attribute, path: tuple[str, ...], name: str) -> tuple[Any, Any]:
    """Two valid values of a leaf; the second is not what having none means.

    Raises:
        LookupError: if nothing tells what is valid.
    """
    if attribute.kind is Kind.LIST and attribute.element is not None:
        one, two = _values(attribute.element, (*path, "*"), name)
        return ([one], [two]) if attribute.order is ListOrder.KEYED else ([one], [two, one])
    if attribute.kind is Kind.MAP and attribute.element is not None:
        one, two = _values(attribute.element, (*path, "*"), name)
        return {_key_of(attribute): one}, {_key_of(attribute): two, _other_key(attribute): one}
    dotted = ".".join(path)
    one, two = _numbered(_said_of(attribute, dotted) or _plain(attribute, dotted, name), name)
    return one, two


def _said_of(attribute: Attribute, dotted: str) -> Any:
    """What the data or the catalog says of a field's values; None if neither does."""
    for pattern, values in DATA["names"].items():
        if fnmatch.fnmatchcase(dotted, pattern) and attribute.kind.value in values:
            return values[attribute.kind.value]
    if attribute.values:
        return _words(attribute)
    if attribute.reference in DATA["ids"]:
        return DATA["ids"][attribute.reference]
    if attribute.reference in loader.managed():
        type_name = loader.type_name(attribute.reference)
        return f"${{{type_name}.one.id}}", f"${{{type_name}.two.id}}"
    if attribute.pattern and attribute.kind is Kind.STRING:
        return DATA["patterns"][attribute.pattern]
    return None


def _words(attribute: Attribute) -> tuple[Any, Any]:
    """Two of an enum's words."""
    if len(attribute.values) == 1:  # it can be declared and taken out, and nothing else
        return attribute.values[0], attribute.values[0]
    last = [word for word in attribute.values if word != attribute.neutral][-1]
    return next(word for word in attribute.values if word != last), last


def _plain(attribute: Attribute, dotted: str, name: str) -> tuple[Any, Any]:
    if attribute.kind is Kind.BOOLEAN:
        return (True, False) if attribute.neutral is True else (False, True)
    if attribute.reference or attribute.kind not in _PLAIN:
        raise LookupError(f"{dotted} is a {attribute.reference or attribute.kind.value}")
    one, two = _numbered(_PLAIN[attribute.kind], name)
    return one, two
