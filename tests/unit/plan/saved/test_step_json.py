"""Operations and their values as JSON: what goes in comes out, but for secrets."""

from __future__ import annotations

import dataclasses
import json
from decimal import Decimal
from typing import Any

import pytest

from engine.address import parse_address
from engine.catalog import loader
from engine.plan.model import Step, StepKind
from engine.plan.saved.step_json import STEP as FORM
from engine.plan.saved.step_json import (
    completed,
    has_sealed,
    value_document,
    value_of,
    with_secrets,
)
from engine.schema.lifecycle import Removal, Verb
from engine.state.model import ResourceState
from engine.values.markers import ABSENT, CLEAR, UNKNOWN
from engine.values.reference import Ref
from engine.values.secret import Sealed, Sensitive, fingerprint

SALT = "f" * 32
PRODUCT = loader.resource_type("stripe_product")
SCHEMAS = loader.schemas()


def step_document(step: Step) -> Any:
    """An operation as files hold it."""
    return FORM.write(step, SALT)


def step_of(document: Any, secrets: dict[str, Any]) -> Step:
    """An operation as it is read, with the secrets that are known."""
    return completed(FORM.read(document), SCHEMAS, secrets)


def through_json(value: Any, secrets: dict[str, Any] | None = None) -> Any:
    """A value written and read back."""
    return with_secrets(
        value_of(json.loads(json.dumps(value_document(value, SALT)))), secrets or {}
    )


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        1.5,
        "text",
        [UNKNOWN, CLEAR, ABSENT],
        {"deep": [{"amount": Decimal("1500.00")}]},
        {"$marker": "UNKNOWN", "$decimal": "1"},
        {"$pairs": [["a", 1]]},
        {"a": Sealed("0123456789abcdef")},
    ],
)
def test_every_value_comes_back(value: Any) -> None:
    """Markers and decimals too, and texts that look like their spelling."""
    assert through_json(value) == value


def test_lists_and_references_come_back_plain() -> None:
    """Which they are equal to."""
    assert through_json((1, 2)) == [1, 2]
    found = through_json(Ref("${stripe_price.a.id}"))
    assert (type(found), found) == (str, "${stripe_price.a.id}")


def test_a_secret_comes_back_to_who_knows_it() -> None:
    """Whoever does not keeps its fingerprint."""
    value = {"url": "https://a.example", "auth": [{"token": Sensitive("canary")}]}
    assert "canary" not in json.dumps(value_document(value, SALT))
    known = {fingerprint("canary", SALT): "canary"}
    assert through_json(value, known) == value
    unknown = through_json(value)
    assert unknown["auth"] == [{"token": Sealed.of("canary", SALT)}]
    assert (has_sealed(value), has_sealed(unknown), has_sealed({"a": ["b"]})) == (
        False,
        True,
        False,
    )
    assert with_secrets(unknown, known) == value
    assert with_secrets(unknown, {}) == unknown


def test_a_step_comes_back_without_what_its_answer_brings() -> None:
    """A record that nothing is asked for is kept whole."""
    address = parse_address("stripe_product.pro")
    record = ResourceState(
        type="stripe_product", id="prod_1", declared={"name": "Pro"}, attributes={"name": "Old"}
    )
    whole = Step(
        key="record stripe_product.pro",
        kind=StepKind.RECORD,
        address=address,
        type="stripe_product",
        id="prod_1",
        record=record,
    )
    sent = Step(
        key="update stripe_product.pro",
        kind=StepKind.UPDATE,
        address=address,
        type="stripe_product",
        params={"name": "Pro"},
        record=record,
        after=("create stripe_price.a",),
        referred=("name",),
        account="acct_9",
    )
    assert step_of(step_document(whole), {}) == whole
    back = step_of(step_document(sent), {})
    assert back.record is not None
    assert (back.record.declared, back.record.attributes) == ({"name": "Pro"}, {})
    assert (back.params, back.after, back.account) == (sent.params, sent.after, "acct_9")


def test_a_removal_is_the_way_of_its_type() -> None:
    """With the note and the questions that the type has for it; or what was said, if it has not."""
    for way in PRODUCT.life.removals:
        step = Step(
            key="remove stripe_product.pro",
            kind=StepKind.REMOVE,
            address=parse_address("stripe_product.pro"),
            type="stripe_product",
            removal=way,
        )
        assert step_of(step_document(step), {}).removal is way
    other = dataclasses.replace(step, removal=Removal(verb=Verb.VOID))
    assert step_document(other)["removal"] == {"verb": "void"}
    assert step_of(step_document(other), {}) == other
