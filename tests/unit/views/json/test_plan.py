"""The JSON documents of plan, apply and validate."""

from __future__ import annotations

import dataclasses
import json
from decimal import Decimal

from engine.address import parse_address
from engine.errors import LockHeldError, Problem, ProviderError, StackError
from engine.plan.impact import Impact, Use
from engine.plan.model import (
    Action,
    Change,
    Drift,
    FieldReason,
    OutputChange,
    Reason,
    StepKind,
)
from engine.ports.outcomes import Outcome
from engine.stack.model import Stack
from engine.values.markers import ABSENT, CLEAR, UNKNOWN
from engine.values.secret import Sealed, Sensitive
from engine.views.json.plan import apply_document, plan_document
from engine.views.json.problems import failure_document, validation_document
from engine.views.json.values import known, unknown
from tests.support import build

SECRET = "whsec_hidden"  # noqa: S105 - what must not be printed


def test_a_plan_is_one_document(price_change: Change) -> None:
    """Every key that the documentation promises, for one replacement."""
    unchanged = build.change("stripe_product.same", Action.NO_OP)
    price_change = dataclasses.replace(price_change, dependencies=("shop:stripe_product.pro",))
    document = plan_document(build.report(build.plan(price_change, unchanged)))
    assert document == {
        "format_version": "1",
        "environment": "local",
        "account": {"id": "acct_1", "livemode": False},
        "stacks": [
            {
                "stack": "saas",
                "serial": 3,
                "changes": [
                    {
                        "address": "stripe_price.pro",
                        "type": "stripe_price",
                        "name": "pro",
                        "action": "replace",
                        "reasons": ["immutable"],
                        "id": "price_1",
                        "before": {"unit_amount": 2900, "nickname": "old"},
                        "after": {"unit_amount": 3400, "nickname": "new"},
                        "after_unknown": {},
                        "paths": [
                            {
                                "path": "nickname",
                                "before": "old",
                                "after": "new",
                                "reason": "changed",
                                "forces_replacement": False,
                            },
                            {
                                "path": "unit_amount",
                                "before": 2900,
                                "after": 3400,
                                "reason": "changed",
                                "forces_replacement": True,
                            },
                        ],
                        "create_first": True,
                        "removal": "archive",
                        "moved_from": None,
                        "notes": [],
                        "location": "stacks/saas.py:12",
                        "account": None,
                        "dependencies": ["shop:stripe_product.pro"],
                    }
                ],
                "drift": [],
                "outputs": {},
                "summary": {
                    "no-op": 1,
                    "create": 0,
                    "read": 0,
                    "update": 0,
                    "replace": 1,
                    "delete": 0,
                    "import": 0,
                    "revive": 0,
                    "move": 0,
                    "forget": 0,
                },
                "warnings": [],
                "refusals": [],
                "refused": [],
            }
        ],
        "notes": [],
        "policies": [],
        "renames": [],
        "without_module": [],
        "impact_asked": False,
        "impacts": [],
        "requests": 2,
    }
    assert json.loads(json.dumps(document)) == document


def test_what_uses_an_object_is_counted(price_change: Change) -> None:
    """As data: the number alone, whether it is a lower bound, and who."""
    use = Use(
        what="payment links", count=2, where=("stripe_payment_link.pro",), unmanaged=("plink_1",)
    )
    many = Use(what="active subscriptions", count=1000, more=True, note="they stay")
    one = Impact(stack="saas", address=price_change.address, id="price_1", uses=(many, use))
    none = Impact(stack="saas", address=price_change.address, id="", unread="quotes")
    report = build.report(build.plan(price_change), impacts=(one, none), impact_asked=True)
    document = plan_document(report)
    assert document["impact_asked"] is True
    assert document["impacts"] == [
        {
            "stack": "saas",
            "address": "stripe_price.pro",
            "id": "price_1",
            "uses": [
                {
                    "what": "active subscriptions",
                    "count": 1000,
                    "at_least": True,
                    "where": [],
                    "unmanaged": [],
                    "note": "they stay",
                },
                {
                    "what": "payment links",
                    "count": 2,
                    "at_least": False,
                    "where": ["stripe_payment_link.pro"],
                    "unmanaged": ["plink_1"],
                    "note": None,
                },
            ],
            "unread": None,
        },
        {
            "stack": "saas",
            "address": "stripe_price.pro",
            "id": None,
            "uses": [],
            "unread": "quotes",
        },
    ]


