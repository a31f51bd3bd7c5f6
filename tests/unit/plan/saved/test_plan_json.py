"""The bytes of a plan file in which every field of every record has a value.

A file in `formats` is never changed: it is what engines that were released have written.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.address import parse_address
from engine.catalog import loader
from engine.plan.impact import Impact, Use
from engine.plan.inputs.options import PlanOptions
from engine.plan.model import (
    Action,
    Change,
    Drift,
    FieldChange,
    FieldReason,
    OutputChange,
    Plan,
    Reason,
    Step,
    StepKind,
)
from engine.plan.refusal import PlanRule, PolicyFinding, Refusal
from engine.plan.saved.file import FORMAT_VERSION, SavedPlan, SavedStack, _saved, encode
from engine.plan.saved.preconditions import KeyClaim, ObjectSnapshot, Preconditions
from engine.schema.lifecycle import Removal, Verb
from engine.state.model import RemovalPolicy, ResourceState
from engine.values.markers import ABSENT, CLEAR, UNKNOWN
from engine.values.secret import Sealed

FORMATS = Path(__file__).parent / "formats"
PRICE, PRODUCT = parse_address("stripe_price.month"), parse_address("stripe_product.pro")
SEAL = Sealed("0123456789abcdef")
REMOVAL = Removal(verb=Verb.VOID, params={"active": False}, call="void", note="for ever")
FIELD = FieldChange(
    path=("tiers", 0, "amount"),
    before=SEAL,
    after=UNKNOWN,
    reason=FieldReason.CHANGED,
    forces_replacement=True,
    sensitive=True,
    currency="usd",
)
PLAN = Plan(
    stack="shop",
    environment="test",
    lineage="f" * 32,
    serial=7,
    changes=(
        Change(
            address=PRICE,
            type="stripe_price",
            action=Action.REPLACE,
            reasons=(Reason.IMMUTABLE, Reason.DEPENDENCY),
            id="price_1",
            before={"unit_amount": 1, "tiers": [{"amount": SEAL}]},
            after={"unit_amount": CLEAR, "$odd": {"name": "Größe"}},
            fields=(FIELD, dataclasses.replace(FIELD, path=(), before=ABSENT, sensitive=False)),
            create_first=True,
            removal=REMOVAL,
            notes=("a note",),
            moved_from=PRODUCT,
            line="stacks/shop.py:1",
            account="acct_2",
            dependencies=("catalogue:stripe_product.pro", "stripe_product.pro"),
        ),
    ),
    drift=(
        Drift(
            address=PRICE,
            type="stripe_price",
            id="price_1",
            gone=True,
            ended=True,
            fields=(FIELD,),
            account="acct_2",
        ),
    ),
    outputs=(OutputChange(name="price", before=None, after=SEAL, sensitive=True),),
    wanted_outputs={"price": ("${stripe_price.month.id}", True), "plain": ([1], False)},
    reads={"catalogue": ("month", "prices.month")},
    steps=(
        Step(
            key="create stripe_price.month",
            kind=StepKind.RECORD,
            address=PRICE,
            type="stripe_price",
            id="price_1",
            params={"unit_amount": 3, "nickname": CLEAR, "secret": SEAL},
            removal=REMOVAL,
            call="reactivate",
            record=ResourceState(
                type="stripe_price",
                id="price_1",
                declared={"product": "${stripe_product.pro.id}"},
                attributes={"secret": SEAL},
                dependencies=("stripe_product.pro",),
                superseded=("price_0",),
                triggers={"output.catalogue.month": "0123456789abcdef"},
                removal_policy=RemovalPolicy(protect=True, keep=True, account="acct_2"),
                imported=True,
                former=("price_00",),
            ),
            after=("create stripe_product.pro",),
            supersedes="price_0",
            referred=("id",),
            account="acct_2",
            other="shop:stripe_price.old",
        ),
    ),
    declared="sha256:1",
    moves={"stripe_price.b": "stripe_price.month", "stripe_price.a": "stripe_price.c"},
    refresh_only=True,
    warnings=("a warning",),
    refusals=(Refusal("a refusal", PlanRule.PLAN_WAS_REFUSED),),
)
PRECONDITIONS = Preconditions(
    digest="sha256:0",
    reads=("other",),
    outputs={"output.other.id": UNKNOWN},
    objects=(
        ObjectSnapshot(
            address=PRICE,
            type="stripe_price",
            id="price_1",
            account="acct_2",
            shape={"unit_amount": None},
            ended_as_declared=True,
            exists=True,
            leaves={"unit_amount": 1},
            further_leaves={"active": True},
            probed=False,
        ),
    ),
    claims=(
        KeyClaim(
            address=PRODUCT,
            type="stripe_product",
            arguments={"name": "Pro"},
            adopt=True,
            account="acct_2",
            holder="prod_9",
        ),
    ),
)
SAVED = SavedPlan(
    engine_version="1.2.3",
    environment="test",
    embedded=True,
    account_id="acct_1",
    livemode=False,
    options=PlanOptions(
        refresh=False,
        refresh_only=True,
        destroy=True,
        targets=(PRICE,),
        excludes=(PRODUCT,),
        replace=(PRICE, PRODUCT),
        allow_mass_change=True,
        confirmed_removals=(PRICE,),
        impact=True,
    ),
    stacks=(SavedStack(plan=PLAN, preconditions=PRECONDITIONS),),
    requests=4,
    impacts=(
        Impact(
            stack="shop",
            address=PRICE,
            id="price_1",
            uses=(
                Use(
                    what="payment links",
                    count=100,
                    more=True,
                    where=("other:stripe_payment_link.month",),
                    unmanaged=("plink_1",),
                    note="they go on",
                ),
            ),
            unread="subscriptions",
        ),
    ),
    impact_asked=True,
    policies=(
        PolicyFinding(
            policy="names",
            mandatory=True,
            message="its name is short",
            stack="shop",
            address="stripe_price.month",
            line="stacks/shop.py:3",
            defined_at="stacks/_policies.py:4",
        ),
    ),
)
OLD_PLAN = dataclasses.replace(
    PLAN,
    changes=tuple(dataclasses.replace(change, dependencies=()) for change in PLAN.changes),
    steps=tuple(
        dataclasses.replace(
            step, record=step.record and dataclasses.replace(step.record, former=())
        )
        for step in PLAN.steps
    ),
)
OLD = dataclasses.replace(
    SAVED,
    stacks=(SavedStack(plan=OLD_PLAN, preconditions=PRECONDITIONS),),
    options=dataclasses.replace(SAVED.options, impact=False),
    impacts=(),
    impact_asked=False,
    policies=(),
)
NOT_WRITTEN = {"lookups", "lock_timeout", "unless", "unless_leaf", "fallback"}


def unset(value: Any) -> Iterator[str]:
    """The fields of all records in a value that have their defaults."""
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            entry = getattr(value, field.name)
            yield from unset(entry)
            if entry in (field.default, (), {}) and field.name not in NOT_WRITTEN | {"path"}:
                yield f"{type(value).__name__}.{field.name}"
    elif isinstance(value, (list, tuple)):
        for entry in value:
            yield from unset(entry)


def test_every_field_is_in_the_format() -> None:
    """A new field of a record has to be set above, and raises the format version."""
    assert set(unset(SAVED)) == {"FieldChange.sensitive"}  # False in one of two


def test_the_bytes_of_a_plan_file() -> None:
    """A field that is renamed in the program keeps its name in the file."""
    assert encode(SAVED) == (FORMATS / f"{FORMAT_VERSION}.json").read_bytes()


def test_every_field_comes_back() -> None:
    """As it was."""
    document = json.loads((FORMATS / f"{FORMAT_VERSION}.json").read_bytes())
    assert _saved(document, loader.schemas()) == SAVED


def test_a_plan_of_the_fourth_format_is_read() -> None:
    """It neither counts what uses its objects nor says what they refer to, or replaced before."""
    document = json.loads((FORMATS / "4.json").read_bytes())
    assert _saved(document, loader.schemas()) == OLD


def test_a_plan_of_the_third_format_is_read() -> None:
    """It does not record what its stack declares."""
    document = json.loads((FORMATS / "3.json").read_bytes())
    [stack] = OLD.stacks
    plan = dataclasses.replace(stack.plan, declared="")
    before = dataclasses.replace(OLD, stacks=(dataclasses.replace(stack, plan=plan),))
    assert _saved(document, loader.schemas()) == before


def test_a_plan_of_the_second_format_is_read() -> None:
    """It knows of no object that it was not made from here."""
    document = json.loads((FORMATS / "2.json").read_bytes())
    [stack] = OLD.stacks
    [step] = stack.plan.steps
    assert step.record is not None
    steps = (dataclasses.replace(step, record=dataclasses.replace(step.record, imported=False)),)
    plan = dataclasses.replace(stack.plan, steps=steps, declared="")
    before = dataclasses.replace(OLD, stacks=(dataclasses.replace(stack, plan=plan),))
    assert _saved(document, loader.schemas()) == before


def test_a_plan_of_the_first_format_is_read() -> None:
    """It knows no resources or reads of other stacks, and no accounts of what it shows."""
    document = json.loads((FORMATS / "1.json").read_bytes())
    [stack] = OLD.stacks
    [step] = stack.plan.steps
    assert step.record is not None
    record = dataclasses.replace(step.record, triggers={}, imported=False)
    steps = (dataclasses.replace(step, other="", record=record),)
    changes = tuple(dataclasses.replace(change, account="") for change in stack.plan.changes)
    drift = tuple(dataclasses.replace(entry, account="") for entry in stack.plan.drift)
    plan = dataclasses.replace(
        stack.plan, steps=steps, reads={}, changes=changes, drift=drift, declared=""
    )
    before = dataclasses.replace(OLD, stacks=(dataclasses.replace(stack, plan=plan),))
    assert _saved(document, loader.schemas()) == before
