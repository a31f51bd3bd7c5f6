"""Saved plans as bytes: whole, the same every time, without secrets, refused once touched."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.address import parse_address
from engine.catalog import loader
from engine.errors import PlanFileError
from engine.plan.inputs.options import PlanOptions
from engine.plan.model import (
    Change,
    FieldChange,
    FieldReason,
    OutputChange,
    Plan,
    Step,
    StepKind,
)
from engine.plan.saved.file import SavedPlan, _bytes, decode, encode, is_plan_file
from engine.plan.saved.plan_json import wanted_with_secrets
from engine.schema.lifecycle import Removal
from engine.state.model import ResourceState
from engine.values.markers import ABSENT, Marker
from engine.values.paths import Path as Path_
from engine.values.secret import Sealed, Sensitive, fingerprint
from tests.support.cases import prepared

CASES = sorted((Path(__file__).parents[3] / "cases").glob("*.json"))
LINEAGE = "f" * 32
SMALL: dict[str, Any] = {
    "stack": {"declarations": {"stripe_product.pro": {"arguments": {"name": "Pro"}}}}
}


def read(raw: bytes) -> SavedPlan:
    """The plan in some bytes."""
    return decode(raw, loader.schemas(), path="shop.plan")


def veiled(value: Any) -> Any:
    """A value, or a record of one, with a fingerprint for every secret."""
    if isinstance(value, Sensitive):
        return Sealed.of(value.value, LINEAGE)
    if isinstance(value, Mapping):
        return {key: veiled(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [veiled(inner) for inner in value]
    if isinstance(value, (FieldChange, OutputChange)) and value.sensitive:
        sides = {name: hidden(getattr(value, name)) for name in ("before", "after")}
        value = dataclasses.replace(value, **sides)
    if isinstance(value, Change):
        paths = [field.path for field in value.fields if field.sensitive]
        sides = {name: covered(getattr(value, name), paths) for name in ("before", "after")}
        value = dataclasses.replace(value, **sides)
    if isinstance(value, Step) and value.kind is not StepKind.RECORD and value.record:
        # What state is to say comes with the answer.
        value = dataclasses.replace(value, record=dataclasses.replace(value.record, attributes={}))
    if dataclasses.is_dataclass(value) and not isinstance(value, (Removal, ResourceState, Sealed)):
        names = (entry.name for entry in dataclasses.fields(value))
        return {name: veiled(getattr(value, name)) for name in names}
    return value


def covered(document: Any, paths: list[Path_]) -> Any:
    """A document with what stands at some paths made a secret."""
    for first, *rest in paths:
        if isinstance(document, dict) and document.get(first) is not None:
            inner = document[first]
            document = {
                **document,
                first: covered(inner, [tuple(rest)]) if rest else hidden(inner),
            }
    return document


def hidden(side: Any) -> Any:
    """One side of a sensitive change."""
    bare = side is None or isinstance(side, (Marker, Sensitive, Sealed))
    return side if bare else Sensitive(side)


def without_secrets(plan: Plan) -> Any:
    """A plan as a file can hold it: lookups are read again, secrets filled in by the apply."""
    document = veiled(dataclasses.replace(plan, lookups={}))
    for name, (value, hide) in (plan.wanted_outputs or {}).items():
        reference = isinstance(value, str) and re.fullmatch(r"\$\{[^}]*\}", value)
        if hide and not reference:
            document["wanted_outputs"][name] = veiled((hidden(value), hide))
    return document


def texts_in(document: Any, *, secret: bool) -> Iterator[Any]:
    """The texts that a case calls secret, or those that it does not."""
    if isinstance(document, dict):
        tagged = [document[tag] for tag in ("$secret", "$sealed") if tag in document]
        yield from tagged if secret else ()
        for inner in () if tagged else document.values():
            yield from texts_in(inner, secret=secret)
    elif isinstance(document, list):
        for inner in document:
            yield from texts_in(inner, secret=secret)
    elif not secret:
        yield document


def case_of(path: Path) -> dict[str, Any]:
    """The case in a file."""
    case: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return case


def secrets_of(case: Mapping[str, Any]) -> list[str]:
    """What nobody may see of a case; a stack may say that a text is no secret any more."""
    told = [*texts_in(case, secret=True), *case.get("observed", {}).get("secrets", {}).values()]
    shown = list(texts_in(case.get("stack"), secret=False))
    return [text for text in told if isinstance(text, str) and text not in shown]


WITH_SECRETS = [path for path in CASES if secrets_of(case_of(path))]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_plan_comes_back_as_it_was(path: Path) -> None:
    """Whatever a planner can decide, but for secrets and what is looked up again."""
    made = prepared(case_of(path))
    raw = encode(made.saved)
    back = read(raw)
    (stack,) = back.stacks
    assert veiled(stack.plan) == without_secrets(made.plan)
    assert veiled(stack.preconditions) == veiled(made.preconditions)
    assert encode(back) == raw
    assert back.options == made.options
    assert back.report() == dataclasses.replace(made.saved.report(), plans=(stack.plan,))


@pytest.mark.parametrize("path", WITH_SECRETS, ids=lambda path: path.stem)
def test_no_secret_is_in_the_file(path: Path) -> None:
    """Neither those that are sent, nor those that Stripe has, nor those of other resources."""
    case = case_of(path)
    raw = encode(prepared(case).saved).decode()
    assert [text for text in secrets_of(case) if re.search(rf"\b{re.escape(text)}\b", raw)] == []


def test_a_sensitive_output_is_in_the_file_as_a_reference_or_not_at_all() -> None:
    """A text that holds a reference may hold a secret beside it."""
    reference, mixed = "${stripe_product.pro.id}", "canary-1 ${stripe_product.pro.id}"
    outputs = {
        "whole": {"value": reference, "sensitive": True},
        "mixed": {"value": mixed, "sensitive": True},
        "plain": {"value": {"$secret": "canary-2"}},
        "part": {"value": [{"$secret": "canary-3"}, "shown"]},
    }
    made = prepared({"stack": {**SMALL["stack"], "outputs": outputs}})
    raw = encode(made.saved)
    assert b"canary" not in raw
    (stack,) = read(raw).stacks
    wanted = stack.plan.wanted_outputs
    assert wanted is not None
    assert wanted["whole"] == (reference, True)
    secrets = {
        fingerprint(value, LINEAGE): value for value in (mixed, "canary-2", "canary-3", "unused")
    }
    assert wanted_with_secrets(wanted, secrets) == made.plan.wanted_outputs
    assert wanted_with_secrets(wanted, {}) == wanted
    assert wanted_with_secrets(None, secrets) is None


def test_the_same_plan_is_the_same_bytes() -> None:
    """Whatever order the mappings in it came in."""
    made = prepared(SMALL)
    (step,) = made.plan.steps
    texts = set()
    for params in ({"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"d": 3, "c": 2}, "a": 1}):
        plan = dataclasses.replace(made.plan, steps=(dataclasses.replace(step, params=params),))
        stack = dataclasses.replace(made.saved.stacks[0], plan=plan)
        texts.add(encode(dataclasses.replace(made.saved, stacks=(stack,))))
    assert len(texts) == 1


def test_every_option_is_kept_but_how_long_to_wait() -> None:
    """What a plan was made with is part of it; the lock is the apply's own."""
    address = parse_address("stripe_product.pro")
    options = PlanOptions(
        refresh=False,
        refresh_only=True,
        destroy=True,
        targets=(address,),
        excludes=(address, address),
        replace=(address,),
        lock_timeout=5.0,
        allow_mass_change=True,
        confirmed_removals=(address,),
        impact=True,
    )
    changed = [
        field.name
        for field in dataclasses.fields(PlanOptions)
        if getattr(options, field.name) == field.default
    ]
    assert changed == [], "set the new option above, and keep it in the file"
    saved = dataclasses.replace(prepared(SMALL).saved, options=options)
    assert read(encode(saved)).options == dataclasses.replace(options, lock_timeout=0.0)


