"""The catalog as the engine asks for it, held against Stripe's documented behaviour."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping

import pytest

from engine.catalog import loader
from engine.errors import UsageError
from engine.schema.attribute import Attribute, Kind, walk
from engine.schema.field_semantics import ListOrder
from engine.schema.resource_type import ResourceType
from engine.values.markers import ABSENT

# What Stripe's published API description says of each type: parameters that only create takes,
# those that only update takes, what create demands, and the filters of lists.
MUTABILITY: Mapping[str, tuple[set[str], set[str], set[str], set[str]]] = {
    "billing_portal.configuration": (set(), {"active"}, {"features"}, {"active", "is_default"}),
    "coupon": (
        {
            "amount_off",
            "applies_to",
            "currency",
            "duration",
            "duration_in_months",
            "id",
            "max_redemptions",
            "percent_off",
            "redeem_by",
        },
        set(),
        set(),
        {"created"},
    ),
    "price": (
        {
            "billing_scheme",
            "currency",
            "custom_unit_amount",
            "product",
            "product_data",
            "recurring",
            "tiers",
            "tiers_mode",
            "transform_quantity",
            "unit_amount",
            "unit_amount_decimal",
        },
        set(),
        {"currency"},
        {"active", "created", "currency", "lookup_keys", "product", "recurring", "type"},
    ),
    "product": (
        {"default_price_data", "id", "type"},
        {"default_price"},
        {"name"},
        {"active", "created", "ids", "shippable", "type", "url"},
    ),
    "promotion_code": (
        {"code", "customer", "customer_account", "expires_at", "max_redemptions", "promotion"},
        set(),
        {"promotion"},
        {"active", "code", "coupon", "created", "customer", "customer_account"},
    ),
    "shipping_rate": (
        {"delivery_estimate", "display_name", "tax_code", "type"},
        {"active"},
        {"display_name"},
        {"active", "created", "currency"},
    ),
    "tax_rate": (
        {"inclusive", "percentage"},
        set(),
        {"display_name", "inclusive", "percentage"},
        {"active", "created", "inclusive"},
    ),
    "webhook_endpoint": (
        {"api_version", "connect"},
        {"disabled"},
        {"enabled_events", "url"},
        set(),
    ),
}


def _names(kind: ResourceType, flag: str) -> set[str]:
    return {name for name, field in kind.root.fields.items() if getattr(field, flag)}


def _paths(kind: ResourceType, flag: str) -> set[str]:
    return {".".join(map(str, path)) for path, field in walk(kind.root) if getattr(field, flag)}


def _at(object_name: str, dotted: str) -> Attribute:
    found = loader.by_object(object_name).root.at(tuple(dotted.split(".")))
    assert found is not None, dotted
    return found


@pytest.mark.parametrize("object_name", sorted(MUTABILITY))
def test_mutability_is_what_stripe_publishes(object_name: str) -> None:
    """Create-only, update-only, required parameters and filters are Stripe's own."""
    immutable, update_only, required, filters = MUTABILITY[object_name]
    kind = loader.by_object(object_name)
    assert _names(kind, "immutable") == immutable
    assert _names(kind, "update_only") == update_only
    assert set(kind.required) == required
    assert set(kind.filters) == filters


def test_nested_create_only_fields_are_immutable() -> None:
    """Where both calls take an object, a field that only create has is fixed."""
    fixed = _paths(loader.by_object("promotion_code"), "immutable")
    assert {path for path in fixed if path.startswith("restrictions")} == {
        "restrictions.first_time_transaction",
        "restrictions.minimum_amount",
        "restrictions.minimum_amount_currency",
    }
    fixed = _paths(loader.by_object("shipping_rate"), "immutable")
    assert {path for path in fixed if path.startswith("fixed_amount")} == {
        "fixed_amount.amount",
        "fixed_amount.currency",
    }


