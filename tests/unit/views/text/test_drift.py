"""Drift as a page: money as money, secrets hidden, causes next to what they explain."""

from __future__ import annotations

import json
from typing import Any

from engine.address import parse_address
from engine.catalog import loader
from engine.plan.drifted import CodeIs, Drifted, DriftedLeaf, DriftKind
from engine.plan.model import Action
from engine.ports.drift.report import Cause, Causes, DriftReport, StackDrift
from engine.values.markers import ABSENT, UNKNOWN
from engine.values.secret import Sealed
from engine.views.json.drift import drift_document
from engine.views.style import Style
from engine.views.text.drift import drift_text

PRICE = parse_address("stripe_price.month")
KEPT_BACK = "whsec_never_shown"
NOON = 1_790_000_000


def leaf(*path: str | int, code: Any, applied: Any, actual: Any, **parts: Any) -> DriftedLeaf:
    """A leaf that differs."""
    code_is = parts.pop("code_is", CodeIs.UNCHANGED)
    return DriftedLeaf(
        path=path, code=code, applied=applied, actual=actual, code_is=code_is, around=path, **parts
    )


def report(*leaves: DriftedLeaf, causes: Causes | None = None, **parts: Any) -> DriftReport:
    """The drift of one price."""
    entry = Drifted(
        address=PRICE,
        type=PRICE.type,
        id="price_1",
        kind=DriftKind.CHANGED,
        leaves=leaves,
        line="stacks/shop.py:3",
        action=Action.UPDATE,
    )
    stack = StackDrift(
        stack="shop",
        environment="live",
        serial=3,
        objects=1,
        drifted=(entry,),
        causes={} if causes is None else {PRICE: causes},
    )
    about: dict[str, Any] = {"embedded": False, "account_id": "acct_1", "livemode": True, **parts}
    return DriftReport(environment="live", stacks=(stack,), requests=4, **about)


def text(found: DriftReport) -> str:
    """The page for people, without decoration."""
    return drift_text(found, loader.schemas(), Style(colour=False))


def test_amounts_are_money() -> None:
    """In all three columns."""
    path = ("currency_options", "eur", "unit_amount")
    changed = leaf(*path, code=2900, applied=2900, actual=9900, currency="eur")
    page = text(report(changed))
    assert "currency_options.eur.unit_amount  2900 (€29.00)  2900 (€29.00)  9900 (€99.00)" in page


def test_secrets_are_hidden_and_cannot_be_accepted() -> None:
    """Whether there is a value is shown, and no more."""
    hidden = leaf(
        "nickname", code=Sealed("f"), applied=Sealed("f"), actual=KEPT_BACK, sensitive=True
    )
    gone = leaf("lookup_key", code=KEPT_BACK, applied=KEPT_BACK, actual=ABSENT, sensitive=True)
    found = report(hidden, gone)
    page, document = text(found), json.dumps(drift_document(found))
    assert KEPT_BACK not in page
    assert KEPT_BACK not in document
    assert "nickname    (sensitive)  (sensitive)  (sensitive)" in page
    assert "lookup_key  (sensitive)  (sensitive)  nothing" in page
    assert "--accept" not in page


def test_what_only_an_apply_can_tell() -> None:
    """It is no null."""
    unknown = leaf("product", code=UNKNOWN, applied="a", actual="b", code_is=CodeIs.DIFFERS)
    found = report(unknown)
    assert "(known after apply)" in text(found)
    [entry] = drift_document(found)["stacks"][0]["drifted"][0]["leaves"]
    assert (entry["code"], entry["code_unknown"]) == (None, True)


def test_several_causes() -> None:
    """Each with the leaves that it explains, and why the rest is not known."""
    leaves = [
        leaf(name, code=1, applied=1, actual=2) for name in ("nickname", "lookup_key", "active")
    ]
    causes = Causes(
        known=(
            Cause(
                event="evt_2",
                type="price.updated",
                at=NOON,
                request="req_1",
                paths=(("nickname",),),
            ),
            Cause(
                event="evt_1", type="price.updated", at=NOON - 60, request="", paths=(("active",),)
            ),
        ),
        unknown="no event of it is left",
    )
    page = text(report(*leaves, causes=causes))
    assert (
        "    changed 2026-09-21 14:13:20 UTC by a request of the API, "
        "https://dashboard.stripe.com/logs/req_1 (nickname)\n"
        "    changed 2026-09-21 14:12:20 UTC in the Dashboard, or by Stripe itself "
        "(no request of the API) (active)\n"
        "    the rest: who and when is not known: no event of it is left\n"
    ) in page


def test_the_logs_of_another_server_are_not_stripes() -> None:
    """Nor are those of a sandbox those of live mode."""
    cause = Cause(event="e", type="price.updated", at=NOON, request="req_1", paths=(("nickname",),))
    changed = leaf("nickname", code="a", applied="a", actual="b")
    known = Causes(known=(cause,))
    page = text(report(changed, causes=known, server="http://127.0.0.1:1"))
    assert "by a request of the API, req_1\n" in page
    page = text(report(changed, causes=known, livemode=False))
    assert "https://dashboard.stripe.com/test/logs/req_1\n" in page


def test_a_table_that_is_too_wide() -> None:
    """Is written with a line for each value."""
    changed = leaf("nickname", code="a" * 60, applied="a" * 60, actual="b")
    assert f'    nickname\n      code        "{"a" * 60}"\n' in text(report(changed))
