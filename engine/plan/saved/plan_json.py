"""A plan, and what it was made from, as a JSON document: what a plan file holds of one stack.

Secrets are not in it. What must not live here: the file around it (`planfile`), and operations and
their values, which the journal of a run holds too (`codec`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.address import is_logical_name, parse_address
from engine.plan.model import (
    Action,
    Change,
    Drift,
    FieldChange,
    FieldReason,
    OutputChange,
    Plan,
    Reason,
)
from engine.plan.saved.preconditions import KeyClaim, ObjectSnapshot, Preconditions
from engine.plan.saved.step_json import (
    removal_document,
    removal_of,
    step_document,
    step_of,
    value_document,
    value_of,
    with_secrets,
)
from engine.schema.resource_type import Schemas
from engine.values.markers import Marker
from engine.values.paths import Path
from engine.values.secret import Sealed, Sensitive
from engine.values.templates import targets_in

_NO_SECRETS: Mapping[str, Any] = {}


def plan_document(plan: Plan) -> dict[str, Any]:
    """A plan as JSON holds it, whatever is empty left out.

    Objects that were looked up are not in there: an apply reads them again.
    """
    salt = plan.lineage
    wanted = plan.wanted_outputs
    return _full(
        {
            "stack": plan.stack,
            "lineage": plan.lineage,
            "serial": plan.serial,
            "changes": [_change_document(change, salt) for change in plan.changes],
            "drift": [_drift_document(drift, salt) for drift in plan.drift],
            "outputs": [_output_document(output, salt) for output in plan.outputs],
            "steps": [step_document(step, salt) for step in plan.steps],
            "moves": [list(move) for move in plan.moves.items()],
            "refresh_only": plan.refresh_only,
            "warnings": list(plan.warnings),
            "refusals": list(plan.refusals),
        }
    ) | {
        "wanted_outputs": None
        if wanted is None
        else {
            name: {"value": _wanted_document(value, salt, sensitive=hide), "sensitive": hide}
            for name, (value, hide) in wanted.items()
        }
    }


def plan_of(document: Mapping[str, Any], environment: str, schemas: Schemas) -> Plan:
    """Read what `plan_document` wrote; secrets stay fingerprints.

    Args:
        document: The JSON object.
        environment: Environment name.
        schemas: Resource types by name.

    Raises:
        KeyError: if a field is missing, or a type is not known.
        ValueError: if a value is not one.
        EngineError: if an address is none.
    """
    wanted = document["wanted_outputs"]
    return Plan(
        stack=checked_name(document["stack"]),
        environment=environment,
        lineage=document["lineage"],
        serial=document.get("serial", 0),
        changes=tuple(_change_of(entry, schemas) for entry in document.get("changes", ())),
        drift=tuple(_drift_of(entry) for entry in document.get("drift", ())),
        outputs=tuple(_output_of(entry) for entry in document.get("outputs", ())),
        wanted_outputs=None
        if wanted is None
        else {
            name: (value_of(entry["value"], _NO_SECRETS), entry["sensitive"])
            for name, entry in wanted.items()
        },
        steps=tuple(step_of(entry, schemas, _NO_SECRETS) for entry in document.get("steps", ())),
        moves=dict(document.get("moves", ())),
        refresh_only=document.get("refresh_only", False),
        warnings=tuple(document.get("warnings", ())),
        refusals=tuple(document.get("refusals", ())),
    )


def checked_name(text: Any) -> str:
    """The name of a stack or an environment as a file has it; it becomes part of paths.

    Raises:
        ValueError: if it is none.
    """
    if not isinstance(text, str) or not is_logical_name(text):
        raise ValueError(f"{text!r} is no name of a stack or an environment")
    return text


def wanted_with_secrets(
    wanted: Mapping[str, tuple[Any, bool]] | None, secrets: Mapping[str, Any]
) -> Mapping[str, tuple[Any, bool]] | None:
    """The outputs of a plan that was read, with those secrets filled in that are known."""
    if wanted is None:
        return None
    found: dict[str, tuple[Any, bool]] = {}
    for name, (value, hide) in wanted.items():
        filled = with_secrets(value, secrets)
        # A sensitive output was sealed as a whole, whatever it is.
        whole = hide and isinstance(filled, Sensitive)
        found[name] = (filled.value if whole else filled, hide)
    return found


def is_reference(value: Any) -> bool:
    """Whether a value is one reference and nothing else."""
    targets = list(targets_in(value)) if isinstance(value, str) else []
    return len(targets) == 1 and str(value) == f"${{{targets[0]}}}"


def _wanted_document(value: Any, salt: str, *, sensitive: bool) -> Any:
    whole = sensitive and not is_reference(value)
    return value_document(_hidden(value) if whole else value, salt)


# ── changes ───────────────────────────────────────────────────────────────────────────────


def _change_document(change: Change, salt: str) -> dict[str, Any]:
    before, after = change.before, change.after
    for entry in change.fields:
        if entry.sensitive:
            before, after = _covered(before, entry.path), _covered(after, entry.path)
    return _full(
        {
            "address": str(change.address),
            "type": change.type,
            "action": change.action.value,
            "reasons": [reason.value for reason in change.reasons],
            "id": change.id,
            "before": value_document(before, salt),
            "after": value_document(after, salt),
            "fields": [_field_document(entry, salt) for entry in change.fields],
            "create_first": change.create_first,
            "removal": removal_document(change.removal, salt),
            "notes": list(change.notes),
            "moved_from": str(change.moved_from) if change.moved_from is not None else "",
            "line": change.line,
        }
    )


def _change_of(document: Mapping[str, Any], schemas: Schemas) -> Change:
    kind = schemas[document["type"]]
    moved_from = document.get("moved_from", "")
    return Change(
        address=parse_address(document["address"]),
        type=document["type"],
        action=Action(document["action"]),
        reasons=tuple(Reason(reason) for reason in document.get("reasons", ())),
        id=document.get("id", ""),
        before=value_of(document.get("before", {}), _NO_SECRETS),
        after=value_of(document.get("after", {}), _NO_SECRETS),
        fields=tuple(_field_of(entry) for entry in document.get("fields", ())),
        create_first=document.get("create_first", False),
        removal=removal_of(document.get("removal"), kind, _NO_SECRETS),
        notes=tuple(document.get("notes", ())),
        moved_from=parse_address(moved_from) if moved_from else None,
        line=document.get("line", ""),
    )


def _field_document(entry: FieldChange, salt: str) -> dict[str, Any]:
    return _full(
        {
            "path": list(entry.path),
            "reason": entry.reason.value,
            "forces_replacement": entry.forces_replacement,
            "sensitive": entry.sensitive,
            "currency": entry.currency,
        }
    ) | _sides(entry.before, entry.after, salt, sensitive=entry.sensitive)


def _field_of(document: Mapping[str, Any]) -> FieldChange:
    return FieldChange(
        path=tuple(document.get("path", ())),
        before=value_of(document["before"], _NO_SECRETS),
        after=value_of(document["after"], _NO_SECRETS),
        reason=FieldReason(document["reason"]),
        forces_replacement=document.get("forces_replacement", False),
        sensitive=document.get("sensitive", False),
        currency=document.get("currency", ""),
    )


def _drift_document(drift: Drift, salt: str) -> dict[str, Any]:
    return _full(
        {
            "address": str(drift.address),
            "type": drift.type,
            "id": drift.id,
            "gone": drift.gone,
            "ended": drift.ended,
            "fields": [_field_document(entry, salt) for entry in drift.fields],
        }
    )


def _drift_of(document: Mapping[str, Any]) -> Drift:
    return Drift(
        address=parse_address(document["address"]),
        type=document["type"],
        id=document.get("id", ""),
        gone=document.get("gone", False),
        ended=document.get("ended", False),
        fields=tuple(_field_of(entry) for entry in document.get("fields", ())),
    )


def _output_document(output: OutputChange, salt: str) -> dict[str, Any]:
    sides = _sides(output.before, output.after, salt, sensitive=output.sensitive)
    return {"name": output.name, "sensitive": output.sensitive, **sides}


def _output_of(document: Mapping[str, Any]) -> OutputChange:
    return OutputChange(
        name=document["name"],
        before=value_of(document["before"], _NO_SECRETS),
        after=value_of(document["after"], _NO_SECRETS),
        sensitive=document["sensitive"],
    )


def _sides(before: Any, after: Any, salt: str, *, sensitive: bool) -> dict[str, Any]:
    """Both sides of a change; of a sensitive one only whether there is something."""
    return {
        name: value_document(_hidden(side) if sensitive else side, salt)
        for name, side in (("before", before), ("after", after))
    }


def _hidden(side: Any) -> Any:
    """A value as a secret, unless it is none or hidden already."""
    bare = side is None or isinstance(side, (Marker, Sensitive, Sealed))
    return side if bare else Sensitive(side)


def _covered(document: Any, path: Path) -> Any:
    """A document with what stands at a path made a secret."""
    if not path:
        return _hidden(document)
    first, rest = path[0], path[1:]
    if isinstance(document, Mapping) and first in document:
        return {**document, first: _covered(document[first], rest)}
    if isinstance(document, list) and isinstance(first, int) and first < len(document):
        return [*document[:first], _covered(document[first], rest), *document[first + 1 :]]
    return document


# ── what it was made from ─────────────────────────────────────────────────────────────────


def binding_document(binding: Preconditions, salt: str) -> dict[str, Any]:
    """What a plan was made from as JSON holds it, whatever is empty left out.

    Args:
        binding: What it was made from.
        salt: For fingerprints of secrets.
    """
    return _full(
        {
            "digest": binding.digest,
            "reads": list(binding.reads),
            "outputs": value_document(binding.outputs, salt),
            "seen": [_seen_document(entry, salt) for entry in binding.seen],
            "sought": [_sought_document(entry, salt) for entry in binding.sought],
        }
    )


def binding_of(document: Mapping[str, Any]) -> Preconditions:
    """Read what `binding_document` wrote.

    Raises:
        KeyError: if a field is missing.
        EngineError: if an address is none.
    """
    return Preconditions(
        digest=document.get("digest", ""),
        reads=tuple(document.get("reads", ())),
        outputs=value_of(document.get("outputs", {}), _NO_SECRETS),
        seen=tuple(_seen_of(entry) for entry in document.get("seen", ())),
        sought=tuple(_sought_of(entry) for entry in document.get("sought", ())),
    )


def _seen_document(seen: ObjectSnapshot, salt: str) -> dict[str, Any]:
    return _full(
        {
            "address": str(seen.address),
            "type": seen.type,
            "id": seen.id,
            "account": seen.account,
            "shape": value_document(seen.shape, salt),
            "spent": seen.spent,
            "there": seen.there,
            "leaves": value_document(seen.leaves, salt),
            "told": value_document(seen.told, salt),
        }
    ) | {"probed": seen.probed}


def _seen_of(document: Mapping[str, Any]) -> ObjectSnapshot:
    return ObjectSnapshot(
        address=parse_address(document["address"]),
        type=document["type"],
        id=document.get("id", ""),
        account=document.get("account", ""),
        shape=value_of(document.get("shape", {}), _NO_SECRETS),
        spent=document.get("spent", False),
        there=document.get("there", False),
        leaves=value_of(document.get("leaves", {}), _NO_SECRETS),
        told=value_of(document.get("told", {}), _NO_SECRETS),
        probed=document["probed"],
    )


def _sought_document(sought: KeyClaim, salt: str) -> dict[str, Any]:
    return _full(
        {
            "address": str(sought.address),
            "type": sought.type,
            "arguments": value_document(sought.arguments, salt),
            "adopt": sought.adopt,
            "account": sought.account,
            "holder": sought.holder,
        }
    )


def _sought_of(document: Mapping[str, Any]) -> KeyClaim:
    return KeyClaim(
        address=parse_address(document["address"]),
        type=document["type"],
        arguments=value_of(document.get("arguments", {}), _NO_SECRETS),
        adopt=document.get("adopt", False),
        account=document.get("account", ""),
        holder=document.get("holder", ""),
    )


def _full(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document without what is empty."""
    return {name: value for name, value in document.items() if value}
