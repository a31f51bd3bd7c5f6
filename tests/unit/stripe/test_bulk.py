"""Reading many: never more than twice the cheapest way, whatever else is on the account."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from engine.stripe.bulk import PAGE, chunks, from_pages

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Lists:
    """A list in which ours stand at some places, newest first, and pages are counted."""

    def __init__(self, places: Collection[int], total: int) -> None:
        """Args: places: where ours are, from 0; total: how many objects there are."""
        self.ours = {f"ours_{place}": place for place in places}
        self.read = 0
        self._total = total

    def pages(self) -> Iterator[Sequence[Mapping[str, Any]]]:
        """The pages; of objects that are not ours, one stands for all that are in a page."""
        for start in range(0, self._total, PAGE):
            self.read += 1
            page = [{"id": id} for id, place in self.ours.items() if place // PAGE == start // PAGE]
            yield [{"id": "other"}, *page]

    def cost(self) -> int:
        """Requests that reading ours takes: pages, and one for each that they did not show."""
        found = from_pages(self.pages(), self.ours)
        assert all(id == entry["id"] for id, entry in found.items())
        return self.read + len(self.ours) - len(found)

    def cheapest(self) -> int:
        """Requests of the cheapest way there is, for one who knows where ours are."""
        by_page = [place // PAGE + 1 for place in self.ours.values()]
        ways = [pages + sum(1 for other in by_page if other > pages) for pages in {0, *by_page}]
        return min(ways)


_PLACES = st.sets(st.integers(0, 30_000), max_size=60)


@PATIENT
@given(
    places=st.one_of(
        _PLACES,
        st.sets(st.integers(0, 1_500), max_size=60),
        st.builds(lambda old, new: old | new, _PLACES, st.sets(st.integers(0, 400))),
    ),
    further=st.integers(1, 30_000),
)
@example(places=set(range(1_000)), further=1)
@example(places={*range(999), 999_999}, further=1)
@example(places=set(range(0, 100_000, 100)), further=1)
@example(places=set(range(999_990, 1_000_000)), further=1)
def test_no_account_makes_reading_cost_more_than_twice_the_cheapest_way(
    places: set[int], further: int
) -> None:
    """Wherever ours stand among others, some pages and then single reads are no bad bet."""
    lists = Lists(places, max(places, default=0) + further)
    assert lists.cost() <= 2 * lists.cheapest()


@pytest.mark.parametrize(
    ("places", "total", "requests"),
    [
        ([], 1_000_000, 0),
        ([5], 1_000_000, 1),
        (range(1_000), 1_000, 10),
        (range(999_990, 1_000_000), 1_000_000, 19),
        ([*range(999), 999_999], 1_000_000, 11),
        ([*range(50), 99_999], 100, 2),
    ],
    ids=["none", "one", "all ours", "ten among a million", "one far behind", "one gone"],
)
def test_what_reading_costs(places: Collection[int], total: int, requests: int) -> None:
    """Pages as long as they may win, then each by itself; one object is never worth a page."""
    assert Lists(places, total).cost() == requests


@pytest.mark.parametrize(
    ("ids", "sizes"),
    [
        ([], []),
        (["a"], [1]),
        (["prod_0123456789abcd"] * 250, [100, 100, 50]),
        (["x" * 1000] * 5, [4, 1]),
        (["x" * 5000, "y"], [1, 1]),
    ],
    ids=["none", "one", "pages", "long ids", "an id too long for any"],
)
def test_ids_go_into_as_few_requests_as_they_fit_in(ids: list[str], sizes: list[int]) -> None:
    """A page is full at a hundred, an address before servers refuse it; nothing is left out."""
    found = list(chunks(ids))
    assert [len(some) for some in found] == sizes
    assert [id for some in found for id in some] == ids
