"""Outputs that are maps and lists: other stacks look into them, loop over them, pass them on."""

from __future__ import annotations

import dataclasses

import pytest

from engine.errors import StackError
from engine.operations.validate import validate_stacks
from engine.variables import Given, Variables
from tests.support.project import Project

CATALOGUE = """
    from engine import output
    from engine.stripe import Price, Product

    p = Product("pro", name="Pro", metadata={{"tier": "gold"}})
    prices = {{
        name: Price(name, product=p, currency="usd", unit_amount=amount,
                    recurring={{"interval": name}})
        for name, amount in {amounts}.items()
    }}
    output("prices", {{name: price.id for name, price in prices.items()}})
    output("list", [price.id for price in prices.values()])
    output("meta", {{"sold by": "us", "1": "one", "nested": {{"deep": ["a", "b"]}}}})
    output("flat", {{"sold by": "us", "tier": p.metadata}})
    output("tags", p.metadata)
"""
MONTH_AND_YEAR = {"month": 1000, "year": 10000}
PORTAL = """
    from engine import stack_output
    from engine.stripe import PaymentLink

    for name, price in stack_output("catalogue", "prices").items():
        PaymentLink(name, line_items=[{"price": price, "quantity": 1}])
"""
MEANT = "did you mean {!r}?"


@pytest.fixture
def both(project: Project) -> Project:
    """A catalogue, and a link for each of its prices; nothing is applied."""
    project.write(CATALOGUE.format(amounts=MONTH_AND_YEAR), "catalogue")
    project.write(PORTAL, "portal")
    return project


def found(project: Project, *names: str) -> dict[str, str]:
    """What validate finds in the portal, `line: message`, each with its hint."""
    with pytest.raises(StackError) as caught:
        validate_stacks(project.context(), names)
    problems = [one for one in caught.value.problems if one.file == "stacks/portal.py"]
    return {f"{one.line}: {one.message}": one.hint for one in problems}


def sold(project: Project) -> list[int]:
    """The amounts that the active links sell, in order."""
    links = project.call("get", "/v1/payment_links", active=True, expand=["data.line_items"])
    return sorted(
        item["price"]["unit_amount"]
        for link in links["data"]
        for item in link["line_items"]["data"]
    )


def test_a_map_is_looped_over_before_anything_is_applied(both: Project) -> None:
    """Its keys are those of the producer's module, and one apply makes all."""
    both.apply()
    assert sold(both) == [1000, 10000]
    assert [plan.has_changes for plan in both.report().plans] == [False, False]
    declared = both.state("portal").resources["stripe_payment_link.month"].declared
    assert declared["line_items"][0]["price"] == "${output.catalogue.prices.month}"


def test_a_plan_names_the_resource_behind_an_output(both: Project) -> None:
    """Of each link the price that it sells, in the other stack; nothing of what is removed."""
    behind = "catalogue:stripe_price.month"
    catalogue, portal = both.report().plans
    changes = (*catalogue.changes, *portal.changes)
    needs = {str(change.address): change.dependencies for change in changes}
    assert needs["stripe_price.month"] == ("stripe_product.pro",)
    assert needs["stripe_payment_link.month"] == (behind,)
    both.apply()
    assert both.report().plans[1].changes[0].dependencies == (behind,)
    both.write("", "portal")
    assert [change.dependencies for change in both.report().plans[1].changes] == [(), ()]


def test_only_the_readers_of_the_key_that_changes_follow(both: Project) -> None:
    """The link to the yearly price has no change when the monthly price is replaced."""
    both.apply()
    both.writes()
    both.write(CATALOGUE.format(amounts={"month": 1200, "year": 10000}), "catalogue")
    catalogue, portal = both.report().plans
    assert [str(change.address) for change in catalogue.pending] == ["stripe_price.month"]
    assert [str(change.address) for change in portal.pending] == ["stripe_payment_link.month"]
    both.apply()
    writes = [(path.split("/")[2], params.get("active")) for _, path, params in both.writes()]
    assert writes.index(("prices", None)) < writes.index(("payment_links", None))
    assert writes[-1] == ("prices", "false")
    assert sold(both) == [1200, 10000]
    assert [plan.has_changes for plan in both.report().plans] == [False, False]


