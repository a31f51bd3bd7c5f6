"""What other tools made is taken over: from their states, and from fixture files."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.catalog import loader
from engine.emulator.core import Emulator
from engine.errors import NotFoundError, SecretSinkError
from engine.operations.import_account.import_account import ImportOptions, import_account
from engine.operations.import_account.origins.source import FixtureFile, StateFile
from engine.plan.model import Action
from engine.ports.reports import AccountImport
from engine.values.secret import Sealed
from tests.support.other_tools.account import (
    Made,
    export_of_pulumi,
    make_objects,
    state_of_andrewbaxter,
    state_of_franckverrot,
    state_of_lukasaron,
    state_of_stripe,
)
from tests.support.other_tools.states import tf_resource, tf_state
from tests.support.project import Project

IN_BOTH: dict[Callable[[Made], dict[str, Any]], set[str]] = {
    state_of_stripe: {
        "stripe_billing_meter.calls",
        "stripe_billing_portal_configuration.portal",
        "stripe_coupon.launch",
        "stripe_customer.jenny",
        "stripe_customer_tax_id.vat",
        "stripe_entitlements_feature.sso",
        "stripe_payment_link.buy",
        "stripe_price.calls",
        "stripe_price.plan-month",
        "stripe_price.plan-year",
        "stripe_product.pro",
        "stripe_product_feature.pro_sso",
        "stripe_promotion_code.launch",
        "stripe_shipping_rate.post",
        "stripe_tax_rate.vat",
        "stripe_webhook_endpoint.site-hook-0",
        "stripe_webhook_endpoint.site-hook-1",
    },
    state_of_lukasaron: {
        "stripe_billing_meter.calls",
        "stripe_billing_portal_configuration.portal",
        "stripe_entitlements_feature.sso",
        "stripe_price.month",
        "stripe_product.pro",
        "stripe_product_feature.pro_sso",
        "stripe_webhook_endpoint.hook",
        "stripe_webhook_endpoint.platform",
    },
    state_of_franckverrot: {
        "stripe_billing_portal_configuration.portal",
        "stripe_coupon.launch",
        "stripe_price.month",
        "stripe_product.pro",
        "stripe_tax_rate.vat",
        "stripe_webhook_endpoint.platform",
    },
    state_of_andrewbaxter: {
        "stripe_price.month",
        "stripe_product.pro",
        "stripe_shipping_rate.post",
        "stripe_webhook_endpoint.platform",
    },
    export_of_pulumi: {
        "stripe_billing_portal_configuration.portal",
        "stripe_price.pro-month",
        "stripe_product.pro",
        "stripe_webhook_endpoint.hook",
        "stripe_webhook_endpoint.platform",
    },
}
"""The addresses that each tool's record has to come to."""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project in front of a fresh emulator."""
    return Project(tmp_path / "project", Emulator(seed=7), "")


def _import(project: Project, state: Mapping[str, Any], **options: Any) -> AccountImport:
    source = StateFile(json.dumps(state).encode(), "terraform.tfstate", loader.schemas())
    wish = ImportOptions(source=source, stack="billing", **options)
    return import_account(project.context(), wish, lambda _: True)


def _seed(project: Project, *fixtures: Mapping[str, Any], **options: Any) -> AccountImport:
    content = json.dumps({"_meta": {"template_version": 0}, "fixtures": fixtures}).encode()
    source = FixtureFile(content, "seed.json", loader.schemas(), {})
    wish = ImportOptions(source=source, **options)
    return import_account(project.context(), wish, lambda _: True)


def _post(name: str, path: str, /, **params: Any) -> dict[str, Any]:
    return {"name": name, "path": path, "method": "post", "params": params}


def _actions(project: Project, *names: str) -> dict[str, Action]:
    return {
        str(change.address): change.action
        for plan in project.report(*names).plans
        for change in plan.changes
        if change.action is not Action.NO_OP
    }


@pytest.mark.parametrize("record", IN_BOTH, ids=lambda record: record.__name__)
def test_each_tool_is_followed(project: Project, record: Callable[[Made], dict[str, Any]]) -> None:
    """The same addresses, an empty plan, and no write; the next change replaces nothing."""
    state = record(make_objects(project))
    project.writes()
    report = _import(project, state)
    assert report.written
    assert (report.refused, report.ignored) == ((), ())
    assert set(project.state("billing").resources) == IN_BOTH[record]
    assert _actions(project) == {}
    assert project.writes() == []
    module = project.root / "stacks" / "billing.py"
    text = module.read_text(encoding="utf-8")
    module.write_text(text.replace('name="Pro"', 'name="Pro", description="All"'), "utf-8")
    assert _actions(project) == {"stripe_product.pro": Action.UPDATE}