def test_each_byte_counts() -> None:
    """A file that was changed anywhere, cut short or added to is refused."""
    raw = encode(prepared(SMALL).saved)
    damaged = [
        *(
            raw[:at] + bytes([byte ^ bit]) + raw[at + 1 :]
            for at, byte in enumerate(raw)
            for bit in (1, 32)
        ),
        *(raw[:at] + raw[at + 1 :] for at in range(len(raw))),
        *(raw[:at] for at in range(len(raw))),
        *(raw[:at] + b" " + raw[at:] for at in range(len(raw) + 1)),
    ]
    for changed in damaged:
        with pytest.raises(PlanFileError):
            read(changed)
    assert read(raw).environment == "test"


def test_an_edit_with_a_digest_of_its_own_is_refused() -> None:
    """Also where nothing is said that was not said before: one plan has one spelling."""
    raw = encode(prepared(SMALL).saved)
    for changed in (
        raw.replace(b'"environment":"test"', b'"environment":"live"'),
        raw.replace(b'"name":"Pro"', b'"name":"Pr\\u006f"'),
        raw.replace(b'"requests":4', b'"requests":4,"requests":4'),
        json.dumps(json.loads(raw)).replace(" ", "").encode(),
    ):
        assert changed != raw
        with pytest.raises(PlanFileError, match="its digest does not match its content, so it was"):
            read(changed)


