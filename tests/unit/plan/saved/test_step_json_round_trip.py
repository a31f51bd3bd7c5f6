"""Operations as JSON: what comes back is what was written, and no secret is ever in it."""

from __future__ import annotations

import dataclasses
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.address import parse_address
from engine.catalog import loader
from engine.plan.model import Step, StepKind
from engine.plan.saved import step_json
from engine.plan.saved.step_json import completed, has_sealed, value_document, with_secrets
from engine.records import ShapeError
from engine.schema.lifecycle import Removal, Verb
from engine.state.model import RemovalPolicy, ResourceState
from engine.values.markers import ABSENT, CLEAR, UNKNOWN, Marker
from engine.values.paths import Path
from engine.values.reference import Ref
from engine.values.secret import Sealed, Sensitive, fingerprint

SALT = "lineage"
SCHEMAS = loader.schemas()
STEP = Step(
    key="create stripe_price.month",
    kind=StepKind.CREATE,
    address=parse_address("stripe_price.month"),
    type="stripe_price",
)


def through_json(document: Any) -> Any:
    """What is left of a document after a file held it."""
    return json.loads(json.dumps(document, ensure_ascii=False))


def value_of(document: Any, secrets: dict[str, Any]) -> Any:
    """A value as it is read, with the secrets that are known."""
    return with_secrets(step_json.value_of(document), secrets)


def step_document(step: Step) -> Any:
    """An operation as files hold it."""
    return step_json.STEP.write(step, SALT)


def step_of(document: Any, secrets: dict[str, Any]) -> Step:
    """An operation as it is read, with the secrets that are known."""
    return completed(step_json.STEP.read(document), SCHEMAS, secrets)


# ── values ───────────────────────────────────────────────────────────────────────────────────

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_KEYS = st.one_of(_TEXT, st.sampled_from(["$marker", "$decimal", "$pairs", "$", "${a.b.c}"]))
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.sampled_from(Marker),
    _TEXT,
    _KEYS,
)
_VALUES = st.recursive(
    st.one_of(_SCALARS, st.builds(Sensitive, st.one_of(_TEXT, st.integers()))),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_KEYS, inner, max_size=4)),
    max_leaves=20,
)


def _secrets_in(value: Any) -> dict[str, Any]:
    if isinstance(value, Sensitive):
        return {fingerprint(value.value, SALT): value.value}
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {mark: secret for entry in inner for mark, secret in _secrets_in(entry).items()}


@given(_VALUES)
def test_a_value_comes_back_whole(value: Any) -> None:
    """Decimals, markers, secrets that are known, and keys of our own spelling, however nested."""
    document = through_json(value_document(value, SALT))
    found = value_of(document, _secrets_in(value))
    assert found == value
    assert _kinds(found) == _kinds(value)


def _kinds(value: Any) -> Any:
    """The types in a value: 1, True, 1.0 and Decimal(1) are equal and not the same."""
    if isinstance(value, dict):
        return {key: _kinds(inner) for key, inner in value.items()}
    return [_kinds(inner) for inner in value] if isinstance(value, list) else type(value)


@given(st.text("abcdefghijkl-", min_size=12), _KEYS)
def test_no_secret_is_in_a_document(secret: str, key: str) -> None:
    """Wherever a sensitive value stands, its text is nowhere."""
    value = {key: [{"deep": Sensitive(secret)}], "plain": Sensitive({"inner": secret})}
    assert secret not in json.dumps(value_document(value, SALT))


def test_a_secret_that_nobody_knows_stays_a_fingerprint() -> None:
    """It can be told apart from a value, and compared."""
    document = value_document({"url": Sensitive("hunter2")}, SALT)
    mark = Sealed.of("hunter2", SALT)
    assert document == {"url": {"$sensitive": mark.fingerprint}}
    assert value_of(document, {}) == {"url": mark}
    assert value_of(document, {fingerprint("other", SALT): "other"}) == {"url": mark}


def test_the_salt_makes_fingerprints_of_one_lineage_useless_in_another() -> None:
    """A secret is found under the salt that it was written with."""
    known = {fingerprint("hunter2", "other"): "hunter2"}
    assert value_of(value_document(Sensitive("hunter2"), SALT), known) == Sealed.of("hunter2", SALT)


def test_what_was_sealed_before_is_kept_as_it_is() -> None:
    """A fingerprint in a record is no value whose key has to be spelt anew."""
    mark = {"$sensitive": "0123456789abcdef"}
    assert value_document(Sealed("0123456789abcdef"), SALT) == mark
    assert value_of(mark, {"0123456789abcdef": "hunter2"}) == Sensitive("hunter2")


def test_references_and_tuples_become_text_and_lists() -> None:
    """JSON knows neither."""
    target = Ref.to(parse_address("stripe_product.pro"), "id")
    found = value_document({"product": target, "tags": ("a", target)}, SALT)
    assert through_json(found) == {
        "product": "${stripe_product.pro.id}",
        "tags": ["a", "${stripe_product.pro.id}"],
    }
    assert type(found["product"]) is str


@pytest.mark.parametrize("text", ["0.10", "1E+3", "12345678901234567890.123456789012", "-0"])
def test_decimals_keep_every_digit(text: str) -> None:
    """Stripe counts tenths of a cent; a float would not."""
    found = value_of(through_json(value_document(Decimal(text), SALT)), {})
    assert str(found) == text