def test_a_key_that_comes_or_goes_makes_or_ends_what_is_looped_over(both: Project) -> None:
    """A new key is a new link in the same run; a key that goes takes its link first."""
    both.apply()
    both.write(CATALOGUE.format(amounts={"month": 1000, "week": 300}), "catalogue")
    both.writes()
    both.apply()
    assert sold(both) == [300, 1000]
    assert [plan.has_changes for plan in both.report().plans] == [False, False]
    ended = [path.split("/")[2] for _, path, params in both.writes() if "active" in params]
    assert ended == ["payment_links", "prices"]


def test_a_part_may_be_nested_in_a_list_or_under_any_key(both: Project) -> None:
    """Keys that are no names, numbers of lists from both ends, lengths, membership, defaults."""
    both.write(
        """
        from engine import output, stack_output
        from engine.stripe import Product

        meta = stack_output("catalogue", "meta")
        assert len(meta) == 3 and "nested" in meta and "other" not in meta and meta
        assert list(meta) == list(meta.keys()) == ["sold by", "1", "nested"]
        assert meta.get("other") is None and meta.get("other", "x") == "x"
        assert len(list(meta.values())) == len(dict(meta)) == len({**meta}) == 3
        ids = stack_output("catalogue", "list")
        assert len(ids) == 2 and ids[-1] == ids[1] and [*ids][0] == ids[0] and ids[0] in ids
        Product("x", name=meta["sold by"], description=meta["nested"]["deep"][1],
                unit_label=f"{meta['1']} of {meta['nested']['deep'][-2]}",
                metadata={"last": ids[-1], "first": [price for price in ids[:1]][0]})
        output("all", meta)
        output("again", stack_output("catalogue", "prices"))
        """,
        "portal",
    )
    both.apply()
    catalogue, portal = both.state("catalogue"), both.state("portal")
    month, year = (catalogue.resources[f"stripe_price.{name}"].id for name in MONTH_AND_YEAR)
    [made] = [entry for entry in both.objects("/v1/products") if entry["name"] == "us"]
    assert (made["description"], made["unit_label"]) == ("b", "one of a")
    assert {key: made["metadata"][key] for key in ("last", "first")} == {
        "last": year,
        "first": month,
    }
    assert portal.outputs["all"] == catalogue.outputs["meta"]
    assert portal.outputs["again"] == {"month": month, "year": year}
    declared = portal.resources["stripe_product.x"].declared
    assert declared["name"] == '${output.catalogue.meta["sold by"]}'
    assert declared["description"] == "${output.catalogue.meta.nested.deep[1]}"
    assert [plan.has_changes for plan in both.report().plans] == [False, False]


def test_a_map_or_a_list_is_passed_on_as_a_whole(both: Project) -> None:
    """As metadata and as a list of prices: what is in it is compared part by part."""
    both.write(
        """
        from engine import stack_output
        from engine.stripe import PortalConfiguration, Product

        flat = stack_output("catalogue", "prices")
        Product("x", name="X", metadata=flat)
        PortalConfiguration("portal", features={
            "payment_method_update": {"enabled": True},
            "subscription_update": {"enabled": True, "default_allowed_updates": ["price"],
                "products": [{"product": stack_output("catalogue", "product"),
                              "prices": stack_output("catalogue", "list")}]}})
        """,
        "portal",
    )
    text = CATALOGUE + '    output("product", p.id)\n'
    both.write(text.format(amounts=MONTH_AND_YEAR), "catalogue")
    both.apply()
    ids = both.state("catalogue").outputs["prices"]
    [made] = [entry for entry in both.objects("/v1/products") if entry["name"] == "X"]
    assert {key: made["metadata"][key] for key in ids} == ids
    both.write(text.format(amounts={"month": 1200, "year": 10000}), "catalogue")
    _, portal = both.report().plans
    product = next(one for one in portal.pending if one.address == "stripe_product.x")
    assert [field.path for field in product.fields] == [("metadata", "month")]
    both.apply()
    assert [plan.has_changes for plan in both.report().plans] == [False, False]


