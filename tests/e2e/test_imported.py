"""What Stripe does not return of an imported object is not known, and no reason to replace it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import pytest

from engine.address import parse_address
from engine.operations.import_ import import_object
from engine.operations.rebuild.rebuild import RebuildOptions, rebuild_states
from engine.plan.model import Action
from tests.support.project import Project

HOOKS = "/v1/webhook_endpoints"
HOOK = "stripe_webhook_endpoint.h"
WEBHOOK = """
    from engine import import_
    from engine.stripe import WebhookEndpoint

    WebhookEndpoint("h", url="https://a.example/h", enabled_events=["invoice.paid"]{more})
"""
PRICE = """
    from engine import Lifecycle
    from engine.stripe import Price

    Price(
        "monthly", product="prod_x", currency="usd", unit_amount=2900, lookup_key="monthly",
        recurring={{"interval": "month"{more}}}, lifecycle=Lifecycle(adopt=True),
    )
"""
Take: TypeAlias = Callable[[Project, str], None]


def made(project: Project) -> str:
    """An endpoint that was not made by the engine; its id."""
    event = "invoice.paid"
    hook = project.call("post", HOOKS, url="https://a.example/h", enabled_events=[event])
    return str(hook["id"])


def by_command(project: Project, id: str) -> None:
    """`engine import`."""
    import_object(project.context(), parse_address(HOOK), id)


def by_declaration(project: Project, id: str) -> None:
    """`import_` in the module, for one apply."""
    project.write(WEBHOOK.format(more="") + f'    import_("{HOOK}", "{id}")\n')
    project.apply()
    project.write(WEBHOOK.format(more=""))


def by_rebuild(project: Project, id: str) -> None:
    """A lost state that is made again."""
    by_command(project, id)
    project.call("post", f"{HOOKS}/{id}", metadata={"engine": f"{project.state().lineage}:{HOOK}"})
    (project.root / "state" / "local" / "shop.json").unlink()
    rebuild_states(project.context(), (), RebuildOptions())


@pytest.mark.parametrize("take", [by_command, by_declaration, by_rebuild])
def test_what_is_declared_first_is_taken_as_it_is(project: Project, take: Take) -> None:
    """It is one line of the plan, once; after that a change of it counts."""
    id = made(project)
    project.write(WEBHOOK.format(more=""))
    take(project, id)
    assert not project.plan().has_changes
    project.write(WEBHOOK.format(more=", connect=True"))
    plan = project.plan()
    assert plan.pending == ()
    (warning,) = plan.warnings
    assert "connect is taken to be as it is declared: Stripe never returns it" in warning
    project.writes()
    project.apply()
    assert project.writes() == []
    assert project.plan().warnings == ()
    assert project.id(HOOK) == id
    project.write(WEBHOOK.format(more=", connect=False"))
    (change,) = project.plan().pending
    assert change.action is Action.REPLACE


def test_what_was_adopted_is_treated_alike(project: Project) -> None:
    """The trial of a price is never returned."""
    project.call("post", "/v1/products", id="prod_x", name="X")
    price = project.call(
        "post",
        "/v1/prices",
        product="prod_x",
        currency="usd",
        unit_amount=2900,
        lookup_key="monthly",
        recurring={"interval": "month"},
    )
    project.write(PRICE.format(more=""))
    project.apply()
    project.write(PRICE.format(more=', "trial_period_days": 14'))
    assert project.plan().pending == ()
    project.apply()
    assert project.id("stripe_price.monthly") == price["id"]
    assert project.state().resources["stripe_price.monthly"].imported
    project.write(PRICE.format(more=', "trial_period_days": 7'))
    project.apply()
    assert project.id("stripe_price.monthly") != price["id"]
    assert not project.state().resources["stripe_price.monthly"].imported


def test_what_was_made_here_is_known(project: Project) -> None:
    """It was made without, so that to have it needs a new one."""
    project.write(WEBHOOK.format(more=""))
    project.apply()
    project.write(WEBHOOK.format(more=", connect=True"))
    (change,) = project.plan().pending
    assert change.action is Action.REPLACE


# ── secrets ───────────────────────────────────────────────────────────────────────────────

OUTPUT = """
    from engine import output
    from engine.stripe import WebhookEndpoint

    hook = WebhookEndpoint("h", url="https://a.example/h", enabled_events=["invoice.paid"])
    output("secret", hook.secret, sensitive=True)
"""
LOOKED_UP = """
    from engine import output
    from engine.stripe import Product, WebhookEndpoint

    output("secret", WebhookEndpoint.lookup(id="{id}").secret, sensitive=True)
"""


def test_an_unknown_secret_is_named_once(project: Project) -> None:
    """At the import, with the command that takes it; the endpoint is no change after that."""
    id = made(project)
    project.write(WEBHOOK.format(more="") + f'    import_("{HOOK}", "{id}")\n')
    (change,) = project.plan().pending
    (note,) = change.notes
    assert note.startswith("its secret is not known here: Stripe returns it only when")
    assert f"engine import {HOOK} {id} --secret-from-stdin" in note
    project.apply()
    plan = project.plan()
    assert not plan.has_changes
    assert plan.warnings == ()


def test_an_output_of_an_unknown_secret_has_no_value(project: Project) -> None:
    """It is a line of each plan, with the command, and never null."""
    id = made(project)
    project.write(OUTPUT)
    by_command(project, id)
    project.apply()
    plan = project.plan()
    assert not plan.has_changes
    (warning,) = plan.warnings
    assert "output secret has no value" in warning
    assert f"engine import {HOOK} {id} --secret-from-stdin" in warning
    assert f"--replace {HOOK}" in warning
    assert "secret" not in project.state().outputs


def test_the_secret_of_what_is_looked_up_cannot_be_supplied(project: Project) -> None:
    """No state has it: it is a variable, or the object is imported."""
    id = made(project)
    project.write(LOOKED_UP.format(id=id))
    (warning,) = project.plan().warnings
    assert f"{id} is only looked up. Pass the secret as a variable" in warning
