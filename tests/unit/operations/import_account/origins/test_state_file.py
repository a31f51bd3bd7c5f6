"""What is read from the states of Terraform and OpenTofu, and from exports of Pulumi."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from engine.catalog import loader
from engine.errors import UsageError
from engine.operations.import_account.origins.origin import Origin
from engine.operations.import_account.origins.state_file import read_state
from engine.plan.inputs.ownership import ObjectKey
from engine.values.secret import Sensitive
from tests.support.other_tools.states import (
    ANDREWBAXTER,
    FRANCKVERROT,
    LUKASARON,
    pulumi_export,
    pulumi_resource,
    tf_resource,
    tf_state,
)

SECRET = "whsec_" + "canary" * 5


def _read(document: Mapping[str, Any]) -> Origin:
    return read_state(json.dumps(document).encode(), "terraform.tfstate", loader.schemas())


def _addresses(origin: Origin) -> dict[str, str]:
    """Ids by the address that each object gets."""
    return {f"{key.type}.{wanted.name}": key.id for key, wanted in origin.wanted.objects.items()}


def test_addresses_stay() -> None:
    """A resource of the root module has the same address in both tools."""
    origin = _read(
        tf_state(
            tf_resource("stripe_product.pro", (None, {"id": "prod_1"})),
            tf_resource("stripe_price.pro-monthly", (None, {"id": "price_1"})),
            tf_resource("stripe_price.pro_yearly", (None, {"id": "price_2"})),
        )
    )
    assert _addresses(origin) == {
        "stripe_product.pro": "prod_1",
        "stripe_price.pro-monthly": "price_1",
        "stripe_price.pro_yearly": "price_2",
    }
    assert origin.renamed == {}
    assert origin.lines() == []
    assert origin.wanted.origin == "terraform.tfstate"


def test_modules_and_instances_are_part_of_the_name() -> None:
    """What Terraform writes in other places of an address goes into the name, and is reported."""
    origin = _read(
        tf_state(
            tf_resource("stripe_price.plan", ("month", {"id": "p1"}), ("year", {"id": "p2"})),
            tf_resource("stripe_price.step", (0, {"id": "p3"}), (1, {"id": "p4"})),
            tf_resource("module.billing.stripe_price.pro", (None, {"id": "p5"})),
            tf_resource('module.site["EU"].module.shop[0].stripe_price.pro', (None, {"id": "p6"})),
        )
    )
    assert _addresses(origin) == {
        "stripe_price.plan-month": "p1",
        "stripe_price.plan-year": "p2",
        "stripe_price.step-0": "p3",
        "stripe_price.step-1": "p4",
        "stripe_price.billing-pro": "p5",
        "stripe_price.site-eu-shop-0-pro": "p6",
    }
    assert origin.renamed["stripe_price.plan-month"] == 'stripe_price.plan["month"]'
    assert origin.renamed["stripe_price.site-eu-shop-0-pro"] == (
        'module.site["EU"].module.shop[0].stripe_price.pro'
    )


def test_names_are_unique_and_a_plain_one_keeps_its_own() -> None:
    """Capitals and other letters go; who has the plain name keeps it."""
    origin = _read(
        tf_state(
            tf_resource("stripe_price.Pro", (None, {"id": "p1"})),
            tf_resource("stripe_price.pro", (None, {"id": "p2"})),
            tf_resource("stripe_price._größe", (None, {"id": "p3"})),
            tf_resource("stripe_price.plan", ("a b", {"id": "p4"}), ("a.b", {"id": "p5"})),
            tf_resource("stripe_price.価格", (None, {"id": "p6"})),
        )
    )
    assert _addresses(origin) == {
        "stripe_price.pro-2": "p1",
        "stripe_price.pro": "p2",
        "stripe_price.groe": "p3",
        "stripe_price.plan-a-b": "p4",
        "stripe_price.plan-a-b-2": "p5",
        "stripe_price.price": "p6",
    }
    assert set(origin.renamed) == set(_addresses(origin)) - {"stripe_price.pro"}
    assert "stripe_price.Pro -> stripe_price.pro-2" in origin.lines()[-1]


PORTAL = "billing_portal_configuration"


@pytest.mark.parametrize(
    ("provider", "theirs", "attributes", "ours", "id"),
    [
        (
            LUKASARON,
            "stripe_portal_configuration",
            {"id": "bpc_1"},
            PORTAL,
            "bpc_1",
        ),
        (
            FRANCKVERROT,
            "stripe_customer_portal",
            {"id": "bpc_1"},
            PORTAL,
            "bpc_1",
        ),
        (LUKASARON, "stripe_meter", {"id": "mtr_1"}, "billing_meter", "mtr_1"),
        (ANDREWBAXTER, "stripe_prices", {"id": "price_1"}, "price", "price_1"),
        (FRANCKVERROT, "stripe_coupon", {"id": "MLK", "code": "MLK"}, "coupon", "MLK"),
        (
            LUKASARON,
            "stripe_product_feature",
            {"id": "prodft_1", "product": "prod_1", "entitlements_feature": "feat_1"},
            "product_feature",
            "prod_1/prodft_1",
        ),
        (
            "stripe/stripe",
            "stripe_tax_id",
            {"id": "txi_1", "customer": "cus_1", "type": "eu_vat"},
            "customer_tax_id",
            "cus_1/txi_1",
        ),
        (
            "stripe/stripe",
            "stripe_person",
            {"id": "person_1", "account": "acct_1"},
            "person",
            "acct_1/person_1",
        ),
    ],
)
def test_types_have_the_names_that_they_have_here(
    provider: str, theirs: str, attributes: dict[str, Any], ours: str, id: str
) -> None:
    """Each provider's spelling; a child is named with its parent."""
    origin = _read(tf_state(tf_resource(f"{theirs}.one", (None, attributes), provider=provider)))
    assert set(origin.wanted.objects) == {ObjectKey(f"stripe_{ours}", "", id)}


