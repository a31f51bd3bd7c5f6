"""Who changed what drifted, and when, as events say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.address import parse_address
from engine.catalog import loader
from engine.errors import PermissionDeniedError, ProviderError
from engine.operations.drift.causes import find_causes
from engine.plan.drifted import CodeIs, Drifted, DriftedLeaf, DriftKind
from engine.ports.drift.report import Causes
from engine.ports.provider import Event
from engine.values.paths import dotted
from tests.support.fakes.provider import FakeProvider

SCHEMAS = loader.schemas()
PRO = "stripe_product.pro"


def leaf(*path: str | int, ends: bool = False) -> DriftedLeaf:
    """A leaf that differs."""
    return DriftedLeaf(
        path=path, code=1, applied=1, actual=2, code_is=CodeIs.UNCHANGED, around=path, ends=ends
    )


def drifted(
    *leaves: DriftedLeaf,
    address: str = PRO,
    kind: DriftKind = DriftKind.CHANGED,
    id: str = "prod_1",
    account: str = "",
) -> Drifted:
    """An object that drifted."""
    where = parse_address(address)
    return Drifted(address=where, type=where.type, id=id, kind=kind, leaves=leaves, account=account)


def event(
    number: int,
    type: str = "product.updated",
    before: Mapping[str, Any] | None = None,
    id: str | None = "prod_1",
    request: str = "",
) -> Event:
    """An event about an object."""
    about = {} if id is None else {"id": id}
    return Event(
        id=f"evt_{number}", type=type, at=number, object=about, before=before or {}, request=request
    )


def causes(entry: Drifted, *happened: Event) -> Causes:
    """What the events of an account, oldest first, say of an object."""
    [found] = find_causes(FakeProvider(happened=list(happened)), SCHEMAS, [entry])
    return found


def explained(found: Causes) -> list[tuple[str, list[str]]]:
    """The events, each with the leaves that it explains."""
    return [(cause.event, [dotted(path) for path in cause.paths]) for cause in found.known]


def test_the_newest_update_of_a_leaf() -> None:
    """Each leaf by itself; when, and by which request."""
    found = causes(
        drifted(leaf("name"), leaf("description")),
        event(1, before={"name": "a"}, request="req_1"),
        event(2, before={"description": None}, request="req_2"),
        event(3, before={"name": "b"}),
        event(4, before={"name": "b"}, id="prod_2"),
        event(5, before={"url": "b"}),
    )
    assert explained(found) == [("evt_3", ["name"]), ("evt_2", ["description"])]
    assert [(cause.at, cause.request) for cause in found.known] == [(3, ""), (2, "req_2")]
    assert found.unknown == ""


def test_of_metadata_only_the_key_counts() -> None:
    """Another key was changed by another request."""
    found = causes(
        drifted(leaf("metadata", "tier")),
        event(1, before={"metadata": {"tier": "a"}}),
        event(2, before={"metadata": {"other": "a"}}),
    )
    assert explained(found) == [("evt_1", ["metadata.tier"])]


def test_a_list_is_changed_as_a_whole() -> None:
    """Events hold the whole list."""
    found = causes(
        drifted(leaf("marketing_features", 1, "name")), event(1, before={"marketing_features": []})
    )
    assert explained(found) == [("evt_1", ["marketing_features[1].name"])]


def test_fields_that_responses_name_in_another_way() -> None:
    """A parameter that its response holds elsewhere, and an amount in its other spelling."""
    entry = drifted(leaf("unit_amount"), address="stripe_price.m", id="price_1")
    twin = event(1, "price.updated", {"unit_amount_decimal": "5"}, "price_1")
    assert explained(causes(entry, twin)) == [("evt_1", ["unit_amount"])]


def test_what_was_deleted() -> None:
    """By the event of that, whatever was updated before."""
    entry = drifted(kind=DriftKind.DELETED)
    found = causes(entry, event(1, "product.updated"), event(2, "product.deleted"))
    assert [(cause.event, cause.paths) for cause in found.known] == [("evt_2", ((),))]


def test_what_a_verb_ended() -> None:
    """Its event says what happened by its type."""
    entry = drifted(leaf("status", ends=True), address="stripe_billing_meter.m", id="mtr_1")
    found = causes(entry, event(1, "billing.meter.deactivated", id="mtr_1"))
    assert explained(found) == [("evt_1", ["status"])]
    other = drifted(leaf("display_name"), address="stripe_billing_meter.m", id="mtr_1")
    assert causes(other, event(1, "billing.meter.deactivated", id="mtr_1")).known == ()


def test_the_one_object_of_its_type_has_no_id() -> None:
    """The events of its type are about it."""
    entry = drifted(
        leaf("defaults", "tax_code"), address="stripe_tax_settings.s", id="tax.settings"
    )
    found = causes(
        entry, event(1, "tax.settings.updated", {"defaults": {"tax_code": "a"}}, id=None)
    )
    assert explained(found) == [("evt_1", ["defaults.tax_code"])]


def test_no_event_is_left() -> None:
    """It is said of what is not explained."""
    found = causes(drifted(leaf("name"), leaf("url")), event(1, before={"url": "a"}))
    assert explained(found) == [("evt_1", ["url"])]
    assert found.unknown == (
        "no event of it is left, or it is not among the newest (Stripe keeps events for 30 days)"
    )


def test_types_without_events() -> None:
    """Nothing is asked."""
    entry = drifted(leaf("url"), address="stripe_webhook_endpoint.w", id="we_1")

    class Silent(FakeProvider):
        """A provider that must not be asked."""

        def events(self, types: Sequence[str], *, account: str = "") -> Iterator[Sequence[Event]]:
            """Fails."""
            raise AssertionError((types, account))

    [found] = find_causes(Silent(), SCHEMAS, [entry])
    assert found.unknown == "Stripe has no events of this type"


class Refusing(FakeProvider):
    """A provider that refuses to list events."""

    def __init__(self, error: ProviderError) -> None:
        super().__init__()
        self.error = error

    def events(self, types: Sequence[str], *, account: str = "") -> Iterator[Sequence[Event]]:
        """Refuses."""
        del types, account
        raise self.error
        yield ()


def test_a_key_that_may_not_read_events() -> None:
    """The drift is shown all the same."""
    refused = PermissionDeniedError("Permission denied. Enable event_read", status=403)
    [found] = find_causes(Refusing(refused), SCHEMAS, [drifted(leaf("name"))])
    assert found.unknown == "the key may not read events: Permission denied. Enable event_read"


def test_events_that_cannot_be_read() -> None:
    """Nor is any other failure a reason to show no drift."""
    failed = ProviderError("Stripe cannot be reached", status=500)
    [found] = find_causes(Refusing(failed), SCHEMAS, [drifted(leaf("name"))])
    assert found.unknown == "the events could not be read: Stripe cannot be reached"


class Paged(FakeProvider):
    """Pages without end, of which each is counted."""

    asked = 0
    accounts: tuple[str, ...] = ()

    def events(self, types: Sequence[str], *, account: str = "") -> Iterator[Sequence[Event]]:
        """Page after page."""
        del types
        self.accounts = (*self.accounts, account)
        number = 0
        while True:
            self.asked += 1
            number += 1
            yield [event(number, before={"name": "a"}, id="prod_2" if number == 2 else "prod_3")]


def test_no_page_more_than_it_takes() -> None:
    """And never more than ten."""
    provider = Paged()
    find_causes(provider, SCHEMAS, [drifted(leaf("name"), id="prod_2")])
    assert provider.asked == 2
    provider = Paged()
    find_causes(provider, SCHEMAS, [drifted(leaf("name"), id="prod_1")])
    assert provider.asked == 10


def test_accounts_have_their_own_events() -> None:
    """Each is asked once."""
    provider = Paged()
    entries = [
        drifted(leaf("name"), id="prod_2", account=account) for account in ("", "acct_2", "")
    ]
    find_causes(provider, SCHEMAS, entries)
    assert provider.accounts == ("", "acct_2")