CURRENCIES = {
    "account": {
        "business_profile.annual_revenue.currency",
        "business_profile.monthly_estimated_revenue.currency",
        "default_currency",
    },
    "billing.credit_grant": {"amount.monetary.currency"},
    "coupon": {"currency"},
    # The parameter is a plain string in the description; the answer's field is a currency.
    "issuing.card": {"currency"},
    "issuing.cardholder": {"spending_controls.spending_limits_currency"},
    "payment_link": {"currency", "line_items.*.price_data.currency"},
    "plan": {"currency"},
    "price": {"currency"},
    "product": {"default_price_data.currency"},
    "promotion_code": {"restrictions.minimum_amount_currency"},
    "quote": {"line_items.*.price_data.currency"},
    "shipping_rate": {"fixed_amount.currency"},
    "subscription": {"currency", "items.*.price_data.currency"},
    "subscription_item": {"price_data.currency"},
    "subscription_schedule": {
        "phases.*.add_invoice_items.*.price_data.currency",
        "phases.*.currency",
        "phases.*.items.*.price_data.currency",
    },
}


@pytest.mark.parametrize("object_name", loader.managed())
def test_currencies_are_known_wherever_stripe_takes_one(object_name: str) -> None:
    """Each takes three letters in either case, nested or not, and no other text does."""
    kind = loader.by_object(object_name)
    assert _paths(kind, "currency") == CURRENCIES.get(object_name, set())
    for path in CURRENCIES.get(object_name, ()):
        field = _at(object_name, path)
        assert field.fold_case
        assert (field.min_length, field.max_length, field.pattern) == (3, 3, "[A-Za-z]{3}")


@pytest.mark.parametrize(
    ("object_name", "dotted", "longest"),
    [
        ("coupon", "name", 40),
        ("product", "description", 40000),
        ("product", "name", 5000),
        # The description's 5,000 is not what a live account takes.
        ("product", "marketing_features.*.name", 80),
        ("price", "lookup_key", 200),
        # Create says 500 and update 1,000.
        ("terminal.location", "configuration_overrides", 500),
        # A row that gives a form alone leaves the length as it is.
        ("product", "statement_descriptor", 22),
        # In no description.
        ("v2.core.event_destination", "name", 0),
    ],
)
def test_lengths_are_the_descriptions_unless_a_row_says_less(
    object_name: str, dotted: str, longest: int
) -> None:
    """A text is as long as both calls take it."""
    assert _at(object_name, dotted).max_length == longest


def test_what_is_below_an_immutable_field_is_immutable() -> None:
    """A change deep inside a create-only object forces replacement like one at its top."""
    fixed = _paths(loader.by_object("price"), "immutable")
    assert {"recurring.interval", "tiers.*.up_to", "product_data.name"} <= fixed
    assert _at("product", "type").immutable


@pytest.mark.parametrize(
    ("object_name", "clearable", "not_clearable"),
    [
        ("product", {"description", "url", "tax_code", "metadata"}, {"name", "active"}),
        ("price", {"currency_options", "metadata"}, {"nickname", "lookup_key"}),
        ("billing_portal.configuration", {"name", "business_profile.headline"}, {"features"}),
        ("webhook_endpoint", {"description", "metadata"}, {"url", "enabled_events"}),
    ],
)
def test_clearable_fields(object_name: str, clearable: set[str], not_clearable: set[str]) -> None:
    """A field is clearable where an update takes the empty string for it, and only there."""
    found = _paths(loader.by_object(object_name), "clearable")
    assert clearable <= found
    assert not not_clearable & found


def test_required_reaches_into_objects() -> None:
    """What a nested object cannot be without is known, for create and for update."""
    assert _at("price", "recurring.interval").required
    product = _at("billing_portal.configuration", "features.subscription_update.products.*.product")
    assert product.required
    assert product.required_in_update
    enabled = _at("billing_portal.configuration", "features.invoice_history.enabled")
    assert enabled.required_in_update


