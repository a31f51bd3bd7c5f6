"""Lists of radar, with their items."""

from __future__ import annotations

from collections.abc import Callable

import stripe

Refused = Callable[..., stripe.StripeError]


def test_lists_take_their_items_along(client: stripe.StripeClient, refused: Refused) -> None:
    """Aliases are unique; a deleted list leaves nothing."""
    lists, items = client.v1.radar.value_lists, client.v1.radar.value_list_items
    made = lists.create({"alias": "bad", "name": "Bad"})
    assert made.item_type == "string"
    assert refused(lists.create, {"alias": "bad", "name": "B"}).http_status == 400
    other = lists.create({"alias": "worse", "name": "Worse", "item_type": "case_sensitive_string"})
    assert refused(lists.update, other.id, {"alias": "bad"}).http_status == 400
    item = items.create({"value_list": made.id, "value": "KP"})
    assert item.value == "kp"
    assert refused(items.create, {"value_list": made.id, "value": "kP"}).http_status == 400
    kept = items.create({"value_list": other.id, "value": "KP"})
    assert kept.value == "KP"
    assert [one.value for one in lists.retrieve(made.id).list_items.data] == ["kp"]
    assert {one.id for one in lists.list({"contains": "Kp"}).data} == {made.id, other.id}
    assert lists.list({"contains": "x"}).data == []
    found = items.list({"value_list": made.id, "value": "KP"})
    assert [one.id for one in found.data] == [item.id]
    lists.delete(made.id)
    assert refused(items.retrieve, item.id).http_status == 404
    assert refused(items.create, {"value_list": made.id, "value": "x"}).http_status == 400