def test_a_secret_inside_of_a_map_stays_one(project: Project) -> None:
    """It is read from where secrets are kept, whole or part by part, and state has none of it."""
    project.write(
        """
        from engine import Sensitive, output

        output("keys", {"a": Sensitive("hush-hush"), "b": ["plain", "also-hidden"]})
        output("quiet", {"x": "very-quiet"}, sensitive=True)
        """,
        "catalogue",
    )
    project.write(
        """
        from engine import stack_output
        from engine.stripe import Product

        keys = stack_output("catalogue", "keys")
        Product("x", name="X", metadata={"a": keys["a"], "b": keys["b"][0],
                                         **stack_output("catalogue", "quiet")})
        """,
        "portal",
    )
    project.apply()
    [made] = project.objects("/v1/products")
    assert {key: made["metadata"][key] for key in ("a", "b", "x")} == {
        "a": "hush-hush",
        "b": "plain",
        "x": "very-quiet",
    }
    texts = project.state_text("catalogue") + project.state_text("portal")
    assert not [word for word in ("hush", "plain", "hidden", "quiet-", "very") if word in texts]
    assert [plan.has_changes for plan in project.report().plans] == [False, False]


def test_what_the_producer_does_not_have_is_found_with_its_line(both: Project) -> None:
    """Names, keys and numbers, each with what was most likely meant."""
    both.write(
        """
        from engine import stack_output
        from engine.stripe import Product

        prices = stack_output("catalogue", "prices")
        Product("a", name=stack_output("catalogue", "price"))
        Product("b", name=prices["mnth"])
        Product("c", name=stack_output("catalogue", "list")[2])
        Product("d", name=prices["month"]["id"])
        Product("e", name="${output.catalogue.meta.nested.depp}")
        Product("f", name=stack_output("portal", "x"))
        Product("g", name=stack_output("catalogue", "Prices!")["month"])
        Product("h", name=stack_output("catalogue", "Prices")["month"])
        """,
        "portal",
    )
    of = "of stack 'catalogue'"
    expected = {
        "11: stack_output names 'portal', the stack that it is in": "use the value itself, the one "
        "that is given to output(...)",
        "12: stack_output takes the names of a stack and an output, not 'Prices!'": "names match "
        "[A-Za-z0-9][A-Za-z0-9_-]*; 'prices' would do",
        "13: stripe_product.h: name: stack 'catalogue' has no output 'Prices'": MEANT.format(
            "prices"
        ),
        "6: stripe_product.a: name: stack 'catalogue' has no output 'price'": MEANT.format(
            "prices"
        ),
        f"7: stripe_product.b: name: output 'prices' {of} has no key 'mnth'": MEANT.format("month"),
        f"8: stripe_product.c: name: output 'list' {of} has 2 entries, and none at 2": "",
        f"9: stripe_product.d: name: output 'prices.month' {of} is no map and no list": "use it as "
        "it is",
        f"10: stripe_product.e: name: output 'meta.nested' {of} has no key 'depp'": MEANT.format(
            "deep"
        ),
    }
    assert found(both) == expected
    assert found(both, "portal") == expected


def test_a_shape_that_is_not_known_says_how_to_get_on(both: Project) -> None:
    """An attribute that is a map itself is known from the state, so once it is applied."""
    both.write(
        """
        from engine import stack_output
        from engine.stripe import Product

        for key in stack_output("catalogue", "tags"):
            Product(key, name=stack_output("catalogue", "tags")[key])
        """,
        "portal",
    )
    assert found(both) == {
        "5: what is in output 'tags' of stack 'catalogue' is not known here": "only what its "
        "module writes as a map or a list, output('tags', {...}), or what its state holds can be "
        "looked into: apply catalogue first (engine apply catalogue)"
    }
    both.apply("catalogue")
    both.apply()
    names = [entry["name"] for entry in both.objects("/v1/products")]
    assert "gold" in names
    both.write(
        """
        from engine import stack_output
        len(stack_output("catalogue", "prices")["month"])
        """,
        "portal",
    )
    [message] = found(both)
    assert "output 'prices.month' of stack 'catalogue' is no map and no list; use it as" in message


def test_the_state_tells_the_shape_of_a_stack_without_a_module(both: Project) -> None:
    """Its outputs can be read as long as its state is there; what that lacks is a finding."""
    both.apply()
    (both.root / "stacks" / "catalogue.py").unlink()
    assert not both.report("portal").plans[0].pending
    both.write(
        """
        from engine import output, stack_output
        output("x", stack_output("catalogue", "price"))
        """,
        "portal",
    )
    assert found(both) == {
        "3: output 'x': value: stack 'catalogue' has no output 'price'": MEANT.format("prices")
    }