@pytest.mark.parametrize(
    "raw", [b"", b"\x00\x01", b"PK\x03\x04", b'{"format_version": 1}', b"[1]", b"from engine"]
)
def test_any_other_file_is_no_plan_file(raw: bytes) -> None:
    """Whatever it is."""
    assert not is_plan_file(raw)
    with pytest.raises(PlanFileError, match=r"^shop\.plan is not a plan file\n"):
        read(raw)


@pytest.mark.parametrize("rest", [b"", b"[", b"\xff", b"1]", b'"a":' + b"[" * 100_000])
def test_a_file_that_breaks_off_is_not_whole(rest: bytes) -> None:
    """It begins as ours do, so it is said to be damaged."""
    with pytest.raises(PlanFileError, match="cannot be trusted: it is not whole"):
        read(b'{"file":"engine-plan",' + rest)


def test_a_newer_format_names_the_engine_that_wrote_it() -> None:
    """Nothing is guessed about it."""
    raw = encode(prepared(SMALL).saved)
    newer = raw.replace(b'"format_version":5', b'"format_version":6')
    with pytest.raises(PlanFileError) as caught:
        read(newer)
    assert caught.value.message == (
        "shop.plan was written by a newer engine (format 6, engine 1.2.3)"
    )
    with pytest.raises(PlanFileError, match=r"format 6, engine \?"):
        read(b'{"file":"engine-plan","format_version":6}\n')


def test_a_type_that_this_engine_does_not_know() -> None:
    """Another engine's plan may be whole, and still say what this one cannot carry out."""
    raw = encode(prepared(SMALL).saved)
    with pytest.raises(PlanFileError) as caught:
        decode(raw, {}, path="shop.plan")
    assert caught.value.message == (
        "shop.plan holds what this engine does not understand: there is no resource type "
        "'stripe_product'"
    )
    assert caught.value.cause == "It was written by engine 1.2.3."