def test_what_stripe_does_not_return_is_declared(project: Project) -> None:
    """`connect` can be set by a create alone: without it in the code, it would be lost."""
    made = make_objects(project)
    _import(project, state_of_lukasaron(made))
    text = (project.root / "stacks" / "billing.py").read_text(encoding="utf-8")
    assert text.count("connect=True") == 1
    platform = project.state("billing").resources["stripe_webhook_endpoint.platform"]
    assert platform.declared["connect"] is True


def test_a_secret_goes_into_the_sink_alone(project: Project) -> None:
    """The state of Terraform has it in the clear; ours has a fingerprint, and the code nothing."""
    made = make_objects(project)
    secret = made["hook"]["secret"]
    report = _import(project, state_of_lukasaron(made))
    address = "stripe_webhook_endpoint.hook"
    context = project.context()
    assert context.sink.load("billing", f"{address}.secret") == secret
    state = project.state("billing")
    assert state.resources[address].attributes["secret"] == Sealed.of(secret, state.lineage)
    assert [one.address for one in report.unknown] == ["stripe_webhook_endpoint.platform"]
    assert any("a secret in the clear" in note for note in report.notes)
    assert secret not in repr(report)
    holding = [
        path.relative_to(project.root).parts[:2]
        for path in project.root.rglob("*")
        if path.is_file() and secret.encode() in path.read_bytes()
    ]
    assert holding == [(".engine", "secrets")]
    module = project.root / "stacks" / "billing.py"
    text = module.read_text(encoding="utf-8")
    assert "this project does not have it" in text.partition("platform")[0]
    module.write_text(
        "from engine import output\n"
        + text.replace('WebhookEndpoint(\n    "hook"', 'hook = WebhookEndpoint(\n    "hook"')
        + '\noutput("secret", hook.secret, sensitive=True)\n',
        encoding="utf-8",
    )
    assert _actions(project) == {}
    project.apply()
    assert context.sink.load("billing", "output.secret") == secret


def test_a_secret_inside_of_an_object(project: Project) -> None:
    """The signing secret of an event destination, which is in a block of its own in Terraform."""
    made = project.call(
        "post",
        "/v2/core/event_destinations",
        name="events",
        type="webhook_endpoint",
        event_payload="thin",
        enabled_events=["v1.billing.meter.error_report_triggered"],
        webhook_endpoint={"url": "https://example.com/events"},
        include=["webhook_endpoint.signing_secret", "webhook_endpoint.url"],
    )
    secret = made["webhook_endpoint"]["signing_secret"]
    block = {"url": "https://example.com/events", "signing_secret": secret}
    attributes = {"id": made["id"], "name": "events", "webhook_endpoint": [block]}
    address = "stripe_v2_core_event_destination.events"
    _import(project, tf_state(tf_resource(address, (None, attributes))))
    state = project.state("billing")
    kept = state.resources[address].attributes["webhook_endpoint"]
    assert kept["signing_secret"] == Sealed.of(secret, state.lineage)
    sink = project.context().sink
    assert sink.load("billing", f"{address}.webhook_endpoint.signing_secret") == secret
    assert _actions(project) == {}


def test_an_interrupted_import_is_run_again(project: Project) -> None:
    """A secret that is kept already is no hindrance."""
    state = state_of_lukasaron(make_objects(project))
    secrets = project.root / ".engine" / "secrets"
    _import(project, state)
    assert any(secrets.rglob("*"))
    for folder in ("state", "stacks"):
        for path in (project.root / folder).rglob("billing*"):
            path.unlink()
    report = _import(project, state)
    assert report.written
    assert _actions(project) == {}


def test_a_sink_that_takes_nothing_stops_the_import(project: Project) -> None:
    """Before anything is written."""
    made = make_objects(project)
    sink = project.root / ".engine" / "secrets"
    sink.parent.mkdir(exist_ok=True)
    sink.write_text("in the way", encoding="utf-8")
    with pytest.raises(SecretSinkError):
        _import(project, state_of_lukasaron(made))
    assert not (project.root / "stacks" / "billing.py").exists()
    assert project.context().backend.read("billing", "local") is None


