"""Every row of the semantics table speaks of fields, filters, calls and objects that exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from engine.catalog import loader
from engine.catalog.merge import matches
from engine.catalog.model import ALTERNATIVES, Shape
from engine.catalog.occurrences import OCCURRENCES
from engine.catalog.rows import Row
from engine.catalog.semantics.table import AREAS
from engine.schema.attribute import Attribute, Kind, walk
from engine.schema.lifecycle import Verb
from engine.schema.resource_type import ResourceType
from engine.schema.rules import Rule

OBJECTS = loader.managed()

# What the project promises to manage.
PROMISED = {
    "account",
    "account.external_account",
    "apple_pay_domain",
    "apps.secret",
    "balance_settings",
    "billing.alert",
    "billing.credit_grant",
    "billing.feedback_option",
    "billing.meter",
    "billing_portal.configuration",
    "coupon",
    "customer",
    "customer.tax_id",
    "entitlements.feature",
    "file",
    "file_link",
    "invoice_rendering_template",
    "issuing.card",
    "issuing.cardholder",
    "issuing.personalization_design",
    "payment_link",
    "payment_method_configuration",
    "payment_method_domain",
    "person",
    "plan",
    "price",
    "product",
    "product_catalog.trial_offer",
    "product_feature",
    "promotion_code",
    "quote",
    "radar.value_list",
    "radar.value_list_item",
    "shipping_rate",
    "subscription",
    "subscription_item",
    "subscription_schedule",
    "tax.registration",
    "tax.settings",
    "tax_id",
    "tax_rate",
    "terminal.configuration",
    "terminal.location",
    "terminal.reader",
    "test_helpers.test_clock",
    "treasury.financial_account",
    "treasury.financial_account_features",
    "v2.core.event_destination",
    "webhook_endpoint",
}
# Ids of what no catalog entry describes, of more than one type, or of what nobody declares.
NAMES_NOTHING = {"customer_account", "default_source", "payout_method", "account_id"}
# Names of fields that hold ids wherever they stand.
IDENTITIES = {
    "account",
    "account_tax_ids",
    "cardholder",
    "configuration_overrides",
    "coupon",
    "customer",
    "customer_account",
    "default_payment_method",
    "default_source",
    "default_tax_rates",
    "destination",
    "entitlement_feature",
    "feedback_option",
    "financial_account",
    "meter",
    "parent",
    "payment_method",
    "payout_method",
    "performance_location",
    "person",
    "plan",
    "price",
    "product",
    "promotion_code",
    "subscription",
    "tax_code",
    "tax_rates",
    "template",
    "test_clock",
    "trial_offer",
    "value_list",
}


def _listed(row: Row) -> Iterator[str]:
    yield from row.fields
    for key in row.life.natural_keys:
        yield from (key.attribute, *key.with_fields)
        if key.transfer:
            yield key.transfer
    for detach in row.life.detach:
        yield detach.via
    for rule in row.rules:
        yield from filter(None, (rule.each, *rule.follow))
        yield from (path for path in (*rule.fields, *rule.when) if not _beyond(rule, path))
    if row.life.composite is not None:
        yield from row.life.composite.fields
    if row.life.ending is not None:
        yield from row.life.ending.explained_by


def _beyond(rule: Rule, path: str) -> bool:
    """Whether a path goes on into what a reference names."""
    return any(path.startswith(f"{reference}.") for reference in rule.follow)


def _told(row: Row) -> Iterator[str]:
    """Paths in the answer."""
    for field in ("expand", "hidden", "include", "include_once"):
        yield from getattr(row, field)
    if row.life.revival is not None:
        yield from row.life.revival.live
        yield from row.life.revival.explained_by
    if row.life.ending is not None:
        yield from (*row.life.ending.leaves, *row.life.ending.finished)
    for removal in row.life.removals:
        if removal.unless_leaf is not None:
            yield removal.unless_leaf[0]


def _answers(shape: Shape | None, path: list[str]) -> bool:
    """Whether a path leads somewhere in an answer, through lists, pages and expanded ids."""
    if shape is None or not path:
        return shape is not None
    if shape.kind in (Kind.LIST, Kind.MAP):
        return _answers(shape.element, path[1:] if path[0] == "*" else path)
    fields = _opened(shape).fields
    if path[0] != "*":
        return _answers(fields.get(path[0]), path[1:])
    page = fields.get("data")
    elements = fields.values() if page is None else (page.element,)
    return any(_answers(inner, path[1:]) for inner in elements)


def _opened(shape: Shape) -> Shape:
    """The object itself where an answer holds its id, or refers to its own entry."""
    if shape.fields or not shape.reference:
        return shape
    if shape.reference == "discount":  # no service answers with one by itself
        return loader.entry("customer").response.fields["discount"]
    known = shape.reference in loader.object_names()
    return loader.entry(shape.reference).response if known else shape


def _is_told(object_name: str, dotted: str) -> bool:
    return _answers(loader.entry(object_name).response, dotted.split("."))


def _without_indirect(root: Attribute) -> Iterator[tuple[str, Attribute]]:
    """Attributes, leaving out what is below a field whose comparison is settled as a whole."""
    settled: list[tuple[str, ...]] = []
    for path, attribute in walk(root):
        parts = tuple(str(part) for part in path)
        if any(parts[: len(head)] == head for head in settled):
            continue
        yield ".".join(parts), attribute
        if attribute.write_only or (attribute.source_words or attribute.source == parts[-1]):
            settled.append(parts)


def test_everything_promised_is_managed() -> None:
    """Each type of the list has a row, and each row stands in one area alone."""
    assert set(OBJECTS) >= PROMISED


@pytest.mark.parametrize("object_name", OBJECTS)
def test_every_path_of_a_row_leads_somewhere(object_name: str) -> None:
    """A row that speaks of a field the type does not have would be knowledge about nothing."""
    row, root = loader.row(object_name), loader.unruled(object_name)
    assert [path for path in _listed(row) if not matches(root, path)] == []
    assert [path for path in _told(row) if not _is_told(object_name, path)] == []


@pytest.mark.parametrize("object_name", OBJECTS)
def test_every_path_of_a_rule_that_follows_leads_somewhere(object_name: str) -> None:
    """Beyond a reference, paths are those of the type that it names."""
    root = loader.by_object(object_name).root
    for rule in loader.row(object_name).rules:
        for path in (*rule.fields, *rule.when):
            for reference in rule.follow:
                if path.startswith(f"{reference}."):
                    (place,) = matches(root, reference)
                    found = root.at(place)
                    assert found is not None
                    named = loader.by_object(found.reference).root
                    assert matches(named, path.removeprefix(f"{reference}.")), path


@pytest.mark.parametrize("object_name", OBJECTS)
def test_keys_sources_and_currencies_lead_somewhere(object_name: str) -> None:
    """Paths that start beside or below the field they belong to exist as well."""
    root, row = loader.unruled(object_name), loader.row(object_name)
    for path, key in row.by_path("key").items():
        assert matches(root, f"{path}.*.{key}"), path
    for path, alias in row.aliases.items():
        holder = path.rpartition(".")[0]
        source = f"{holder}.{alias.source}" if holder else alias.source
        # Python's own words cannot be fields of the SDK's answers, although Stripe sends them.
        own = path.rpartition(".")[2]
        assert alias.source in ("", own) or _is_told(object_name, source), source
    for path, currency in row.by_path("money").items():
        holders = (path.rsplit(".", depth)[0] + "." for depth in range(1, path.count(".") + 1))
        around = [f"{holder}{currency}" for holder in (*holders, "")]
        found = (matches(root, where) or _is_told(object_name, where) for where in around)
        assert currency == "*" or any(found), path


@pytest.mark.parametrize("object_name", OBJECTS)
def test_filters_and_updates_of_a_row_exist(object_name: str) -> None:
    """Lists are asked, and objects ended and revived, with parameters Stripe has."""
    kind = loader.by_object(object_name)
    for key in kind.life.natural_keys:
        asked_for = {name for variant in key.variants for name in variant}
        assert {*asked_for, *filter(None, [key.filter])} <= set(kind.filters)
        assert not (key.scan and key.filter)
        assert key.scan or key.filter or key.attribute == "id"
    assert set(kind.list_needs) <= set(kind.root.fields)
    update = loader.entry(object_name).params("update")
    for params in _updates(kind):
        assert set(params) <= set(update)
    for removal in kind.life.removals:
        if removal.unless is not None:
            asked = set(loader.entry(removal.unless.object).params("list"))
            assert {removal.unless.filter, *(n for v in removal.unless.variants for n in v)} <= (
                asked
            )


def _updates(kind: ResourceType) -> Iterator[Mapping[str, Any]]:
    for removal in kind.life.removals:
        yield removal.params
    if kind.life.revival is not None and kind.life.revival.params is not None:
        yield kind.life.revival.params


@pytest.mark.parametrize("object_name", OBJECTS)
def test_calls_of_a_row_exist(object_name: str) -> None:
    """What ends, revives, finds or follows an object is a call of its service."""
    kind, said = loader.by_object(object_name), loader.entry(object_name)
    calls = [*kind.life.after_create, *(removal.call for removal in kind.life.removals)]
    if kind.life.revival is not None:
        calls.append(kind.life.revival.call)
    if kind.life.composite is not None:
        calls += [kind.life.composite.read, kind.life.composite.remove]
    assert set(filter(None, calls)) <= set(kind.calls)
    for removal in kind.life.removals:
        if removal.verb is Verb.DELETE and not removal.call:
            assert "delete" in said.operations
        elif removal.verb is not Verb.KEEP:
            assert removal.call or removal.params
    if not kind.life.composite and not kind.life.singleton:
        assert kind.item.endswith("{id}")


@pytest.mark.parametrize("object_name", OBJECTS)
def test_the_last_way_out_is_always_open(object_name: str) -> None:
    """Something ends every object, or the plan can say why nothing does."""
    *_, last = loader.by_object(object_name).life.removals
    assert last.unless is None
    assert last.unless_leaf is None
    assert not last.fallback
    assert last.verb is not Verb.KEEP or last.note


@pytest.mark.parametrize("object_name", OBJECTS)
def test_singletons_are_neither_made_nor_removed(object_name: str) -> None:
    """What is always there has no create, and no other type lacks one without being told."""
    kind = loader.by_object(object_name)
    if kind.life.singleton:
        assert not kind.creatable
        assert {removal.verb for removal in kind.life.removals} == {Verb.KEEP}
    elif not kind.creatable:
        assert not any(field.declarable for field in kind.root.fields.values())


@pytest.mark.parametrize("object_name", OBJECTS)
def test_what_stripe_never_tells_is_said_to_be_so(object_name: str) -> None:
    """A parameter without an answer is write-only, told elsewhere, or no declaration at all."""
    root = loader.by_object(object_name).root
    unclassified = [
        path
        for path, attribute in _without_indirect(root)
        if attribute.declarable
        and not (attribute.in_response or attribute.write_only or attribute.source)
    ]
    assert unclassified == []


@pytest.mark.parametrize("object_name", OBJECTS)
def test_ids_say_what_they_name(object_name: str) -> None:
    """A field that holds an id is a reference, or the graph would miss an edge."""
    mute = [
        ".".join(map(str, path))
        for path, attribute in walk(loader.by_object(object_name).root)
        if attribute.declarable
        and attribute.kind is Kind.STRING
        and not attribute.reference
        and next((part for part in reversed(path) if part != "*"), "") in IDENTITIES
        and path[-1] not in NAMES_NOTHING
    ]
    assert mute == []


@pytest.mark.parametrize("object_name", OBJECTS)
def test_what_the_sdk_expands_is_a_reference(object_name: str) -> None:
    """Where the answer may hold an object instead of its id, the parameter names its type."""
    root = loader.by_object(object_name).root
    for path in _expandable(loader.entry(object_name).response, ()):
        found = root.at(path)
        if found is not None and found.declarable and found.kind is Kind.STRING:
            assert found.reference, path


def _expandable(shape: Shape, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if shape.kind is Kind.STRING and shape.reference and ALTERNATIVES not in shape.reference:
        yield path
    for name, inner in shape.fields.items():
        yield from _expandable(inner, (*path, name))
    if shape.element is not None:
        yield from _expandable(shape.element, (*path, "*"))


@pytest.mark.parametrize("object_name", OBJECTS)
def test_what_a_row_says_fits_the_field(object_name: str) -> None:
    """Order belongs to lists, case to text, words that resolve to fields that have words."""
    root, row = loader.by_object(object_name).root, loader.row(object_name)
    dropped = {place for path in row.by_path("ignored") for place in matches(root, path)}
    kinds = {
        **{name: {Kind.LIST} for name in ("order", "key", "handle")},
        **{name: {Kind.STRING} for name in ("fold_case", "lowered", "content")},
        **{name: {Kind.INTEGER, Kind.NUMBER, Kind.DECIMAL} for name in ("least", "above", "most")},
        "money": {Kind.INTEGER, Kind.DECIMAL},
        "add_only": {Kind.MAP, Kind.OBJECT},
    }
    for path, said in row.fields.items():
        for name in said.given().keys() & kinds.keys():
            for place in matches(root, path):
                found = root.at(place)
                assert found is not None
                assert place in dropped or found.kind in kinds[name], path
    for path in row.by_path("resolved"):
        assert all(found is not None and found.words for found in map(root.at, matches(root, path)))


@pytest.mark.parametrize("object_name", OBJECTS)
def test_handles_are_parameters_of_the_update(object_name: str) -> None:
    """What an update says of a list's elements, it has parameters for."""
    update = loader.entry(object_name).operations.get("update")
    for path, handle in loader.row(object_name).fields.items():
        if not handle.handle:
            continue
        assert update is not None
        assert update.params is not None
        element = update.params.fields[path].element
        assert element is not None
        assert {handle.handle, *handle.drop} <= set(element.fields)
        assert _is_told(object_name, f"{path}.*.{handle.handle}")