def test_a_sensitive_leaf_is_covered_wherever_it_stands() -> None:
    """In the middle of a list too; where a document has nothing, nothing is made up."""
    made = prepared(SMALL)
    (change,) = made.plan.changes
    paths: list[Path_] = [("list", 1, "a"), ("list", 9, "a"), ("none", "a"), ("gone",), ("name",)]
    fields = tuple(
        FieldChange(
            path=path, before=ABSENT, after="canary", reason=FieldReason.SET, sensitive=True
        )
        for path in paths
    )
    after = {
        "list": [{"a": 1}, {"a": "canary"}, "b"],
        "none": "text",
        "gone": None,
        "name": "canary",
    }
    plan = dataclasses.replace(
        made.plan, changes=(dataclasses.replace(change, fields=fields, after=after),)
    )
    stack = dataclasses.replace(made.saved.stacks[0], plan=plan)
    raw = encode(dataclasses.replace(made.saved, stacks=(stack,)))
    assert b"canary" not in raw
    (back,) = read(raw).stacks[0].plan.changes
    sealed = Sealed.of("canary", LINEAGE)
    assert back.after == {
        "list": [{"a": 1}, {"a": sealed}, "b"],
        "none": "text",
        "gone": None,
        "name": sealed,
    }


# ── edited, with a digest that fits ───────────────────────────────────────────────────────

PRICED: dict[str, Any] = {
    "stack": {
        "declarations": {
            "stripe_product.pro": {"arguments": {"name": "Pro", "metadata": {"team": "a"}}},
            "stripe_price.month": {
                "arguments": {
                    "product": "${stripe_product.pro.id}",
                    "currency": "usd",
                    "billing_scheme": "tiered",
                    "tiers_mode": "graduated",
                    "recurring": {"interval": "month"},
                    "tiers": [
                        {"up_to": 10, "unit_amount": 2900},
                        {"up_to": "inf", "unit_amount": 100},
                    ],
                }
            },
            "stripe_coupon.launch": {
                "arguments": {"percent_off": 25, "duration": "once", "max_redemptions": 10}
            },
        }
    }
}


def edited(raw: bytes, edit: Callable[[dict[str, Any]], Any]) -> bytes:
    """A plan file with its one plan changed, and a digest that fits."""
    document = json.loads(raw)
    edit(document["stacks"][0]["plan"])
    return _bytes(document)


def step(plan: dict[str, Any], key: str) -> dict[str, Any]:
    """An operation of a plan."""
    found: dict[str, Any] = next(entry for entry in plan["steps"] if entry["key"] == key)
    return found


def change(plan: dict[str, Any], address: str) -> dict[str, Any]:
    """What a plan shows of a resource."""
    found: dict[str, Any] = next(e for e in plan["changes"] if e["address"] == address)
    return found


@pytest.mark.parametrize(
    ("edit", "error"),
    [
        ({"action": "dance"}, "'action' is \"dance\" (stacks[0].plan.changes[0].action)"),
        ({"notes": [1]}, "'notes' holds 1 (stacks[0].plan.changes[0].notes[0])"),
        ({"surprise": 1}, "the field 'surprise' is unknown to this engine "),
        ({"id": None}, "'id' is null (stacks[0].plan.changes[0].id)"),
    ],
)
def test_what_is_not_understood_is_named_with_its_place(edit: dict[str, Any], error: str) -> None:
    """A newer engine may say more without another format; half of a plan is not carried out."""
    raw = edited(encode(prepared(SMALL).saved), lambda plan: plan["changes"][0].update(edit))
    with pytest.raises(PlanFileError, match=re.escape(f"does not understand: {error}")):
        read(raw)


def test_a_move_without_a_new_address_is_not_understood() -> None:
    """A move is the old address and the new one."""
    raw = edited(encode(prepared(SMALL).saved), lambda plan: plan.update(moves=[["a"]]))
    with pytest.raises(PlanFileError, match=r"does not understand: 'moves'"):
        read(raw)