def test_what_only_an_apply_can_tell_is_null_and_marked() -> None:
    """`after_unknown` has True where `after` has null; lists keep their length."""
    after = {
        "name": "Pro",
        "product": UNKNOWN,
        "features": {"products": [{"product": UNKNOWN, "n": 1}, {"product": "p", "n": 2}]},
    }
    change = build.change("stripe_price.p", Action.CREATE, after=after)
    (entry,) = plan_document(build.report(build.plan(change)))["stacks"][0]["changes"]
    assert entry["before"] is None
    assert entry["id"] is None
    assert entry["after"] == {
        "name": "Pro",
        "product": None,
        "features": {"products": [{"product": None, "n": 1}, {"product": "p", "n": 2}]},
    }
    assert entry["after_unknown"] == {
        "product": True,
        "features": {"products": [{"product": True}, False]},
    }


def test_no_secret_is_in_any_corner_of_a_document() -> None:
    """Wrapped values, sealed ones, and plain ones at a sensitive path."""
    fields = (
        build.field("secret", ABSENT, SECRET, sensitive=True),
        build.field("gone", SECRET, ABSENT, sensitive=True),
        build.field("deep.0.key", SECRET, SECRET, sensitive=True),
        build.field("missing.key", ABSENT, SECRET, sensitive=True),
    )
    change = build.change(
        "stripe_webhook_endpoint.w",
        Action.UPDATE,
        fields=fields,
        before={"gone": SECRET, "deep": [{"key": SECRET}]},
        after={"secret": SECRET, "deep": [{"key": SECRET}], "wrapped": Sensitive(SECRET)},
    )
    drift = Drift(
        address=parse_address("stripe_webhook_endpoint.w"),
        type="stripe_webhook_endpoint",
        id="we_1",
        fields=fields,
    )
    outputs = (OutputChange(name="o", before=Sealed("01"), after=SECRET, sensitive=True),)
    document = plan_document(build.report(build.plan(change, drift=(drift,), outputs=outputs)))
    text = json.dumps(document)
    assert SECRET not in text
    (entry,) = document["stacks"][0]["changes"]
    assert entry["after"] == {
        "secret": "(sensitive)",
        "deep": [{"key": "(sensitive)"}],
        "wrapped": "(sensitive)",
    }
    assert entry["paths"][0]["before"] is None
    assert entry["paths"][0]["after"] == "(sensitive)"
    assert document["stacks"][0]["outputs"]["o"] == {
        "before": "(sensitive)",
        "after": "(sensitive)",
        "after_unknown": False,
        "sensitive": True,
    }


def test_drift_and_outputs_are_in_the_document() -> None:
    """What changed by itself, and what the stack hands out."""
    drift = Drift(
        address=parse_address("stripe_product.p"),
        type="stripe_product",
        id="prod_1",
        fields=(build.field("name", "Pro", "Hacked", reason=FieldReason.DRIFT),),
    )
    outputs = (OutputChange(name="id", before="a", after=UNKNOWN),)
    (stack,) = plan_document(build.report(build.plan(drift=(drift,), outputs=outputs)))["stacks"]
    assert stack["drift"] == [
        {
            "address": "stripe_product.p",
            "type": "stripe_product",
            "name": "p",
            "id": "prod_1",
            "gone": False,
            "ended": False,
            "account": None,
            "paths": [
                {
                    "path": "name",
                    "before": "Pro",
                    "after": "Hacked",
                    "reason": "drift",
                    "forces_replacement": False,
                }
            ],
        }
    ]
    assert stack["outputs"] == {
        "id": {"before": "a", "after": None, "after_unknown": True, "sensitive": False}
    }


def test_a_plan_that_asked_nobody_has_a_null_account() -> None:
    """Null is what JSON says for not known."""
    document = plan_document(build.report(build.plan(), account_id="", livemode=None))
    assert document["account"] == {"id": None, "livemode": None}