@pytest.mark.parametrize("object_name", OBJECTS)
def test_objects_named_in_a_row_exist(object_name: str) -> None:
    """References, probes and detachments name objects of the catalog."""
    row = loader.row(object_name)
    named = {*row.by_path("reference").values(), *(detach.object for detach in row.life.detach)}
    named |= {one.unless.object for one in row.life.removals if one.unless is not None}
    assert named <= set(loader.object_names())
    for detach in row.life.detach:
        assert matches(loader.unruled(detach.object), detach.attribute)


def test_faces_are_unique() -> None:
    """No two types share an authoring class, nor the name that addresses use."""
    assert len({loader.row(name).face for name in OBJECTS}) == len(OBJECTS)
    assert len({loader.type_name(name) for name in OBJECTS}) == len(OBJECTS)


def test_a_row_is_looked_for_where_it_stands() -> None:
    """What the generator wrote down of the rows is true of each, and of no other."""
    rows = {name: row for area in AREAS.values() for name, row in area.items()}
    assert tuple(sorted(rows)) == OBJECTS
    for name, row in rows.items():
        assert loader.row(name) is row
        assert loader.faces()[row.face] == loader.type_name(name)


def test_few_fields_are_excused_from_convergence() -> None:
    """Less than three of a hundred fields that an update takes, and each with a reason."""
    updatable = excused = 0
    for name in OBJECTS:
        root, row = loader.by_object(name).root, loader.row(name)
        leaves = {path for path, one in walk(root) if one.in_update and not one.fields}
        let_off = {place for path in row.by_path("excused") for place in matches(root, path)}
        updatable += len(leaves)
        excused += len(leaves & let_off)
        assert all(row.by_path("excused").values())
    assert excused < updatable * 0.03