def test_what_is_gone_is_named_and_left(project: Project) -> None:
    """An object that was deleted since is no reason to stop."""
    made = make_objects(project)
    project.call("delete", "/v1/coupons/LAUNCH25")
    report = _import(project, state_of_franckverrot(made))
    assert "Not on the account any longer: stripe_coupon.launch (LAUNCH25)" in report.notes
    assert "stripe_coupon.launch" not in project.state("billing").resources
    assert _actions(project) == {}


def test_another_account_is_noticed(project: Project) -> None:
    """None of the ids exists: it is not the account that the state is of."""
    state = tf_state(
        tf_resource("stripe_product.pro", (None, {"id": "prod_9", "livemode": True})),
        tf_resource("stripe_price.pro", (None, {"id": "price_9", "livemode": True})),
    )
    with pytest.raises(NotFoundError) as refused:
        _import(project, state)
    assert refused.value.message.startswith(
        "none of the 2 objects that terraform.tfstate names, such as prod_9, is on this account ("
    )
    assert refused.value.message.endswith("test mode); they are in live mode")


def test_what_a_stack_has_stays_with_it(project: Project) -> None:
    """And a price that belongs to it refers to it."""
    made = make_objects(project)
    _import(project, tf_state(tf_resource("stripe_product.pro", (None, made["product"]))))
    source = StateFile(json.dumps(state_of_andrewbaxter(made)).encode(), "x", loader.schemas())
    report = import_account(
        project.context(), ImportOptions(source=source, stack="prices"), lambda _: True
    )
    assert [(left.type, left.why.value, left.count) for left in report.left] == [
        ("stripe_product", "owned", 1)
    ]
    assert set(project.state("prices").resources) == IN_BOTH[state_of_andrewbaxter] - {
        "stripe_product.pro"
    }
    assert _actions(project) == {}


def test_a_module_serves_all_environments(project: Project) -> None:
    """The state of a second workspace holds the same addresses: that is said, with the way on."""
    made = make_objects(project)
    _import(project, state_of_andrewbaxter(made))
    backend, state = project.context().backend, project.state("billing")
    backend.remove(state)
    other = dataclasses.replace(state, environment="other", account_id="acct_other")
    backend.write(other, expected=None)
    (note, *_) = _import(project, state_of_andrewbaxter(made)).notes
    assert note == (
        "stacks/billing.py declares 4 of these addresses, such as stripe_price.month, and "
        "environment other has them: a second module would create them there again. engine import "
        "-e local ADDR ID records an object under the address that is declared"
    )


def test_types_limit_it(project: Project) -> None:
    """`--type`."""
    made = make_objects(project)
    _import(project, state_of_stripe(made), types=("stripe_price", "stripe_product"))
    assert {name.partition(".")[0] for name in project.state("billing").resources} == {
        "stripe_price",
        "stripe_product",
    }


def test_a_state_can_be_split(project: Project) -> None:
    """A stack for each area, with the same addresses in them."""
    made = make_objects(project)
    source = StateFile(json.dumps(state_of_stripe(made)).encode(), "x", loader.schemas())
    report = import_account(
        project.context(), ImportOptions(source=source, split=True), lambda _: True
    )
    found = {name for stack in report.stacks for name in project.state(stack.name).resources}
    assert found == IN_BOTH[state_of_stripe]
    assert len(report.stacks) > 3
    assert _actions(project) == {}


SEED = (
    _post("product", "/v1/products", name="Pro"),
    _post(
        "month",
        "/v1/prices",
        product="${product:id}",
        currency="usd",
        unit_amount="2900",
        recurring={"interval": "month"},
    ),
    _post("c10", "/v1/coupons", id="C10", percent_off=10, duration="once"),
    _post(
        "spring",
        "/v1/promotion_codes",
        code="SPRING",
        promotion={"type": "coupon", "coupon": "${c10:id}"},
    ),
)


def test_a_fixture_file_on_an_empty_account(project: Project) -> None:
    """Everything is declared, an apply makes it, and then the plan is empty."""
    report = _seed(project, *SEED, stack="seed")
    assert [stack.new for stack in report.stacks] == [
        (
            "stripe_coupon.c10",
            "stripe_price.month",
            "stripe_product.product",
            "stripe_promotion_code.spring",
        )
    ]
    assert (report.count, report.new) == (0, 4)
    assert project.writes() == []
    assert set(_actions(project).values()) == {Action.CREATE}
    project.apply()
    assert _actions(project) == {}


