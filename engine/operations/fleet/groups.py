"""Which plans of several accounts are equal: equal in everything that a person should see.

What names an account or its own objects is left out: its id, its environment, the lineage of its
states, ids that Stripe made up for what the plan changes. An id that the code chose, as that of a
coupon, is a value like any other. Of secrets it counts only that there is one, of what uses an
object only whether anything does.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from engine.plan.model import Change, FieldChange, OutputChange, Plan, PlanReport, Step, StepKind
from engine.values.markers import UNKNOWN, Marker
from engine.values.secret import is_secret
from engine.values.tree import map_scalars

_MADE_UP = re.compile(r"[a-z0-9_]+_[A-Za-z0-9]{8,}")
_SILENT = (StepKind.RECORD, StepKind.FORGET)
_KNOWN_LATER = {"own": ""}


def parts_of(report: PlanReport) -> frozenset[str]:
    """What plans do, as a digest for each change, output and move."""
    names = _Names(report)
    return frozenset(
        _digest([plan.stack, *part]) for plan in report.plans for part in _parts(plan, names)
    )


def group_of(report: PlanReport, parts: frozenset[str]) -> str:
    """The key of the plans that are equal to these.

    Args:
        report: The plans.
        parts: What they do.
    """
    names = _Names(report)
    seen = [
        [
            plan.stack,
            plan.refresh_only,
            [names.text(warning) for warning in plan.warnings],
            [
                [
                    drift.address,
                    drift.gone,
                    drift.ended,
                    [_field(entry, names) for entry in drift.fields],
                ]
                for drift in plan.drift
            ],
        ]
        for plan in report.plans
    ]
    used = sorted(
        [impact.stack, str(impact.address), bool(impact.uses), bool(impact.unread)]
        for impact in report.impacts
    )
    # A yes to changes of test accounts is none to changes with real money.
    return _digest([sorted(parts), seen, used, report.livemode])[:16]


class _Names:
    """What a report's plans call by other names in each account."""

    def __init__(self, report: PlanReport) -> None:
        own: dict[str, str] = {}
        for plan in report.plans:
            for change in plan.changes:
                chosen = (change.before.get("id"), change.after.get("id"))
                if change.id not in chosen and _MADE_UP.fullmatch(change.id):
                    own[change.id] = f"{plan.stack}:{change.address}"
        self._own = own
        self._texts = {**own, report.environment: "@environment"}
        self._texts |= {plan.lineage: "@lineage" for plan in report.plans}
        self._texts[report.account_id] = "@account"
        self._texts.pop("", None)
        longest_first = sorted(self._texts, key=len, reverse=True)
        self._any = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")

    def text(self, text: str) -> str:
        """A text with names that are the same in each account."""
        return self._any.sub(lambda match: self._texts[match[0]], text)

    def value(self, value: Any, *, later: bool = False) -> Any:
        """A nested value in JSON's shapes, in which values of other types differ.

        Args:
            value: It stays as it is.
            later: Of two runs, one may know the id of an own object that the other does not yet:
                both are the same. The steps say which object it is.
        """

        def scalar(leaf: Any) -> Any:
            if is_secret(leaf):
                return {"secret": True}
            if isinstance(leaf, Marker):
                return _KNOWN_LATER if leaf is UNKNOWN else {"marker": leaf.name}
            if leaf in self._own:
                return _KNOWN_LATER if later else {"own": self._own[leaf]}
            if isinstance(leaf, str):
                return self.text(str.__str__(leaf))
            plain = leaf is None or isinstance(leaf, (bool, int))
            return leaf if plain else {type(leaf).__name__: str(leaf)}

        return map_scalars(_plain(value), scalar)


def _plain(value: Any) -> Any:
    """A value whose mappings have names only, as JSON needs them."""
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def _parts(plan: Plan, names: _Names) -> Iterator[list[Any]]:
    steps: dict[str, list[Any]] = {}
    for step in plan.steps:
        if step.kind not in _SILENT:
            steps.setdefault(step.address, []).append(_step(step, names))
    for change in plan.pending:
        yield ["change", *_change(change, names), steps.pop(change.address, [])]
    yield from (["steps", address, some] for address, some in steps.items())
    wanted = plan.wanted_outputs or {}
    for output in plan.outputs:
        value = None if output.sensitive else wanted.get(output.name, (None,))[0]
        yield ["output", *_output(output, names), names.value(value)]
    yield from (["move", old, new] for old, new in plan.moves.items())


def _change(change: Change, names: _Names) -> Iterator[Any]:
    yield from (str(change.address), change.action, list(change.reasons))
    yield names.value(_without_secrets(change, change.before))
    yield names.value(_without_secrets(change, change.after), later=True)
    yield [_field(entry, names) for entry in change.fields]
    yield from (change.create_first, _record(change.removal))
    yield [names.text(note) for note in change.notes]
    yield from (change.moved_from, names.text(change.account))


def _without_secrets(change: Change, side: Mapping[str, Any]) -> Mapping[str, Any]:
    """A side of a change without the top-level fields that hold something sensitive."""
    hidden = {entry.path[0] for entry in change.fields if entry.sensitive and entry.path}
    return {name: value for name, value in side.items() if name not in hidden}


def _field(entry: FieldChange, names: _Names) -> list[Any]:
    sides: list[Any] = [_given(entry.before), _given(entry.after)]
    if not entry.sensitive:
        sides = [names.value(entry.before), names.value(entry.after, later=True)]
    about = [entry.reason, entry.forces_replacement, entry.sensitive, entry.currency]
    return [list(map(str, entry.path)), *sides, *about]


def _output(output: OutputChange, names: _Names) -> list[Any]:
    if output.sensitive:
        return [output.name, _given(output.before), _given(output.after)]
    before, after = (names.value(side, later=True) for side in (output.before, output.after))
    return [output.name, before, after]


def _given(side: Any) -> str:
    """Of a side that may not be shown: whether there is a value."""
    return side.name if isinstance(side, Marker) and side is not UNKNOWN else "given"


def _step(step: Step, names: _Names) -> list[Any]:
    params = names.value(step.params)
    # The key of a removal has the id of its object in it, which is another one in each account.
    key = step.key.replace(step.id, "@id") if _MADE_UP.fullmatch(step.id) else step.key
    about = [names.text(key), step.kind, step.call, _record(step.removal), names.text(step.account)]
    return [*about, step.other, params]


def _record(value: Any) -> Any:
    """A record of a type's row, as text."""
    return None if value is None else repr(dataclasses.asdict(value))


def _digest(document: Any) -> str:
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