@pytest.mark.parametrize("marker", [UNKNOWN, CLEAR, ABSENT])
def test_a_marker_is_the_same_object_again(marker: Marker) -> None:
    """CLEAR is compared by identity."""
    assert value_of(through_json(value_document({"a": marker}, SALT)), {})["a"] is marker


@pytest.mark.parametrize(
    ("value", "sealed"),
    [
        pytest.param(Sealed("0" * 16), True, id="itself"),
        pytest.param({"a": [1, {"b": Sealed("0" * 16)}]}, True, id="nested"),
        pytest.param({"a": [1, {"b": "c"}], "d": None}, False, id="none"),
        pytest.param({"a": Sensitive("known")}, False, id="known"),
        pytest.param("text", False, id="scalar"),
        pytest.param([], False, id="empty"),
    ],
)
def test_what_nobody_knew_is_found_wherever_it_stands(value: Any, *, sealed: bool) -> None:
    """An operation with such a value in it cannot be sent again."""
    assert has_sealed(value) is sealed


# ── operations ───────────────────────────────────────────────────────────────────────────────


def again(step: Step, **secrets: str) -> Step:
    """An operation after a file held it."""
    known = {fingerprint(value, SALT): value for value in secrets.values()}
    return step_of(through_json(step_document(step)), known)


FULL = dataclasses.replace(
    STEP,
    id="price_1",
    params={"unit_amount_decimal": Decimal("0.5"), "metadata": {"$k": "v"}, "nickname": CLEAR},
    call="validate",
    record=ResourceState(
        type="stripe_price",
        id="price_1",
        declared={"product": "${stripe_product.pro.id}", "secret": Sealed("0" * 16)},
        attributes={"currency": "usd"},
        dependencies=("stripe_product.pro",),
        superseded=("price_0",),
        removal_policy=RemovalPolicy(protect=True, keep=True, account="acct_2"),
    ),
    after=("create stripe_product.pro",),
    supersedes="price_0",
    referred=("id", "currency"),
    account="acct_2",
)


@pytest.mark.parametrize("kind", StepKind)
@pytest.mark.parametrize("step", [STEP, FULL], ids=["bare", "full"])
def test_an_operation_comes_back_whole(step: Step, kind: StepKind) -> None:
    """Every field of it, of every kind, but for what the answer to it tells."""
    step = dataclasses.replace(step, kind=kind)
    told = step.record
    if told is not None and kind is not StepKind.RECORD:
        told = dataclasses.replace(told, attributes={})
    assert again(step) == dataclasses.replace(step, record=told)


def test_what_is_empty_is_not_written() -> None:
    """A journal holds no more than it has to."""
    assert step_document(STEP) == {
        "key": "create stripe_price.month",
        "kind": "create",
        "address": "stripe_price.month",
        "type": "stripe_price",
    }


def test_a_known_secret_is_a_parameter_again() -> None:
    """What the stack still declares can be sent again as it was."""
    step = dataclasses.replace(STEP, params={"url": Sensitive("hunter2")})
    assert "hunter2" not in json.dumps(step_document(step))
    assert again(step, it="hunter2") == step
    assert has_sealed(again(step).params)


def test_a_removal_is_the_types_own_way_with_all_that_it_knows() -> None:
    """Which way follows when Stripe refuses is the type's knowledge and not the file's."""
    for kind in SCHEMAS.values():
        for way in kind.life.removals:
            step = dataclasses.replace(
                STEP,
                kind=StepKind.REMOVE,
                address=parse_address(f"{kind.name}.x"),
                type=kind.name,
                removal=way,
            )
            found = again(step).removal
            assert found is not None
            assert (found.verb, found.params, found.call) == (way.verb, way.params, way.call)
            assert found.fallback == way.fallback


def test_a_removal_that_the_type_no_longer_knows_is_done_as_written() -> None:
    """An engine of another version may have planned it."""
    way = Removal(verb=Verb.ARCHIVE, params={"surely": "unknown"})
    step = dataclasses.replace(STEP, kind=StepKind.REMOVE, removal=way)
    assert again(step).removal == way


@pytest.mark.parametrize(
    ("change", "path", "error"),
    [
        ({"key": None}, (), "the field 'key' is missing"),
        ({"kind": "dance"}, ("kind",), "'kind' is \"dance\""),
        ({"type": "stripe_nothing"}, (), "there is no resource type 'stripe_nothing'"),
        ({"address": "nowhere"}, ("address",), "'address' is \"nowhere\""),
        ({"removal": {"verb": "dance"}}, ("removal", "verb"), "'verb' is \"dance\""),
        ({"removal": {"verb": "void", "unless": {}}}, ("removal", "unless"), "the field 'unless'"),
        ({"params": {"a": {"$marker": "NOTHING"}}}, ("params",), "'params' is {\"a\": "),
        ({"params": {"$pairs": [1]}}, ("params",), "'params' is {\"$pairs\""),
        ({"params": {"a": {"$decimal": "x"}}}, ("params",), "'params' is {\"a\": "),
        ({"record": {"type": "stripe_price"}}, ("record",), "the field 'id' is missing"),
        ({"surprise": 1}, ("surprise",), "the field 'surprise' is unknown"),
    ],
)
def test_what_cannot_be_read_says_so(change: dict[str, Any], path: Path, error: str) -> None:
    """A document of a newer version, or of nobody's, is an error and not half an operation."""
    document = {**step_document(STEP), **change}
    document = {name: value for name, value in document.items() if value is not None}
    with pytest.raises(ShapeError) as caught:
        step_of(document, {})
    assert caught.value.path == path
    assert str(caught.value).startswith(error)