def test_what_is_not_taken_is_named() -> None:
    """Data sources, other providers, types that are not managed, what was never made."""
    origin = _read(
        tf_state(
            tf_resource("stripe_price.old", (None, {"id": "price_1"}), mode="data"),
            tf_resource("aws_s3_bucket.a", (None, {"id": "a"}), provider="hashicorp/aws"),
            tf_resource("aws_s3_bucket.b", (None, {"id": "b"}), provider="hashicorp/aws"),
            tf_resource("stripe_card.visa", (None, {"id": "card_1"}), provider=LUKASARON),
            tf_resource("stripe_product_feature.f", (None, {"id": "prodft_1"})),
            tf_resource("stripe_price.half", (None, {"id": None})),
            tf_resource("stripe_price.pro", (None, {"id": "price_2"})),
        )
    )
    assert _addresses(origin) == {"stripe_price.pro": "price_2"}
    assert origin.left_out == {
        "it is only read there": ("data.stripe_price.old",),
        "it is of another provider": ("2 aws_s3_bucket",),
        "its type is not managed": ("stripe_card.visa",),
        "it has no id: it was never made": ("stripe_product_feature.f", "stripe_price.half"),
    }
    assert "Not taken, its type is not managed: stripe_card.visa" in origin.lines()


def test_what_terraform_is_to_destroy_is_left() -> None:
    """A deposed object has been replaced already."""
    resource = tf_resource("stripe_price.pro", (None, {"id": "new"}), (None, {"id": "old"}))
    resource["instances"][1]["deposed"] = "2f1c3b4a"
    origin = _read(tf_state(resource))
    assert _addresses(origin) == {"stripe_price.pro": "new"}
    assert origin.left_out == {
        "Terraform has replaced it and was to destroy it": ("stripe_price.pro",)
    }


def test_two_addresses_of_one_object_are_refused() -> None:
    """An object has one resource."""
    with pytest.raises(UsageError) as refused:
        _read(
            tf_state(
                tf_resource("stripe_price.pro", (None, {"id": "price_1"})),
                tf_resource("module.old.stripe_price.pro", (None, {"id": "price_1"})),
            )
        )
    assert refused.value.message == (
        "stripe_price.pro and module.old.stripe_price.pro are one object, price_1, and an object "
        "has one resource"
    )
    assert "terraform state rm 'module.old.stripe_price.pro'" in str(refused.value.hint)