def test_an_apply_adds_what_became_of_each_operation() -> None:
    """Outcomes, the serial and the outputs as they are now, requests and writes."""
    create = build.step("stripe_product.p", StepKind.CREATE)
    other = build.step("stripe_price.q", StepKind.CREATE)
    error = ProviderError("no", status=400, code="c", param="p", request_id="req_1")
    plan = build.plan(
        build.change(
            "stripe_product.p",
            Action.MOVE,
            reasons=(Reason.MOVED,),
            moved_from=parse_address("stripe_product.old"),
        ),
        outputs=(OutputChange(name="id", after=UNKNOWN), OutputChange(name="gone", before="x")),
    )
    report = build.applied(
        plan,
        build.result(create, Outcome.FAILED, error=error),
        build.result(other, Outcome.SKIPPED, because=create.key),
        build.result(create, Outcome.APPLIED, id="prod_1"),
        outputs={"id": "prod_1"},
    )
    document = apply_document(report)
    assert (document["requests"], document["writes"]) == (5, 3)
    (stack,) = document["stacks"]
    assert stack["serial"] == 4
    assert stack["changes"][0]["moved_from"] == "stripe_product.old"
    assert stack["outputs"] == {
        "id": {"before": None, "after": "prod_1", "after_unknown": False, "sensitive": False},
        "gone": {"before": "x", "after": None, "after_unknown": False, "sensitive": False},
    }
    assert document["outcomes"] == [
        {
            "stack": "saas",
            "address": "stripe_product.p",
            "step": "create stripe_product.p",
            "kind": "create",
            "outcome": "failed",
            "id": None,
            "account": None,
            "error": {
                "reference": "stripe",
                "message": "no",
                "cause": None,
                "hint": None,
                "status": 400,
                "code": "c",
                "param": "p",
                "request_id": "req_1",
            },
        },
        {
            "stack": "saas",
            "address": "stripe_price.q",
            "step": "create stripe_price.q",
            "kind": "create",
            "outcome": "skipped",
            "id": None,
            "account": None,
            "because": "create stripe_product.p",
        },
        {
            "stack": "saas",
            "address": "stripe_product.p",
            "step": "create stripe_product.p",
            "kind": "create",
            "outcome": "applied",
            "id": "prod_1",
            "account": None,
        },
    ]


def test_a_stack_that_was_not_begun_keeps_its_plan() -> None:
    """An apply that had nothing to do has the plan's serial and no outcomes."""
    report = build.applied(build.plan())
    document = apply_document(
        type(report)(plan=report.plan, approved=False, results=(), requests=2, writes=0)
    )
    assert document["stacks"][0]["serial"] == 3
    assert document["outcomes"] == []


def test_an_error_is_a_document_too() -> None:
    """Reference, message, cause, hint; and every problem of the stacks."""
    assert failure_document(LockHeldError("held", cause="by me", hint="wait")) == {
        "format_version": "1",
        "error": {"reference": "lock-held", "message": "held", "cause": "by me", "hint": "wait"},
    }
    problems = (Problem("stacks/a.py", 3, "wrong", "right", "enum"), Problem("b.py", 0, "bad"))
    assert failure_document(StackError(problems))["error"]["problems"] == [
        {
            "file": "b.py",
            "line": None,
            "message": "bad",
            "hint": None,
            "reference": "problem",
            "count": 1,
        },
        {
            "file": "stacks/a.py",
            "line": 3,
            "message": "wrong",
            "hint": "right",
            "reference": "enum",
            "count": 1,
        },
    ]


def test_a_validation_says_what_was_checked() -> None:
    """Valid or not, the same keys."""
    assert validation_document((Stack(name="saas", file="stacks/saas.py"),), ()) == {
        "format_version": "1",
        "valid": True,
        "stacks": [{"stack": "saas", "resources": 0}],
        "problems": [],
    }
    assert validation_document((), (Problem("a.py", 1, "m"),))["valid"] is False


def test_every_value_has_a_form_in_json() -> None:
    """Markers become null, secrets a mask, decimals text; what is known is not marked."""
    assert known([UNKNOWN, CLEAR, ABSENT, Sealed("1"), Decimal("1.50"), (1,), "a"]) == [
        None,
        None,
        None,
        "(sensitive)",
        "1.50",
        [1],
        "a",
    ]
    assert unknown({"a": [1], "b": "x"}) is False
    assert unknown(UNKNOWN) is True