def test_rows_are_laid_over() -> None:
    """Every kind of hand knowledge reaches the attribute it speaks of."""
    disabled = _at("webhook_endpoint", "disabled")
    assert (disabled.source, disabled.source_words) == (
        "status",
        {"enabled": False, "disabled": True},
    )
    assert disabled.in_response
    assert disabled.neutral is False
    assert _at("webhook_endpoint", "secret").sensitive
    assert _at("webhook_endpoint", "connect").write_only
    assert _at("webhook_endpoint", "enabled_events").order is ListOrder.SET
    assert _at("webhook_endpoint", "api_version").open_values
    assert not _at("webhook_endpoint", "enabled_events.*").open_values
    products = _at("billing_portal.configuration", "features.subscription_update.products")
    assert (products.order, products.key, products.max_length) == (
        ListOrder.KEYED,
        "product",
        10,
    )
    assert _at("coupon", "currency_options").add_only
    assert _at("price", "currency").fold_case
    assert _at("price", "unit_amount").money == "currency"
    assert _at("price", "tiers.*.up_to").words == {"inf": None}
    assert "transfer_lookup_key" not in loader.by_object("price").root.fields


def test_limits_of_a_map_are_on_its_keys() -> None:
    """A map carries how many keys it takes and what they look like, its element the values."""
    metadata = _at("product", "metadata")
    assert (metadata.kind, metadata.max_length) == (Kind.MAP, 50)
    assert metadata.pattern
    assert _at("product", "metadata.*").max_length == 500


def test_references_come_from_the_sdk_and_from_rows() -> None:
    """An expandable field names its object; a row names what the SDK types as plain text."""
    assert _at("price", "product").reference == "product"
    assert _at("promotion_code", "promotion.coupon").reference == "coupon"
    assert _at("price", "recurring.meter").reference == "billing.meter"
    assert _at("price", "currency").reference == ""


def test_kinds_are_stripes() -> None:
    """Decimals, integers with words, maps and enums are told apart."""
    assert _at("price", "unit_amount_decimal").kind is Kind.DECIMAL
    assert _at("price", "tiers.*.up_to").kind is Kind.INTEGER
    assert _at("price", "recurring.interval").values == ("day", "month", "week", "year")
    assert _at("coupon", "percent_off").kind is Kind.NUMBER
    assert _at("product", "description").neutral is None
    assert _at("product", "name").neutral is ABSENT


def test_paths_name_the_objects_own_id() -> None:
    """Placeholders are called the same for every type."""
    kind = loader.resource_type("stripe_billing_portal_configuration")
    assert kind.collection == "/v1/billing_portal/configurations"
    assert kind.item == "/v1/billing_portal/configurations/{id}"
    assert kind.parent == ""
    assert kind.has_metadata


@pytest.mark.parametrize(
    ("object_name", "parent", "parent_object", "item"),
    [
        ("product_feature", "product", "product", "/v1/products/{parent}/features/{id}"),
        ("fee_refund", "fee", "application_fee", "/v1/application_fees/{parent}/refunds/{id}"),
        (
            "treasury.financial_account_features",
            "financial_account",
            "treasury.financial_account",
            "/v1/treasury/financial_accounts/{parent}/features",
        ),
        ("price", "", "", "/v1/prices/{id}"),
        ("tax.settings", "", "", "/v1/tax/settings"),
    ],
)
def test_children_name_their_parent(
    object_name: str, parent: str, parent_object: str, item: str
) -> None:
    """The parent's id is told apart from the object's own, whatever the SDK calls them."""
    said = loader.entry(object_name)
    assert loader._parent_field(said) == parent
    assert loader._placeholders_named(said.item) == item
    if parent:
        assert loader._parent_object(said) == parent_object
        assert "{id}" not in loader._placeholders_named(said.collection)


def test_only_some_types_take_an_id() -> None:
    """The author chooses the id of products, plans and coupons and of nothing else."""
    chosen = {kind.object for kind in loader.schemas().values() if kind.chosen_id}
    assert chosen == {"coupon", "plan", "product"}


