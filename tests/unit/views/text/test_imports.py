"""What an import of a whole account says to people."""

from __future__ import annotations

from engine.plan.inputs.ownership import ObjectKey
from engine.ports.reports import (
    AccountImport,
    IgnoredLeaf,
    ImportedStack,
    LeftOut,
    Refused,
    Unknown,
    Unread,
    WhyLeft,
)
from engine.views.json.imports import import_document
from engine.views.style import PLAIN
from engine.views.text.imports import import_question, import_text, written_text

KEY = ObjectKey("stripe_price", "", "price_1")
STACK = ImportedStack(
    name="catalog",
    file="stacks/catalog.py",
    text="one\ntwo\n",
    objects={"stripe_price.a": KEY, "stripe_price.b": KEY, "stripe_product.p": KEY},
    titles={"product": 1, "price": 2},
)
FULL = AccountImport(
    environment="test",
    embedded=False,
    account_id="acct_1",
    livemode=False,
    found=12,
    stacks=(STACK,),
    left=(
        LeftOut(type="stripe_price", title="price", why=WhyLeft.OWNED, count=2),
        LeftOut(type="stripe_coupon", title="coupon", why=WhyLeft.OWNED, count=1),
        LeftOut(type="stripe_price", title="price", why=WhyLeft.ARCHIVED, count=4),
    ),
    refused=tuple(
        Refused(key=KEY, address=f"stripe_price.x{number}", reason="too old")
        for number in range(12)
    ),
    unread=(Unread(type="stripe_issuing_card", title="card", reason="Not set up."),),
    ignored=(
        IgnoredLeaf(
            stack="catalog", address="stripe_price.a", path="nickname", code="A", actual=None
        ),
    ),
    unknown=(
        Unknown(
            stack="webhooks",
            address="stripe_webhook_endpoint.a",
            title="webhook endpoint",
            path="secret",
            secret=True,
        ),
        Unknown(
            stack="terminal",
            address="stripe_terminal_reader.r",
            title="terminal reader",
            path="registration_code",
            secret=False,
        ),
    ),
    without_state=("shop",),
    requests=31,
    finished=("tax",),
)
EMPTY = AccountImport(environment="test", embedded=False, account_id="acct_1", livemode=True)


def test_it_says_what_is_written_and_what_is_not_and_why() -> None:
    """Each file with its objects, then what stays, in one line for each reason."""
    text = import_text(FULL, PLAIN)
    for line in (
        "Environment test, account acct_1, test mode",
        "+ stacks/catalog.py: 3 objects, 2 lines",
        "    2 prices",
        "    1 product",
        "  3 managed by stacks of this project",
        "  4 archived, disabled or expired (--inactive imports them): 4 prices",
        "  stripe_price.x0 [price_1]: too old",
        "  and 2 more, which --json lists",
        "  card: Not set up.",
        "An import that was interrupted is finished: stacks/tax.py.",
        "12 objects listed, 3 to import. A plan of them is empty. Nothing on Stripe is changed.",
    ):
        assert line in text.split("\n"), line
    assert "registration_code of terminal:stripe_terminal_reader.r: the code has another" in text
    assert "catalog:stripe_price.a nickname: " in text
    assert "secret of 1 webhook endpoint: Stripe returned it once" in text
    assert "Warning: never applied to this account: shop." in text
    assert "one\ntwo" not in text
    assert "one\ntwo" in import_text(FULL, PLAIN, verbose=True)


def test_the_question_says_how_many_files() -> None:
    """And what is written with them."""
    assert import_question(FULL) == "Write this file and its state? [y/N] "
    several = AccountImport(
        environment="test", embedded=False, account_id="", livemode=None, stacks=(STACK, STACK)
    )
    assert import_question(several) == "Write these 2 files and states? [y/N] "
    assert written_text(FULL) == "Imported 3 objects into stacks/catalog.py."


def test_nothing_to_import_is_said() -> None:
    """In one sentence."""
    assert import_text(EMPTY, PLAIN).endswith(
        "0 objects listed, 0 to import. There is nothing to import that no stack manages; nothing "
        "was written."
    )


def test_the_document_leaves_nothing_out() -> None:
    """All that is cut short for people."""
    document = import_document(FULL)
    assert len(document["refused"]) == 12
    assert document["left"][0] == {"type": "stripe_price", "why": "owned", "count": 2}
    assert document["ignored"][0]["actual"] is None
    assert document["without_state"] == ["shop"]
    assert document["stacks"][0]["resources"][0] == {
        "address": "stripe_price.a",
        "type": "stripe_price",
        "id": "price_1",
    }
