"""States for people and machines."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

from engine.catalog import loader
from engine.ports.reports import Moved, MovedResource
from engine.state.model import RemovalPolicy, ResourceState, State
from engine.values.secret import Sealed
from engine.views.json.states import (
    addresses_document,
    output_document,
    outputs_document,
    resource_document,
    states_document,
)
from engine.views.style import PLAIN
from engine.views.text.states import moved_text, outputs_text, resource_text, states_text

SCHEMAS = loader.schemas()

PRICE = ResourceState(
    type="stripe_price",
    id="price_1",
    declared={"product": "${stripe_product.pro.id}", "unit_amount": 2900, "currency": "usd"},
    attributes={"product": "prod_1", "unit_amount": 2900, "currency": "usd"},
    dependencies=("stripe_product.pro",),
    superseded=("price_0",),
    former=("price_00", "acct_2:price_000"),
    removal_policy=RemovalPolicy(protect=True, keep=True),
)


def state_of(**parts: Any) -> State:
    """A state of the stack saas."""
    about: dict[str, Any] = {
        "stack": "saas",
        "environment": "live",
        "lineage": "f" * 32,
        "serial": 3,
        "account_id": "acct_1",
        "livemode": True,
        **parts,
    }
    return State(**about)


FULL = state_of(
    resources={"stripe_price.pro": PRICE},
    outputs={"price": "price_1", "secret": Sealed("01")},
)


def test_a_state_shows_what_is_managed_under_which_id() -> None:
    """Money as money, references with what they refer to, and what is special."""
    assert states_text([FULL], SCHEMAS, PLAIN) == dedent("""\
        Stack saas in environment live, serial 3, 1 resource, account acct_1, LIVE MODE

        stripe_price.pro [price_1]
          product:     "prod_1"  ${stripe_product.pro.id}
          unit_amount: 2900 ($29.00)
          currency:    "usd"
          (protected)
          (stays on Stripe when removed)
          (replaced price_0, which is still to be removed)
          (replaced price_00, which is archived)
          (replaced price_000 on acct_2, which is archived)

        Outputs:
          price  = "price_1"
          secret = (sensitive)""")


def test_what_was_declared_stays_on_its_line() -> None:
    """A text with a reference may have line ends, which could look like lines of the engine."""
    product = ResourceState(
        type="stripe_product",
        id="prod_1",
        declared={"name": "A\n\nPlan: 0 to create $${x}"},
        attributes={"name": "A\n\nPlan: 0 to create ${x}"},
    )
    assert resource_text("stripe_product.a", product, SCHEMAS, PLAIN).splitlines() == [
        "stripe_product.a [prod_1]",
        r"""  name: "A\n\nPlan: 0 to create ${x}"  A\n\nPlan: 0 to create $${x}""",
    ]


def test_an_empty_state_says_so() -> None:
    """Never applied, and applied and removed, are two things."""
    fresh = state_of(serial=0, account_id="", livemode=None)
    gone = state_of(livemode=False)
    assert states_text([fresh, gone], SCHEMAS, PLAIN) == dedent("""\
        Stack saas in environment live, serial 0, 0 resources

        Nothing has been applied.

        Stack saas in environment live, serial 3, 0 resources, account acct_1, test mode

        It has no resources.""")


def test_a_resource_of_an_unknown_type_can_still_be_shown() -> None:
    """A state may be older than the catalog."""
    resource = ResourceState(type="stripe_gone", id="x_1", attributes={"amount": 5})
    assert resource_text("stripe_gone.x", resource, {}, PLAIN) == (
        "stripe_gone.x [x_1]\n  amount: 5"
    )


def test_outputs_stand_under_their_stacks_where_there_are_several() -> None:
    """A stack without outputs takes no room."""
    other = state_of(stack="portals", outputs={"id": "bpc_1"})
    quiet = state_of(stack="quiet")
    assert outputs_text([FULL], PLAIN) == 'price  = "price_1"\nsecret = (sensitive)'
    assert outputs_text([FULL, other, quiet], PLAIN) == dedent("""\
        saas
          price  = "price_1"
          secret = (sensitive)

        portals
          id = "bpc_1\"""")
    assert outputs_text([quiet], PLAIN) == "No outputs."


def test_states_are_documents() -> None:
    """Everything but what nobody may see."""
    price = {
        "address": "stripe_price.pro",
        "type": "stripe_price",
        "name": "pro",
        "id": "price_1",
        "account": None,
        "declared": PRICE.declared,
        "attributes": PRICE.attributes,
        "dependencies": ["stripe_product.pro"],
        "former": ["price_00", "acct_2:price_000"],
    }
    outputs = {
        "price": {"value": "price_1", "sensitive": False},
        "secret": {"value": "(sensitive)", "sensitive": True},
    }
    assert states_document("live", [FULL]) == {
        "format_version": "1",
        "environment": "live",
        "stacks": [
            {
                "stack": "saas",
                "serial": 3,
                "lineage": "f" * 32,
                "account": {"id": "acct_1", "livemode": True},
                "api_version": None,
                "outputs": outputs,
                "resources": [price],
            }
        ],
    }
    head = {"format_version": "1", "environment": "live"}
    assert resource_document(FULL, "stripe_price.pro") == {**head, "stack": "saas", **price}
    assert outputs_document("live", [FULL]) == {
        **head,
        "stacks": [{"stack": "saas", "outputs": outputs}],
    }
    assert output_document(FULL, "price") == {
        **head,
        "stack": "saas",
        "name": "price",
        "value": "price_1",
        "sensitive": False,
    }
    assert addresses_document("live", [FULL]) == {
        **head,
        "stacks": [{"stack": "saas", "addresses": ["stripe_price.pro"], "accounts": {}}],
    }


def test_a_move_says_what_is_left_to_be_done() -> None:
    """What is where now, what could not be read here, and which stamps are the old ones."""
    hook = MovedResource(
        type="stripe_webhook_endpoint",
        id="we_1",
        account="acct_2",
        old="stripe_webhook_endpoint.h",
        new="stripe_webhook_endpoint.hook",
        secret_left="op, item 7",  # noqa: S106 - where it is
        sent_again=True,
    )
    moved = Moved(
        environment="live",
        giver="shop",
        receiver="hooks",
        resources=(hook,),
        already=("stripe_price.a",),
        ended=True,
    )
    first, where, *rest = moved_text(moved).splitlines()
    assert first == "stripe_price.a is in the state of hooks already."
    assert where == (
        "Moved stripe_webhook_endpoint.h [we_1] on acct_2 from shop to hooks as "
        "stripe_webhook_endpoint.hook."
    )
    assert rest[:-1] == [
        "  its secret cannot be read here, and stays: op, item 7",
        "  it declares a secret that is not known here: the next plan sends it",
        "Stack shop has no state any more.",
    ]
    assert rest[-1] == (
        "Nothing was sent to Stripe. 1 object keeps the stamp of shop until the next update; "
        "engine state stamp hooks writes the new one at once."
    )