def test_a_fixture_file_that_was_run(project: Project) -> None:
    """What it made is found, whatever it has become, and what is not there is declared."""
    product = project.call("post", "/v1/products", name="Pro", description="All of it")
    project.call(
        "post",
        "/v1/prices",
        product=product["id"],
        currency="usd",
        unit_amount=2900,
        recurring={"interval": "month"},
    )
    project.call("post", "/v1/coupons", id="C10", percent_off=10, duration="once", name="Ten")
    project.writes()
    report = _seed(project, *SEED, stack="seed")
    assert set(project.state("seed").resources) == {
        "stripe_product.product",
        "stripe_price.month",
        "stripe_coupon.c10",
    }
    assert [stack.new for stack in report.stacks] == [("stripe_promotion_code.spring",)]
    assert _actions(project) == {"stripe_promotion_code.spring": Action.CREATE}
    assert project.writes() == []
    project.apply()
    assert len(project.objects("/v1/products")) == 1
    assert len(project.objects("/v1/coupons")) == 1
    assert _actions(project) == {}


def test_a_fixture_file_over_several_stacks(project: Project) -> None:
    """What is new in one stack reads what is found in another."""
    product = project.call("post", "/v1/products", name="Pro")
    applies = _post(
        "only",
        "/v1/coupons",
        id="ONLY",
        percent_off=10,
        duration="once",
        applies_to={"products": ["${product:id}"]},
    )
    report = _seed(project, *SEED, applies, split=True)
    assert {stack.name: stack.new for stack in report.stacks} == {
        "catalog": ("stripe_price.month",),
        "discounts": ("stripe_coupon.c10", "stripe_coupon.only", "stripe_promotion_code.spring"),
    }
    project.apply()
    assert _actions(project) == {}
    coupon = project.call("get", "/v1/coupons/ONLY", expand=["applies_to"])
    assert coupon["applies_to"]["products"] == [product["id"]]


def test_a_fixture_that_stripe_would_refuse_is_left(project: Project) -> None:
    """With what the check says, and with what needs it."""
    bad = _post("bad", "/v1/prices", product="${product:id}")
    link = _post("link", "/v1/payment_links", line_items=[{"price": "${bad:id}", "quantity": 1}])
    report = _seed(project, *SEED, bad, link, stack="seed")
    assert {one.address for one in report.refused} == {
        "stripe_price.bad",
        "stripe_payment_link.link",
    }
    project.apply()
    assert _actions(project) == {}


def test_a_fixture_file_finds_children(project: Project) -> None:
    """A product's feature, below its product."""
    seed = (
        SEED[0],
        _post("sso", "/v1/entitlements/features", name="SSO", lookup_key="sso"),
        _post("has", "/v1/products/${product:id}/features", entitlement_feature="${sso:id}"),
    )
    product = project.call("post", "/v1/products", name="Pro")
    feature = project.call("post", "/v1/entitlements/features", name="SSO", lookup_key="sso")
    path = f"/v1/products/{product['id']}/features"
    project.call("post", path, entitlement_feature=feature["id"])
    _seed(project, *seed, stack="seed")
    assert set(project.state("seed").resources) == {
        "stripe_product.product",
        "stripe_entitlements_feature.sso",
        "stripe_product_feature.has",
    }
    assert _actions(project) == {}


def test_customers_of_a_fixture_file_are_left(project: Project) -> None:
    """An account may have a million: they are not even listed, unless a person names them."""
    customer = _post("jenny", "/v1/customers", name="Jenny")
    code = _post(
        "hers",
        "/v1/promotion_codes",
        code="HERS",
        customer="${jenny:id}",
        promotion={"type": "coupon", "coupon": "${c10:id}"},
    )
    report = _seed(project, *SEED, customer, code, stack="seed")
    assert "Not taken, it is no configuration (--type TYPE takes it): jenny" in report.notes
    assert "Not taken, it needs what is not taken: hers" in report.notes
    assert not any("customers" in entry.path for entry in project.emulator.log)
    report = _seed(project, customer, stack="customers", types=("stripe_customer",))
    assert report.stacks[0].new == ("stripe_customer.jenny",)


def test_a_fixture_file_leaves_what_a_stack_has(project: Project) -> None:
    """What it adds refers to it."""
    product = project.call("post", "/v1/products", name="Pro")
    _import(project, tf_state(tf_resource("stripe_product.pro", (None, product))))
    report = _seed(project, *SEED[:2], stack="seed")
    assert any("billing:stripe_product.pro" in note for note in report.notes)
    assert _actions(project) == {"stripe_price.month": Action.CREATE}
    project.apply()
    assert len(project.objects("/v1/products")) == 1