def test_what_stripe_does_not_return_is_taken_from_the_state() -> None:
    """Arguments that only a create takes; what was not set has an empty value and is left."""
    webhook = {
        "id": "we_1",
        "url": "https://example.com",
        "enabled_events": ["*"],
        "connect": True,
        "disabled": False,
        "secret": SECRET,
    }
    price = {
        "id": "price_1",
        "product": "prod_1",
        "product_data": [{"name": "Pro"}],
        "recurring": [{"interval": "month", "trial_period_days": 14}],
    }
    plain = {**webhook, "id": "we_2", "connect": False, "secret": ""}
    origin = _read(
        tf_state(
            tf_resource("stripe_webhook_endpoint.hook", (None, webhook), provider=LUKASARON),
            tf_resource("stripe_webhook_endpoint.plain", (None, plain), provider=LUKASARON),
            tf_resource("stripe_price.pro", (None, price)),
        )
    )
    hook, other, pro = origin.wanted.objects.values()
    assert hook.known == {"connect": True}
    assert other.known == {}
    assert pro.known == {"recurring": {"trial_period_days": 14}}


def test_secrets_are_sealed() -> None:
    """The secret of a webhook is in the clear in a state, and nowhere else afterwards."""
    destination = {
        "id": "ed_1",
        "name": "events",
        "webhook_endpoint": [{"url": "https://example.com", "signing_secret": SECRET}],
    }
    origin = _read(
        tf_state(
            tf_resource("stripe_webhook_endpoint.hook", (None, {"id": "we_1", "secret": SECRET})),
            tf_resource("stripe_v2_core_event_destination.events", (None, destination)),
            tf_resource("stripe_webhook_endpoint.imported", (None, {"id": "we_2", "secret": ""})),
        )
    )
    hook, events, imported = origin.wanted.objects.values()
    assert hook.secrets == {("secret",): Sensitive(SECRET)}
    assert events.secrets == {("webhook_endpoint", "signing_secret"): Sensitive(SECRET)}
    assert imported.secrets == {}
    assert SECRET not in repr(origin)
    assert origin.lines()[-1].startswith("It holds 2 secrets in the clear")


def test_what_the_state_marks_as_sensitive_is_no_argument() -> None:
    """Code would show it."""
    clock = {"id": "clock_1", "frozen_time": 17}
    resource = tf_resource("stripe_test_helpers_test_clock.c", (None, clock))
    (wanted,) = _read(tf_state(resource)).wanted.objects.values()
    assert wanted.known == {"frozen_time": 17}
    mark = [{"type": "get_attr", "value": "frozen_time"}]
    resource["instances"][0]["sensitive_attributes"] = [mark]
    (wanted,) = _read(tf_state(resource)).wanted.objects.values()
    assert wanted.known == {}


def test_what_terraform_shows_is_read_too() -> None:
    """`terraform show -json`."""
    document = {
        "format_version": "1.0",
        "terraform_version": "1.9.8",
        "values": {
            "root_module": {
                "resources": [
                    {
                        "address": 'stripe_price.plan["month"]',
                        "mode": "managed",
                        "type": "stripe_price",
                        "name": "plan",
                        "index": "month",
                        "values": {"id": "price_1", "livemode": False},
                        "sensitive_values": {},
                    },
                    {
                        "address": "stripe_price.gone",
                        "mode": "managed",
                        "type": "stripe_price",
                        "name": "gone",
                        "deposed_key": "00000001",
                        "values": {"id": "price_0"},
                    },
                    {
                        "address": "data.stripe_price.read",
                        "mode": "data",
                        "type": "stripe_price",
                        "name": "read",
                        "values": {"id": "price_9"},
                    },
                ],
                "child_modules": [
                    {
                        "address": "module.billing",
                        "resources": [
                            {
                                "address": "module.billing.stripe_webhook_endpoint.hook",
                                "mode": "managed",
                                "type": "stripe_webhook_endpoint",
                                "name": "hook",
                                "values": {"id": "we_1", "secret": SECRET, "connect": True},
                                "sensitive_values": {"secret": True, "enabled_events": []},
                            }
                        ],
                    }
                ],
            }
        },
    }
    origin = _read(document)
    assert _addresses(origin) == {
        "stripe_price.plan-month": "price_1",
        "stripe_webhook_endpoint.billing-hook": "we_1",
    }
    assert list(origin.wanted.objects.values())[1].secrets == {("secret",): Sensitive(SECRET)}
    assert origin.livemode is False
    assert set(origin.left_out) == {
        "it is only read there",
        "Terraform has replaced it and was to destroy it",
    }