def test_names_convert() -> None:
    """Types are named as in addresses, and each is found under each of its names."""
    assert loader.type_name("billing_portal.configuration") == "stripe_billing_portal_configuration"
    for object_name in loader.managed():
        kind = loader.by_object(object_name)
        assert loader.resource_type(kind.name) is kind
        assert loader.schemas()[kind.name] is kind
        assert loader.faces()[kind.face] == kind.name
        assert loader.row(object_name).face == kind.face
    assert len(loader.schemas()) == len(loader.managed()) == len(loader.faces())
    assert set(loader.schemas()) == set(loader.faces().values())


def test_schemas_know_what_they_do_not_have() -> None:
    """The lazy mapping behaves like any other."""
    assert "stripe_price" in loader.schemas()
    assert "stripe_charge" not in loader.schemas()
    assert loader.schemas().get("stripe_charge") is None


@pytest.mark.parametrize(
    ("ask", "hint"),
    [
        (lambda: loader.entry("pirce"), "price"),
        (lambda: loader.row("cuopon"), "coupon"),
        (lambda: loader.by_object("produkt"), "product"),
        (lambda: loader.resource_type("stripe_tax_rates"), "stripe_tax_rate"),
        (lambda: loader.entry("../../pyproject"), ""),
    ],
)
def test_unknown_names_are_answered_with_near_ones(ask: object, hint: str) -> None:
    """A typo is an error that says what was probably meant."""
    assert callable(ask)
    with pytest.raises(UsageError) as raised:
        ask()
    assert hint in (raised.value.hint or "")


def test_the_catalog_covers_what_can_be_read() -> None:
    """Types far beyond the managed ones are there, under names that tell them apart."""
    names = loader.object_names()
    assert len(names) > 130
    assert names == tuple(sorted(names))
    assert {
        "apps.secret",
        "balance_settings",
        "billing.meter",
        "customer.tax_id",
        "invoice_rendering_template",
        "tax.settings",
        "tax_code",
        "tax_id",
        "v2.core.event_destination",
    } <= set(names)
    assert set(loader.managed()) <= set(names)


def test_loading_needs_no_sdk_and_faces_no_type() -> None:
    """Start-up pays for neither the SDK nor a single type of the catalog, file or rows."""
    script = (
        "import sys\n"
        "from engine.catalog import loader\n"
        "opened = []\n"
        "sys.addaudithook(lambda event, told: event == 'open' and opened.append(str(told[0])))\n"
        "loader.faces()\n"
        "loader.managed()\n"
        "assert [name[-12:] for name in opened if name.endswith('.json')] == ['managed.json']\n"
        "assert not any(name.startswith('engine.catalog.semantics.') for name in sys.modules)\n"
        "loader.resource_type('stripe_price')\n"
        "heavy = {'stripe', 'click', 'rich', 'deepdiff'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)\n"
    )
    ended = subprocess.run(  # noqa: S603 - this very interpreter
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr


def test_calls_are_addressed_like_the_item() -> None:
    """However the SDK calls a placeholder, it is the object's id or its parent's."""
    calls = loader.by_object("subscription").calls
    assert {call.path.partition("{")[2][:3] for call in calls.values()} == {"id}"}
    assert calls["cancel"].method == "delete"
    assert loader.by_object("apps.secret").calls["find"].path == "/v1/apps/secrets/find"


def test_what_a_list_needs_is_told() -> None:
    """Some lists are refused unless they say of which parent."""
    assert loader.by_object("radar.value_list_item").list_needs == ("value_list",)
    assert loader.by_object("price").list_needs == ()


def test_the_parent_of_a_singleton_is_a_reference() -> None:
    """A child that is always there has its parent's id in its path and no id of its own."""
    kind = loader.by_object("treasury.financial_account_features")
    assert (kind.parent, kind.item.count("{parent}")) == ("financial_account", 1)
    assert kind.root.fields["financial_account"].reference == "treasury.financial_account"
