"""Lists that show what uses an object: each read once, and failures as reasons."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from engine.address import parse_address
from engine.catalog import loader
from engine.catalog.semantics.usage import USAGE
from engine.errors import ConnectionFailedError, PermissionDeniedError, ProviderError
from engine.operations.impact.lists import MOST_PAGES, Lists
from engine.operations.impact.touched import Touched
from engine.schema.remote import RemoteObject
from engine.schema.resource_type import ResourceType
from engine.schema.usage import Usage, UsedBy
from tests.support.fakes.provider import FakeProvider

SCHEMAS = loader.schemas()
[SUBSCRIPTIONS] = [by for by in USAGE["price"].by if by.object == "subscription"]
[OF_PRODUCT] = [by for by in USAGE["product"].by if by.object == "subscription"]


@dataclasses.dataclass
class Recorder(FakeProvider):
    """A provider that answers each list of objects with what the test says."""

    answers: dict[tuple[str, str], Sequence[RemoteObject] | ProviderError] = dataclasses.field(
        default_factory=dict
    )
    asked: list[tuple[str, Mapping[str, Any], int, str]] = dataclasses.field(default_factory=list)
    more: bool = False

    def first_pages(
        self,
        kind: ResourceType,
        filters: Mapping[str, Any],
        pages: int,
        *,
        expand: Sequence[str] = (),
        account: str = "",
    ) -> tuple[Sequence[RemoteObject], bool]:
        """What the test says of a list, by its type and the id in its filters."""
        del expand
        self.asked.append((kind.object, dict(filters), pages, account))
        id = next((value for value in filters.values() if isinstance(value, str)), "")
        answer = self.answers.get((kind.object, id), ())
        if isinstance(answer, ProviderError):
            raise answer
        return answer, self.more


def used(id: str, by: UsedBy, **parts: Any) -> Touched:
    """A price or a product that a plan ends."""
    given: dict[str, Any] = {"account": "", "found": None, **parts}
    return Touched(
        stack="shop",
        address=parse_address(f"stripe_price.{id}"),
        kind=SCHEMAS["stripe_price"],
        id=id,
        ends=True,
        usage=Usage(by=(by,)),
        **given,
    )


def subscription(id: str, status: str = "active") -> RemoteObject:
    """A subscription, as far as it is looked at."""
    return {"id": id, "object": "subscription", "status": status}


def read(provider: FakeProvider, *objects: Touched) -> Lists:
    """The lists that were read for some objects."""
    lists = Lists(provider, SCHEMAS)
    lists.read_for(objects)
    return lists


def test_a_list_is_read_once_for_equal_questions() -> None:
    """And again for another account."""
    provider = Recorder()
    read(
        provider,
        used("price_1", SUBSCRIPTIONS),
        used("price_1", SUBSCRIPTIONS),
        used("price_1", SUBSCRIPTIONS, account="acct_2"),
    )
    assert sorted(account for *_, account in provider.asked) == ["", "acct_2"]


def test_the_pages_are_shared_by_the_objects() -> None:
    """Ten for one, fewer for each of several, one at least."""
    for count, pages in ((1, 10), (3, 10), (6, 5), (31, 1), (100, 1)):
        provider = Recorder()
        read(provider, *(used(f"price_{number}", SUBSCRIPTIONS) for number in range(count)))
        assert {asked[2] for asked in provider.asked} == {pages}
        assert len(provider.asked) * pages <= max(count, MOST_PAGES)


def test_only_what_has_not_ended_is_counted() -> None:
    """S: the list leaves out canceled subscriptions, and not those that expired incomplete."""
    found = [subscription("sub_1"), subscription("sub_2", "incomplete_expired")]
    found += [subscription("sub_3", "paused"), subscription("sub_4", "past_due")]
    provider = Recorder(answers={("subscription", "price_1"): found})
    counted = read(provider, used("price_1", SUBSCRIPTIONS)).count(SUBSCRIPTIONS, "", "price_1")
    assert list(counted.objects) == ["sub_1", "sub_3", "sub_4"]
    assert (counted.more, counted.unread) == (False, "")


def test_a_subscription_of_two_prices_of_a_product_is_counted_once() -> None:
    """A product is used through its prices, archived ones too."""
    provider = Recorder(
        answers={
            ("price", "prod_1"): [{"id": "price_1"}, {"id": "price_2"}],
            ("subscription", "price_1"): [subscription("sub_1"), subscription("sub_2")],
            ("subscription", "price_2"): [subscription("sub_2")],
        }
    )
    lists = read(provider, used("prod_1", OF_PRODUCT))
    assert set(lists.count(OF_PRODUCT, "", "prod_1").objects) == {"sub_1", "sub_2"}
    assert [asked[:2] for asked in provider.asked[:2]] == [
        ("price", {"active": True, "product": "prod_1"}),
        ("price", {"active": False, "product": "prod_1"}),
    ]


def test_a_list_that_cannot_be_read_is_a_reason_and_no_failure() -> None:
    """Whatever Stripe or the network says."""
    legacy = "Having the 'rak_subscription_read' permission would allow this request to continue."
    for error, reason in (
        (PermissionDeniedError(legacy), "the key lacks the permission subscription_read"),
        (PermissionDeniedError("No."), "the key may not list them"),
        (ConnectionFailedError("Stripe could not be reached"), "Stripe could not be reached"),
    ):
        provider = Recorder(answers={("subscription", "price_1"): error})
        lists = read(provider, used("price_1", SUBSCRIPTIONS))
        counted = lists.count(SUBSCRIPTIONS, "", "price_1")
        assert (dict(counted.objects), counted.unread) == ({}, reason)


def test_prices_that_cannot_be_listed_leave_their_subscriptions_unread() -> None:
    """They are not taken for none."""
    provider = Recorder(answers={("price", "prod_1"): ProviderError("Not now")})
    lists = read(provider, used("prod_1", OF_PRODUCT))
    assert lists.count(OF_PRODUCT, "", "prod_1").unread == "Not now"


def test_what_cannot_be_used_in_a_way_costs_no_request() -> None:
    """A price that is paid once has no subscription."""
    provider = Recorder()
    read(provider, used("price_1", SUBSCRIPTIONS, found={"type": "one_time"}))
    assert provider.asked == []
    read(provider, used("price_1", SUBSCRIPTIONS, found={"type": "recurring"}))
    assert len(provider.asked) == 1


def test_none_among_the_newest_is_not_none() -> None:
    """Where there are more than were read."""
    [links] = [by for by in USAGE["price"].by if by.object == "payment_link"]
    provider = Recorder(more=True, answers={("payment_link", ""): [{"id": "plink_1"}]})
    counted = read(provider, used("price_1", links)).count(links, "", "price_1")
    assert counted.unread == "none is among the newest 1, and there are more"


def test_a_product_of_more_prices_than_a_page_has_more_subscriptions() -> None:
    """Those of the prices that were not read; that none was found is said as what it is."""
    provider = Recorder(more=True, answers={("price", "prod_1"): [{"id": "price_1"}]})
    lists = read(provider, used("prod_1", OF_PRODUCT))
    counted = lists.count(OF_PRODUCT, "", "prod_1")
    assert counted.unread == "none is among the newest 0, and there are more"
    provider.answers["subscription", "price_1"] = [subscription("sub_1")]
    counted = read(provider, used("prod_1", OF_PRODUCT)).count(OF_PRODUCT, "", "prod_1")
    assert (list(counted.objects), counted.more, counted.unread) == (["sub_1"], True, "")


def test_a_link_whose_items_are_not_all_shown_is_not_denied() -> None:
    """A list in an object has a first page too."""
    [links] = [by for by in USAGE["price"].by if by.object == "payment_link"]
    long = {"id": "plink_1", "line_items": {"data": [], "has_more": True}}
    sells = {"id": "plink_2", "line_items": {"data": [{"price": {"id": "price_1"}}]}}
    provider = Recorder(answers={("payment_link", ""): [long, sells]})
    counted = read(provider, used("price_1", links)).count(links, "", "price_1")
    assert list(counted.objects) == ["plink_2"]
    assert counted.unread == "of 1 of them the list does not show all entries"