def test_what_lives_in_a_sandbox_alone_says_so() -> None:
    """Live mode knows no test helpers."""
    alone = {name for name in OBJECTS if loader.row(name).life.sandbox_only}
    assert alone == {name for name in OBJECTS if name.startswith("test_helpers.")}


def test_what_an_object_loses_by_being_made_anew() -> None:
    """A link's URL, a secret, a count of redemptions: a sentence says it of each type."""
    loses = {name: loader.row(name).life.loses for name in OBJECTS}
    assert loses["webhook_endpoint"] == loses["v2.core.event_destination"] == "its signing secret"
    assert loses["coupon"] == loses["promotion_code"] == "its count of redemptions"
    assert loses["payment_link"] == loses["file_link"] == "its URL"
    assert loses["billing.meter"] == "the usage that was reported to it"
    # Nothing but an id, which what refers to them is given anew.
    assert not loses["product"] + loses["entitlements.feature"] + loses["radar.value_list"]


def test_what_happens_once_is_not_managed() -> None:
    """The objects that cannot be declared exist, and none of them has a row."""
    assert set(OCCURRENCES) <= set(loader.object_names())
    assert not set(OCCURRENCES) & set(OBJECTS)


@pytest.mark.parametrize(
    "object_name",
    ["charge", "invoice", "payment_intent", "payout", "refund", "topup", "transfer"],
)
def test_what_moves_money_once_says_why_it_is_not_managed(object_name: str) -> None:
    """Nobody declares a payment: an apply that is repeated must not pay again."""
    assert "moves money once" in OCCURRENCES[object_name]


def test_every_object_is_managed_or_a_reason_can_be_given() -> None:
    """What can be created and is neither managed nor an occurrence merely has no row yet."""
    rest = {
        name
        for name in loader.object_names()
        if "create" in loader.entry(name).operations
        and name not in OBJECTS
        and name not in OCCURRENCES
    }
    assert rest <= {
        "apps.install",
        "customer.payment_source",
        "v2.core.account",
        "v2.core.account_person",
        "v2.core.vault.gb_bank_account",
        "v2.core.vault.us_bank_account",
        "v2.money_management.financial_address",
        "v2.money_management.recipient_verification",
    }
