"""Searches: the query language, the fields of each type, and pages (D, R for the texts)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import stripe

from engine.emulator.params.queries import SearchOperators, parse
from engine.emulator.wire.errors import StripeRefusal
from engine.emulator.wire.tokens import position_of, token_of

FIELDS = {
    "active": SearchOperators.TOKEN,
    "name": SearchOperators.STRING,
    "url": SearchOperators.STRING,
    "created": SearchOperators.NUMERIC,
    "metadata": SearchOperators.TOKEN,
}
OBJECT = {
    "active": True,
    "name": 'Pro "Plus" plan\'s',
    "url": None,
    "created": 1000,
    "metadata": {"tier": "Gold", "a b": "c", "a'b": "d"},
}
UNREADABLE = (
    'We were unable to parse your search query. Try using the format `metadata["key"]:"value"` '
    'to query for metadata or key:"value" to query for other fields.'
)


def meets(text: str) -> bool:
    """Whether a query finds the object."""
    return parse(text, FIELDS, "things").meets(OBJECT)


@pytest.mark.parametrize(
    "text",
    [
        'active:"true"',
        "active:'TRUE'",
        '  active:"true"  ',
        '-active:"false"',
        'name~"plus"',
        "name~'PRO '",
        r'name:"pro \"plus\" plan\'s"',
        r"name:'Pro \"Plus\" plan\'s'",
        "url:null",
        "-name:NULL",
        'metadata["tier"]:"gold"',
        "metadata['tier']:'Gold'",
        "metadata['a b']:'c'",
        r"metadata['a\'b']:'d'",
        "metadata['other']:null",
        "-metadata['tier']:null",
        "-metadata['other']:'x'",
        "-url:'x'",
        "created:1000",
        'created:"1000"',
        "created>999",
        "created>=1000",
        "created<1000.5",
        "created<=1000",
        "-created>1000",
        "active:'true' name~'pro'",
        "active:'true' AND name~'pro'",
        "active:'true' and name~'pro'  AND   created>1",
        "active:'false' OR name~'pro'",
        "active:'false' or name~'pro'",
        " OR ".join(["active:'false'"] * 9 + ["active:'true'"]),
    ],
)
def test_a_query_finds(text: str) -> None:
    """In the forms of the documentation, and of common scripts."""
    assert meets(text)


@pytest.mark.parametrize(
    "text",
    [
        'active:"false"',
        '-active:"true"',
        'name:"pro"',
        'name~"basic"',
        "name:null",
        "-url:null",
        "url:'null'",
        "url~'null'",
        'metadata["tier"]:"gol"',
        "metadata['tier']:null",
        "metadata['other']:'x'",
        "created>1000",
        "created<1000",
        "-created:1000",
        "active:'true' AND name~'basic'",
        "active:'true' name~'basic'",
        "active:'false' OR name~'basic'",
    ],
)
def test_a_query_passes_over(text: str) -> None:
    """Objects that do not match its clauses."""
    assert not meets(text)


@pytest.mark.parametrize(
    "text",
    [
        "asdf",
        "",
        "active",
        "active:",
        'active:"true',
        "active:true",
        "name~null",
        "name:pro",
        'name:"a"b',
        "created:soon",
        "created:'1e3'",
        "AND active:'true'",
        "active:'true' AND",
        "(active:'true')",
        "active:'true' AND OR name~'pro'",
        "active:'true',name~'pro'",
        "active : 'true'",
        "metadata[tier]:'gold'",
        "--active:'true'",
    ],
)
def test_what_is_no_query_is_refused(text: str) -> None:
    """With an example of the format."""
    with pytest.raises(StripeRefusal) as caught:
        parse(text, FIELDS, "things")
    assert (caught.value.status, caught.value.message) == (400, UNREADABLE)


@pytest.mark.parametrize("field", ["foo:'bar'", "metadata:'bar'", "name['x']:'bar'", "a.b:'bar'"])
def test_a_field_of_no_use_is_named(field: str) -> None:
    """With the URL of the list of fields."""
    with pytest.raises(StripeRefusal) as caught:
        parse(field, FIELDS, "things")
    assert caught.value.message == (
        f"Field `{field.partition(':')[0].partition('[')[0]}` is an unsupported search field for "
        "resource `things`. See http://stripe.com/docs/search#query-fields-for-things for a list "
        "of supported fields."
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("active:'true' AND name~'pro' OR url:null", "cannot combine AND and OR"),
        ("active:'true' name~'pro' OR url:null", "cannot combine AND and OR"),
        (" ".join(["active:'true'"] * 11), "at most 10 clauses"),
        ("name~'pr'", "at least 3 characters"),
        ("active~'true'", "Field `active` does not support the operator `~`."),
        ("name>'pro'", "Field `name` does not support the operator `>`."),
        ("created~'100'", "Field `created` does not support the operator `~`."),
    ],
)
def test_what_the_language_rules_out_is_named(text: str, reason: str) -> None:
    """Each with its rule."""
    with pytest.raises(StripeRefusal) as caught:
        parse(text, FIELDS, "things")
    assert reason in caught.value.message


def found(page: Any) -> list[str]:
    """Ids of what was found."""
    return [one.id for one in page.data]


def test_products_prices_and_customers_are_found(client: stripe.StripeClient) -> None:
    """By what Stripe lists as their query fields, archived ones too, deleted ones not."""
    v1 = client.v1
    product = v1.products.create(
        {
            "name": "Team plan",
            "description": "For teams",
            "url": "https://example.com/team",
            "shippable": False,
            "active": False,
            "metadata": {"key": "team"},
        }
    ).id
    v1.products.create({"name": "Other"})
    price = v1.prices.create(
        {
            "product": product,
            "currency": "usd",
            "unit_amount": 1,
            "recurring": {"interval": "month"},
            "lookup_key": "team_monthly",
            "metadata": {"key": "team"},
        }
    ).id
    customer = v1.customers.create(
        {"name": "Ada", "email": "ada@example.com", "phone": "+19999999999"}
    ).id
    gone = v1.customers.create({"name": "Ada"}).id
    v1.customers.delete(gone)
    for query in (
        "name~'team'",
        "description:'for teams'",
        "url~'example'",
        "shippable:'false'",
        "active:'false'",
        "metadata['key']:'team'",
    ):
        assert found(v1.products.search({"query": query})) == [product]
    for query in (
        "active:'true'",
        "currency:'USD'",
        "lookup_key:'team_monthly'",
        f"product:'{product}'",
        "type:'recurring'",
        "metadata['key']:'team'",
    ):
        assert found(v1.prices.search({"query": query})) == [price]
    for query in ("email~'ada@'", "name:'ada'", "phone:'+19999999999'", "created>1"):
        assert found(v1.customers.search({"query": query})) == [customer]


def test_a_result_has_stripes_form(client: stripe.StripeClient) -> None:
    """A search result, whose data can be expanded, and whose count is there if expanded."""
    product = client.v1.products.create({"name": "Pro"}).id
    client.v1.prices.create({"product": product, "currency": "usd", "unit_amount": 1})
    price = client.v1.prices
    result = price.search({"query": "active:'true'"}).to_dict()
    assert {name: value for name, value in result.items() if name != "data"} == {
        "object": "search_result",
        "has_more": False,
        "next_page": None,
        "url": "/v1/prices/search",
    }
    assert result["data"][0]["product"] == product
    both: Any = {"query": "active:'true'", "expand": ["data.product", "total_count"]}
    expanded = price.search(both)
    assert expanded.to_dict()["total_count"] == 1
    assert expanded.to_dict()["data"][0]["product"]["name"] == "Pro"


def test_results_come_in_pages(client: stripe.StripeClient) -> None:
    """Newest first; the SDK walks through them by itself."""
    made = [client.v1.products.create({"name": f"Pro {index}"}).id for index in range(25)]
    first = client.v1.products.search({"query": "name~'pro'"})
    assert (len(first.data), first.has_more) == (10, True)
    assert first.next_page is not None
    second = client.v1.products.search({"query": "name~'pro'", "page": first.next_page})
    assert found(first) + found(second) == made[:4:-1]
    walked = client.v1.products.search({"query": "name~'pro'", "limit": 20}).auto_paging_iter()
    assert [one.id for one in walked] == made[::-1]


def test_what_cannot_be_searched_is_refused(
    client: stripe.StripeClient, refused: Callable[..., stripe.StripeError]
) -> None:
    """Without a query, with an unknown page or expansion; other types have no search."""
    search = client.v1.products.search
    assert refused(search, {}).user_message == "Missing required param: query."
    assert refused(search, {"query": "name~'pro'", "page": "x"}).user_message == "Invalid page: x"
    message = refused(search, {"query": "name~'pro'", "expand": ["data.name"]}).user_message
    assert message == "This property cannot be expanded (data.name)."
    assert refused(client.v1.products.list, {"expand": ["total_count"]}).http_status == 400
    assert refused(client.v1.products.retrieve, "search").http_status == 400


@pytest.mark.parametrize("token", ["", "x", "é", "page_1", "cGFnZV8tMQ", token_of(5) + "="])
def test_only_tokens_are_tokens(token: str) -> None:
    """Neither numbers below zero nor other spellings."""
    assert position_of(token) is None
    assert position_of(token_of(12)) == 12