PRICE, COUPON, PRODUCT = "stripe_price.month", "stripe_coupon.launch", "stripe_product.pro"
EDITS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "another amount": lambda plan: step(plan, f"create {PRICE}")["params"]["tiers"][0].update(
        unit_amount=1
    ),
    "amounts the other way round": lambda plan: step(plan, f"create {PRICE}")["params"][
        "tiers"
    ].reverse(),
    "another text": lambda plan: step(plan, f"create {PRODUCT}")["params"].update(name="Max"),
    "a field more": lambda plan: step(plan, f"create {PRODUCT}")["params"].update(url="https://x"),
    "a field less": lambda plan: step(plan, f"create {COUPON}")["params"].pop("max_redemptions"),
    "another stamp": lambda plan: step(plan, f"create {PRODUCT}")["params"]["metadata"].update(
        engine="x:stripe_product.pro"
    ),
    "emptied": lambda plan: step(plan, f"create {PRODUCT}")["params"].update(
        name={"$marker": "CLEAR"}
    ),
    "a reference where none is shown": lambda plan: step(plan, f"create {PRODUCT}")[
        "params"
    ].update(url="${stripe_price.month.id}"),
    "an id where none is known yet": lambda plan: step(plan, f"create {PRICE}")["params"].update(
        product="prod_of_somebody_else"
    ),
    "an operation more": lambda plan: plan["steps"].append(
        {**step(plan, f"create {COUPON}"), "address": "stripe_coupon.other"}
    ),
    "an operation less": lambda plan: plan["steps"].remove(step(plan, f"create {COUPON}")),
    "another kind of operation": lambda plan: step(plan, f"create {COUPON}").update(kind="forget"),
    "another type": lambda plan: step(plan, f"create {COUPON}").update(type="stripe_product"),
    "a removal": lambda plan: step(plan, f"create {COUPON}").update(kind="remove"),
    "shown as unchanged": lambda plan: change(plan, COUPON).update(action="no-op"),
    "one leaf shown otherwise": lambda plan: change(plan, COUPON)["fields"][0].update(after="x"),
    "a leaf shown with two values": lambda plan: change(plan, COUPON)["after"].update(
        percent_off=9
    ),
    "another account": lambda plan: step(plan, f"create {COUPON}").update(account="acct_2"),
    "called a refresh": lambda plan: plan.update(refresh_only=True),
    "another stack": lambda plan: plan.update(stack="../../x"),
    "a stack without a name": lambda plan: plan.update(stack=7),
}


@pytest.mark.parametrize("edit", EDITS)
def test_a_plan_that_does_not_show_what_it_carries_out_is_refused(edit: str) -> None:
    """A digest without a key keeps nobody from writing another one; what is shown has to hold."""
    raw = encode(prepared(PRICED).saved)
    assert read(edited(raw, lambda plan: plan))
    with pytest.raises(PlanFileError, match=r"it does not show what it|is no name of a stack"):
        read(edited(raw, EDITS[edit]))


def test_a_removal_by_another_way_than_is_shown_is_refused() -> None:
    """Archived is not deleted."""
    case = case_of(next(path for path in CASES if path.stem == "remove-coupon-and-code"))
    raw = encode(prepared(case).saved)

    def edit(plan: dict[str, Any]) -> None:
        found = next(entry for entry in plan["steps"] if entry["kind"] == "remove")
        found["removal"] = {"verb": "archive"}

    with pytest.raises(PlanFileError, match="shows another way"):
        read(edited(raw, edit))

    def send(plan: dict[str, Any]) -> None:
        found = next(entry for entry in plan["steps"] if entry["kind"] == "remove")
        found["params"] = {"name": "x"}

    with pytest.raises(PlanFileError, match="ends what is not shown"):
        read(edited(raw, send))


@pytest.mark.parametrize(
    ("odd", "told"),
    [
        (b"1e999", "an invalid number"),
        (b"NaN", "an invalid number"),
        (b"-Infinity", "an invalid number"),
        (b'"\\ud800"', "a text that is not Unicode"),
        (b'{"\\udfff":1}', "a name that is not Unicode"),
        (b"[" * 300 + b"]" * 300, "nested deeper"),
        (b"9" * 5000, "it is not whole"),
    ],
)
def test_what_json_can_spell_and_no_plan_holds(odd: bytes, told: str) -> None:
    """Refused in words, wherever it stands."""
    raw = encode(prepared(SMALL).saved).replace(b'"requests":4', b'"requests":' + odd)
    with pytest.raises(PlanFileError, match=f"cannot be trusted: .*{told}"):
        read(raw)