def test_exports_of_pulumi_are_read_too() -> None:
    """Types and attributes in Pulumi's spelling, names from the end of the URN."""
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
    shown = {**secret, "plaintext": json.dumps(SECRET)}
    sealed = {**secret, "ciphertext": "djE6..."}
    random = {**pulumi_resource("x", "y", "1"), "type": "random:index/randomPet:RandomPet"}
    gone = {**pulumi_resource("price", "pro", "price_0"), "delete": True}
    read = {**pulumi_resource("price", "read", "price_9"), "external": True}
    origin = _read(
        pulumi_export(
            pulumi_resource("portalConfiguration", "Portal", "bpc_1"),
            pulumi_resource("webhookEndpoint", "hook", "we_1", secret=shown, connect=True),
            pulumi_resource("webhookEndpoint", "other", "we_2", secret=sealed),
            pulumi_resource("productFeature", "sso", "prodft_1", product="prod_1"),
            random,
            gone,
            read,
        )
    )
    assert _addresses(origin) == {
        "stripe_billing_portal_configuration.portal": "bpc_1",
        "stripe_webhook_endpoint.hook": "we_1",
        "stripe_webhook_endpoint.other": "we_2",
        "stripe_product_feature.sso": "prod_1/prodft_1",
    }
    _, hook, other, _ = origin.wanted.objects.values()
    assert (hook.known, hook.secrets) == ({"connect": True}, {("secret",): Sensitive(SECRET)})
    assert other.secrets == {}
    assert set(origin.renamed) == {"stripe_billing_portal_configuration.portal"}
    assert origin.left_out["it is of another provider"] == ("1 random:index/randomPet:RandomPet",)
    assert origin.left_out["Pulumi has replaced it and was to delete it"] == (gone["urn"],)
    assert origin.left_out["it is only read there"] == (read["urn"],)


def test_exports_of_the_package_of_pulumis_registry() -> None:
    """It is made of Stripe's own provider: its types, and blocks as lists with a plural name."""
    mark = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
    webhook = [{"url": "https://example.com/", "signingSecret": SECRET}]
    component = "urn:pulumi:prod::shop::shop:index:Plans$stripe:index/price:Price::month"
    month = pulumi_resource("price", "month", "price_1", livemode=False)
    origin = _read(
        pulumi_export(
            {**month, "urn": component, "parent": "urn:pulumi:prod::shop::shop:index:Plans::plans"},
            pulumi_resource(
                "price",
                "gift",
                "price_2",
                customUnitAmounts=[{"enabled": True, "minimum": 500}],
                metadata={"teamName": "growth"},
            ),
            pulumi_resource("billingMeter", "calls", "mtr_1", customerMappings=[{"type": "by_id"}]),
            pulumi_resource("billingPortalConfiguration", "portal", "bpc_1"),
            pulumi_resource("taxId", "vat", "txi_1", customer="cus_1"),
            pulumi_resource("v2CoreEventDestination", "open", "ed_1", webhookEndpoints=webhook),
            pulumi_resource(
                "v2CoreEventDestination",
                "sealed",
                "ed_2",
                webhookEndpoints={**mark, "plaintext": json.dumps(webhook)},
            ),
        )
    )
    assert _addresses(origin) == {
        "stripe_price.month": "price_1",
        "stripe_price.gift": "price_2",
        "stripe_billing_meter.calls": "mtr_1",
        "stripe_billing_portal_configuration.portal": "bpc_1",
        "stripe_customer_tax_id.vat": "cus_1/txi_1",
        "stripe_v2_core_event_destination.open": "ed_1",
        "stripe_v2_core_event_destination.sealed": "ed_2",
    }
    found = {key.id: one for key, one in origin.wanted.objects.items()}
    assert found["price_2"].known == {"custom_unit_amount": {"enabled": True}}
    secret = {("webhook_endpoint", "signing_secret"): Sensitive(SECRET)}
    assert found["ed_1"].secrets == found["ed_2"].secrets == secret
    assert origin.livemode is False


