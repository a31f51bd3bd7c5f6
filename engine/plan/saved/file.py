"""Saved plans: the bytes of a plan file, its digest and its versions.

A plan file holds what an apply will do, the account that it was made for, and its preconditions.
Only the engine writes it: a file in which a byte was changed is refused.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from engine.errors import PlanFileError
from engine.frozen import frozen
from engine.plan.impact import Impact, Use
from engine.plan.inputs.options import PlanOptions
from engine.plan.model import Plan, PlanReport
from engine.plan.refusal import PolicyFinding
from engine.plan.saved.agreement import disagreement
from engine.plan.saved.plan_json import NAME, PLAN, PRECONDITIONS, completed
from engine.plan.saved.preconditions import Preconditions
from engine.records import Codec, Record, ShapeError, check_plain, list_of
from engine.schema.resource_type import Schemas
from engine.values.paths import dotted

FORMAT_VERSION = 5
"""The newest format of plan files that this engine writes and reads."""

_MARK = b'{"file":"engine-plan",'
_HEAD = ("file", "format_version")


@frozen
class SavedStack:
    """The plan of one stack.

    Attributes:
        plan: What an apply does; in a plan that was read from a file, secrets are fingerprints.
        preconditions: What must be unchanged when it is applied.
    """

    plan: Plan
    preconditions: Preconditions


@frozen
class SavedPlan:
    """The plans of one run, kept to be applied later.

    Attributes:
        engine_version: Version of the engine that made it.
        environment: Environment name.
        embedded: That is the embedded emulator.
        account_id: The account of the key; empty if Stripe does not return it.
        livemode: Real money; None if Stripe does not return it.
        options: The options of the command.
        stacks: The plan of each stack, in the order in which they are applied.
        requests: How many requests planning made.
        impacts: What uses the objects that the plans end or change, as it was then.
        impact_asked: It was counted.
        policies: What policies had against the plans; an apply asks them again.
    """

    engine_version: str
    environment: str
    embedded: bool
    account_id: str
    livemode: bool | None
    options: PlanOptions
    stacks: tuple[SavedStack, ...]
    requests: int = 0
    impacts: tuple[Impact, ...] = ()
    impact_asked: bool = False
    policies: tuple[PolicyFinding, ...] = ()

    def report(self) -> PlanReport:
        """The plans as planning reports them."""
        return PlanReport(
            environment=self.environment,
            embedded=self.embedded,
            account_id=self.account_id,
            livemode=self.livemode,
            plans=tuple(stack.plan for stack in self.stacks),
            requests=self.requests,
            saved=True,
            options=self.options,
            impacts=self.impacts,
            impact_asked=self.impact_asked,
            policies=self.policies,
        )


_STACK = Record(
    SavedStack, PRECONDITIONS, keys={"preconditions": "made_from"}, codecs={"plan": PLAN}
)
_SAVED = Record(
    SavedPlan,
    Record(PlanOptions, skip={"lock_timeout": 0.0}, whole=True, optional=("impact",)),
    Record(Impact, Record(Use)),
    Record(PolicyFinding),
    keys={"account_id": "account.id", "livemode": "account.livemode"},
    codecs={
        "environment": NAME,
        "stacks": list_of(
            Codec(lambda stack, _: _STACK.write(stack, stack.plan.lineage), _STACK.read)
        ),
    },
    whole=True,
    optional=("impacts", "impact_asked", "policies"),
)


def encode(saved: SavedPlan) -> bytes:
    """Write a plan as the bytes of its file: the same plan, the same bytes."""
    head = {"file": "engine-plan", "format_version": FORMAT_VERSION}
    return _bytes({**head, **_SAVED.write(saved)})


def is_plan_file(raw: bytes) -> bool:
    """Whether bytes begin as those of a plan file, damaged or not."""
    return raw.startswith(_MARK)


def decode(raw: bytes, schemas: Schemas, *, path: str) -> SavedPlan:
    """Read a plan from the bytes of its file; secrets stay fingerprints.

    Args:
        raw: The bytes.
        schemas: Resource types by name.
        path: The file, for messages.

    Raises:
        PlanFileError: if they are not a whole, untouched plan of a version this engine reads.
    """
    if not is_plan_file(raw):
        raise PlanFileError(
            f"{path} is not a plan file",
            hint="engine plan -o FILE writes one; engine apply and engine show read it",
        )
    document = _document(raw, path)
    version = document.get("format_version")
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise PlanFileError.of_newer_engine(
            path, document, reads=FORMAT_VERSION, again="plan again"
        )
    if version not in range(1, FORMAT_VERSION + 1) or _bytes(document) != raw:
        raise _damaged(path, "its digest does not match its content")
    try:
        saved = _saved(document, schemas)
    except ShapeError as error:
        where = f" ({dotted(error.path)})" if error.path else ""
        raise PlanFileError(
            f"{path} holds what this engine does not understand: {error}{where}",
            cause=f"It was written by engine {document.get('engine_version', '?')}.",
            hint="run engine plan -o again with this engine; nothing was changed",
        ) from error
    for stack in saved.stacks:
        why = disagreement(stack.plan, schemas)
        if why:
            raise _damaged(path, f"it does not show what it carries out ({why})")
    return saved


def _document(raw: bytes, path: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(raw)
        check_plain(found)
    except ShapeError as error:
        raise _damaged(path, str(error)) from error
    except (ValueError, RecursionError) as error:
        raise _damaged(path, "it is not whole") from error
    return found


def _damaged(path: str, why: str) -> PlanFileError:
    return PlanFileError(
        f"{path} cannot be trusted: {why}, so it was edited or damaged after the engine wrote it",
        hint="run engine plan -o again; nothing was changed",
    )


def _bytes(document: Mapping[str, Any]) -> bytes:
    """The bytes of a document, with its digest; a document has one form only."""
    content = {name: value for name, value in document.items() if name != "digest"}
    digest = "sha256:" + hashlib.sha256(_joined(content)).hexdigest()
    return _joined({**content, "digest": digest}) + b"\n"


def _joined(document: Mapping[str, Any]) -> bytes:
    names = (*_HEAD, *sorted(set(document).difference(_HEAD)))
    entries = (f"{_text(name)}:{_text(document[name])}" for name in names if name in document)
    return f"{{{','.join(entries)}}}".encode()


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _saved(document: Mapping[str, Any], schemas: Schemas) -> SavedPlan:
    content = {name: value for name, value in document.items() if name not in (*_HEAD, "digest")}
    saved = _SAVED.read(content)
    stacks = (
        dataclasses.replace(stack, plan=completed(stack.plan, saved.environment, schemas))
        for stack in saved.stacks
    )
    return dataclasses.replace(saved, stacks=tuple(stacks))