def test_helpers_are_imported_anew_for_each_module(project: Project) -> None:
    """What a helper declares belongs to the stack that imports it, also while one waits."""
    project.write(
        """
        from engine.stripe import Product

        P = Product("shared", name="Shared")
        """,
        "_shared",
    )
    project.write(
        """
        from _shared import P
        from engine import output

        output("ids", {"p": P.id})
        """,
        "catalogue",
    )
    project.write(
        """
        from _shared import P
        from engine import stack_output
        from engine.stripe import Product

        for key, id in stack_output("catalogue", "ids").items():
            Product(key, name="Copy", metadata={"of": id, "own": P.id})
        """,
        "apart",
    )
    project.apply()
    assert set(project.state("catalogue").resources) == {"stripe_product.shared"}
    assert set(project.state("apart").resources) == {"stripe_product.shared", "stripe_product.p"}


def test_stacks_that_look_into_each_other_are_a_cycle(project: Project) -> None:
    """The cycle is the finding, not only what cannot be looked into."""
    for name, other in (("portal", "two"), ("two", "portal")):
        project.write(
            f"""
            from engine import output, stack_output

            output("x", {{key: "y" for key in stack_output("{other}", "x")}})
            """,
            name,
        )
    assert "4: stacks read each other's outputs: portal -> two -> portal" in found(project)


def test_null_is_a_value_in_a_map_too(project: Project) -> None:
    """It is in state under its key, and leaves a field out where it is read."""
    project.write(
        """
        from engine import output
        from engine.stripe import Product

        p = Product("x", name="X")
        output("all", {"text": p.description, "none": None, "name": p.name})
        """,
        "catalogue",
    )
    project.write(
        """
        from engine import stack_output
        from engine.stripe import Product

        found = stack_output("catalogue", "all")
        Product("y", name=found["name"], description=found["text"], unit_label=found["none"])
        """,
        "portal",
    )
    project.apply()
    assert project.state("catalogue").outputs["all"] == {"text": None, "none": None, "name": "X"}
    assert [entry["description"] for entry in project.objects("/v1/products")] == [None, None]
    assert not project.report().has_changes


def test_a_variable_of_a_producer_is_read_also_where_only_its_reader_is_named(
    project: Project,
) -> None:
    """Its name need not be in the text of the module, since that was evaluated for its keys."""
    project.write(
        """
        from engine import output, variable

        output("names", {name: "x" for name in [variable("na" + "me", "a")]})
        """,
        "catalogue",
    )
    project.write(
        """
        from engine import stack_output
        from engine.stripe import Product

        for name in stack_output("catalogue", "names"):
            Product(name, name=name)
        """,
        "portal",
    )
    context = project.context()
    given = Variables(given={"name": Given("b", "--var name")})
    settings = dataclasses.replace(context.settings, variables=given)
    [stack] = validate_stacks(dataclasses.replace(context, settings=settings), ("portal",))
    assert set(stack.declarations) == {"stripe_product.b"}


def test_an_output_may_be_named_as_an_application_knows_it(project: Project) -> None:
    """With capitals: in the state, read by another stack, changed by a replacement."""
    project.write(
        """
        from engine import output
        from engine.stripe import Price, Product

        pro = Product("pro", name="Pro")
        month = Price("month", product=pro, currency="usd", unit_amount=1000)
        output("STRIPE_PRICE_PRO_MONTHLY", month.id)
        output("Prices", {"Month": month.id})
        """,
        "catalogue",
    )
    link = """
        from engine import output, stack_output
        from engine.stripe import PaymentLink

        price = stack_output("catalogue", "STRIPE_PRICE_PRO_MONTHLY")
        PaymentLink("buy", line_items=[{"price": price, "quantity": 1}])
        output("AGAIN", stack_output("catalogue", "Prices")["Month"])
    """
    project.write(link, "portal")
    project.apply()
    price = project.state("catalogue").resources["stripe_price.month"].id
    assert project.state("catalogue").outputs == {
        "Prices": {"Month": price},
        "STRIPE_PRICE_PRO_MONTHLY": price,
    }
    portal = project.state("portal")
    assert portal.outputs == {"AGAIN": price}
    assert portal.reads == {"catalogue": ("Prices.Month", "STRIPE_PRICE_PRO_MONTHLY")}
    assert sold(project) == [1000]
    assert [plan.has_changes for plan in project.report().plans] == [False, False]
    project.write(link.replace("PRO_MONTHLY", "pro_monthly"), "portal")
    [problem] = found(project).values()
    assert problem == MEANT.format("STRIPE_PRICE_PRO_MONTHLY")