def test_the_mode_of_the_objects() -> None:
    """The state says it, if its attributes do and agree."""

    def mode(modes: list[bool | None]) -> bool | None:
        resources = (
            tf_resource(f"stripe_price.p{n}", (None, {"id": f"p{n}", "livemode": mode}))
            for n, mode in enumerate(modes)
        )
        return _read(tf_state(*resources)).livemode

    assert mode([None]) is None
    assert mode([True]) is True
    assert mode([False, None]) is False
    assert mode([True, False]) is None


PULL = "terraform state pull"


@pytest.mark.parametrize(
    ("content", "message", "hint"),
    [
        (b"", "is empty", PULL),
        (b'resource "stripe_price" "pro" {\n}', "is not JSON (line 1)", PULL),
        (b'{"version": 4, "resources": [{"type": "stri', "ends in the middle", PULL),
        (b'{"version": 4,', "ends in the middle", PULL),
        (b"PK\x03\x04\x14\x00", "is a saved plan", PULL),
        (b"\xff\x00\xff", "is not JSON", PULL),
        (b"[" * 100_000, "is not JSON", PULL),
        (b"[]", "holds no JSON object", PULL),
        (b"{}", "is not a Terraform state", PULL),
        (b'{"version": 3, "modules": []}', "a state of format 3", "terraform apply -refresh-only"),
        (b'{"version": 5, "resources": []}', "a state of format 5", "terraform show -json"),
        (b'{"version": 3, "backend": {"type": "s3"}}', "only says where", PULL),
        (b'{"serial": 1, "encrypted_data": "x"}', "is encrypted", "tofu state pull"),
        (b'{"format_version": "1.2", "planned_values": {}}', "is a plan, not a state", PULL),
        (b'{"deployment": {"manifest": {}}}', "holds no resources", "pulumi stack export"),
        (b'{"fixtures": []}', "is not a Terraform state", "engine import --from-fixtures"),
    ],
)
def test_a_file_that_is_something_else(content: bytes, message: str, hint: str) -> None:
    """What is wrong with it, and how to get the right one."""
    with pytest.raises(UsageError) as refused:
        read_state(content, "terraform.tfstate", loader.schemas())
    assert message in refused.value.message
    assert refused.value.message.startswith("terraform.tfstate ")
    assert hint in str(refused.value.hint)


@pytest.mark.parametrize(
    "document",
    [
        {"version": 4, "resources": [None, 1, {"type": "stripe_price", "instances": [None]}]},
        {"version": 4, "resources": [{"type": "stripe_price", "instances": [{"attributes": []}]}]},
        {"format_version": "1.0", "values": None},
        {"format_version": "1.0", "values": {"root_module": {"child_modules": {"a": 1}}}},
    ],
)
def test_a_damaged_state_holds_nothing(document: dict[str, Any]) -> None:
    """Parts of another form are passed over, and nothing fails."""
    with pytest.raises(UsageError, match="records no object of Stripe"):
        _read(document)


def test_a_state_without_stripe_is_the_wrong_one() -> None:
    """It says what there is."""
    with pytest.raises(UsageError) as refused:
        _read(tf_state(tf_resource("aws_s3_bucket.a", (None, {"id": "a"}))))
    assert refused.value.message == (
        "terraform.tfstate records no object of Stripe that could be imported"
    )
    assert refused.value.cause == "Not taken, it is of another provider: 1 aws_s3_bucket"
    with pytest.raises(UsageError) as refused:
        _read(tf_state())
    assert refused.value.cause is None
    assert "terraform workspace list" in str(refused.value.hint)


def test_names_of_another_tool_cannot_reach_a_terminal() -> None:
    """A key of an instance is any text."""
    key = "\x1b[2Jplan"
    origin = _read(tf_state(tf_resource("stripe_price.p", (key, {"id": "price_1"}))))
    assert _addresses(origin) == {"stripe_price.p-2jplan": "price_1"}
    assert "\x1b" not in "".join(origin.lines())
    assert "\\x1b[2Jplan" in "".join(origin.lines())


def test_a_state_that_powershell_wrote() -> None:
    """`>` writes UTF-16 there."""
    text = json.dumps(tf_state(tf_resource("stripe_price.pro", (None, {"id": "price_1"}))))
    for encoding in ("utf-16", "utf-8-sig"):
        origin = read_state(text.encode(encoding), "-", loader.schemas())
        assert _addresses(origin) == {"stripe_price.pro": "price_1"}
        assert origin.wanted.origin == "the standard input"
