"""What authors write, and what is heard."""

from __future__ import annotations

import pytest

import engine
from engine.errors import UsageError
from engine.stack.model import Lifecycle
from engine.stripe import Product
from engine.values.secret import Sensitive
from tests.support.stack_project import StackProject


def test_a_declaration_is_remembered_as_it_was_written(project: StackProject) -> None:
    """Address, arguments, lifecycle and place, in the order of the module."""
    stack = project.load(
        """
        from engine import Lifecycle
        from engine.stripe import Price, Product

        Product("pro", name="Pro", metadata={"a": "1"})
        Price(
            "month", currency="usd", unit_amount=100,
            lifecycle=Lifecycle(protect=True, ignore_changes=["nickname"]),
        )
        """
    )
    assert list(stack.declarations) == ["stripe_product.pro", "stripe_price.month"]
    pro, month = stack.declarations.values()
    assert pro.arguments == {"name": "Pro", "metadata": {"a": "1"}}
    assert pro.lifecycle == Lifecycle()
    assert str(pro.location) == "stacks/shop.py:4"
    assert month.arguments == {"currency": "usd", "unit_amount": 100}
    assert month.lifecycle == Lifecycle(protect=True, ignore_changes=["nickname"])
    assert month.type == "stripe_price"
    assert str(month.location) == "stacks/shop.py:5"
    assert stack.problems == ()


def test_references_stand_anywhere(project: StackProject) -> None:
    """The object itself, an attribute, a nested one, in lists, in f-strings, in secrets."""
    stack = project.load(
        """
        from engine import Sensitive
        from engine.stripe import Price, Product

        pro = Product("pro", name="Pro")
        month = Price("month", product=pro, currency="usd", unit_amount=100)
        Product(
            "all",
            name=f"like {pro.name}, each {month['recurring.interval']}",
            description=pro,
            images=[pro.url, (pro, "x")],
            metadata={"deep": {"deeper": [{"id": month}]}},
            url=Sensitive(month),
        )
        """
    )
    assert stack.declarations["stripe_price.month"].arguments["product"] == (
        "${stripe_product.pro.id}"
    )
    assert stack.declarations["stripe_product.all"].arguments == {
        "name": "like ${stripe_product.pro.name}, each ${stripe_price.month.recurring.interval}",
        "description": "${stripe_product.pro.id}",
        "images": ["${stripe_product.pro.url}", ["${stripe_product.pro.id}", "x"]],
        "metadata": {"deep": {"deeper": [{"id": "${stripe_price.month.id}"}]}},
        "url": Sensitive("${stripe_price.month.id}"),
    }


def test_moments_are_unix_seconds(project: StackProject) -> None:
    """With their own zone, or UTC if they have none, whatever the machine's zone is."""
    stack = project.load(
        """
        import datetime as dt
        from engine.stripe import Coupon

        plain = dt.datetime(2030, 1, 1)
        zoned = dt.datetime(2030, 1, 1, 2, tzinfo=dt.timezone(dt.timedelta(hours=2)))
        Coupon("a", redeem_by=plain)
        Coupon("b", redeem_by=zoned, metadata={"list": [plain]})
        """
    )
    midnight = 1893456000
    assert stack.declarations["stripe_coupon.a"].arguments == {"redeem_by": midnight}
    assert stack.declarations["stripe_coupon.b"].arguments == {
        "redeem_by": midnight,
        "metadata": {"list": [midnight]},
    }


def test_what_is_passed_is_not_kept_hold_of(project: StackProject) -> None:
    """A list that the module goes on changing is taken as it was."""
    stack = project.load(
        """
        from engine.stripe import Product

        images = ["https://a.example/1"]
        Product("a", name="A", images=images)
        images.append("https://a.example/2")
        """
    )
    assert stack.declarations["stripe_product.a"].arguments["images"] == ["https://a.example/1"]


def test_loops_functions_and_helpers_are_plain_python(project: StackProject) -> None:
    """The place of a declaration is the call, with the stack's line that led there."""
    stack = project.load(
        """
        from engine.stripe import Product


        def product(name):
            return Product(name, name=name.title())


        for name in ("a", "b"):
            product(name)
        """
    )
    places = [str(found.location) for found in stack.declarations.values()]
    assert places == ["stacks/shop.py:5", "stacks/shop.py:5"]


# ── names ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("call", "message", "hint"),
    [
        ("Product('Pro', name='x')", "'Pro' cannot name a resource", "'pro' would do"),
        ("Product('', name='x')", "'' cannot name a resource", "names match"),
        ("Product(7, name='x')", "7 cannot name a resource", "'7' would do"),
        ("Product('pro.x', name='x')", "'pro.x' cannot name", "'pro-x' would do"),
        ("Product(name='x')", "it is missing", 'write Product("a-name", ...)'),
        ("Product('Pro A', 'b', name='x')", "here are 2", 'write Product("pro-a", ...)'),
    ],
)
def test_bad_names_are_noted_and_the_module_goes_on(
    project: StackProject, call: str, message: str, hint: str
) -> None:
    """What follows is heard too, and the rest of the declaration is kept."""
    stack = project.load(f"from engine.stripe import Product\n{call}\nProduct('next', name='n')\n")
    (problem,) = stack.problems
    assert message in problem.message
    assert hint in problem.hint
    assert (problem.line, problem.reference) == (2, "bad-name")
    first, second = stack.declarations.values()
    assert first.arguments == {"name": "x"}
    assert str(second.address) == "stripe_product.next"


def test_a_second_declaration_of_a_name_is_noted_and_not_taken(project: StackProject) -> None:
    """The first one counts, and its place is told."""
    stack = project.load(
        """
        from engine.stripe import Coupon, Product

        Product("pro", name="One")
        Coupon("pro", percent_off=5)
        Product("pro", name="Two")
        """
    )
    (problem,) = stack.problems
    assert "the first is at stacks/shop.py:3" in problem.message
    assert (problem.line, problem.reference) == (5, "duplicate-name")
    assert stack.declarations["stripe_product.pro"].arguments == {"name": "One"}


def test_a_lifecycle_of_another_type_is_noted(project: StackProject) -> None:
    """A dict is a likely slip."""
    stack = project.load(
        """
        from engine.stripe import Product

        Product("pro", name="P", lifecycle={"protect": True})
        """
    )
    (problem,) = stack.problems
    assert "lifecycle takes a Lifecycle, not {'protect': True}" in problem.message
    assert problem.hint == "write lifecycle=Lifecycle(protect=True)"
    assert stack.declarations["stripe_product.pro"].lifecycle == Lifecycle()


# ── handles ───────────────────────────────────────────────────────────────────────────────


def test_a_handle_is_not_text_and_has_no_private_attributes(project: StackProject) -> None:
    """Copying, hashing and probing work; text without an attribute's name is a mistake."""
    stack = project.load(
        """
        import copy
        from engine import output
        from engine.stripe import Product

        pro = Product("pro", name="P")
        output("repr", repr(pro))
        output("private", hasattr(pro, "_nope"))
        output("set", len({pro, pro}))
        str(pro)
        """
    )
    values = {name: found.value for name, found in stack.outputs.items()}
    assert values == {"repr": "<stripe_product.pro>", "private": False, "set": 1}
    (problem,) = stack.problems
    assert 'name the attribute you mean, such as f"{pro.id}"' in problem.message


def test_nothing_is_declared_outside_of_a_stack() -> None:
    """Importing a stack module elsewhere says what to do instead."""
    for use in (
        lambda: Product("pro", name="Pro"),
        lambda: Product.lookup(id="prod_1"),
        lambda: engine.variable("x", "y"),
        lambda: engine.output("x", "y"),
        lambda: engine.environment,
    ):
        with pytest.raises(UsageError, match="while the engine evaluates it") as raised:
            use()
        assert raised.value.hint == "put the module under stacks/ and run engine plan"


# ── lookups ───────────────────────────────────────────────────────────────────────────────


def test_a_lookup_is_a_reference_to_something_read(project: StackProject) -> None:
    """Two with the same criteria are one; the address is made from them."""
    stack = project.load(
        """
        from engine import output
        from engine.stripe import Price, Product

        legacy = Price.lookup(lookup_key="Legacy Plan", active=True)
        Price.lookup(active=True, lookup_key="Legacy Plan")
        output("price", legacy.id)
        Product("p", name="P", default_price=legacy)
        """
    )
    (lookup,) = stack.lookups.values()
    assert str(lookup.address) == "data.stripe_price.active-true-lookup_key-legacy-plan"
    assert lookup.criteria == {"lookup_key": "Legacy Plan", "active": True}
    assert str(lookup.location) == "stacks/shop.py:4"
    wanted = f"${{{lookup.address}.id}}"
    assert stack.outputs["price"].value == wanted
    assert stack.declarations["stripe_product.p"].arguments["default_price"] == wanted


def test_lookups_with_different_criteria_are_different(project: StackProject) -> None:
    """Also where their names would read alike."""
    stack = project.load(
        """
        from engine import output
        from engine.stripe import Price

        output("a", Price.lookup(lookup_key="a b").id)
        output("b", Price.lookup(lookup_key="A-B").id)
        """
    )
    assert len(stack.lookups) == 2
    assert stack.outputs["a"].value != stack.outputs["b"].value


# ── words ─────────────────────────────────────────────────────────────────────────────────


def test_the_environment_and_variables(project: StackProject) -> None:
    """A value given wins over the default."""
    stack = project.load(
        """
        from engine import environment, output, variable

        output("environment", environment)
        output("given", variable("site", "default"))
        output("default", variable("other", "default"))
        output("empty", variable("empty", "default"))
        """,
        site="https://a.example",
        empty="",
    )
    assert {name: found.value for name, found in stack.outputs.items()} == {
        "environment": "test",
        "given": "https://a.example",
        "default": "default",
        "empty": "",
    }


def test_a_variable_without_a_value_is_noted(project: StackProject) -> None:
    """The three ways to give one; the module goes on with an empty text."""
    stack = project.load(
        """
        from engine import output, variable

        output("site", "x" + variable("site"))
        """
    )
    (problem,) = stack.problems
    assert (problem.line, problem.reference) == (3, "missing-variable")
    assert problem.hint == "pass --var site=VALUE, set ENGINE_VAR_SITE, or give a default"
    assert stack.outputs["site"].value == "x"


def test_outputs(project: StackProject) -> None:
    """Any document with references, and whether it is a secret."""
    stack = project.load(
        """
        from engine import output
        from engine.stripe import WebhookEndpoint

        hook = WebhookEndpoint("h", url="https://a.example", enabled_events=["*"])
        output("id", {"all": [hook]})
        output("secret", hook.secret, sensitive=True)
        output("Bad Name", 1)
        output("id", 2)
        output("STRIPE_PRICE_PRO_MONTHLY", 3)
        output("ID", 4)
        """
    )
    assert stack.outputs["id"].value == {"all": ["${stripe_webhook_endpoint.h.id}"]}
    assert (stack.outputs["id"].sensitive, stack.outputs["secret"].sensitive) == (False, True)
    assert [(found.line, found.reference) for found in stack.problems] == [
        (7, "bad-name"),
        (8, "duplicate-name"),
        (10, "duplicate-name"),
    ]
    assert [found.message for found in stack.problems][1:] == [
        "output 'id' is declared twice; the first is at stacks/shop.py:5",
        "outputs 'id', at stacks/shop.py:5, and 'ID' differ in nothing but capitals",
    ]
    assert list(stack.outputs) == ["id", "secret", "STRIPE_PRICE_PRO_MONTHLY"]


def test_outputs_of_other_stacks(project: StackProject) -> None:
    """A reference, and where the stack was first named."""
    stack = project.load(
        """
        from engine import stack_output
        from engine.stripe import Price

        Price("a", product=stack_output("zoo", "pro"), currency="usd", unit_amount=1)
        Price("b", product=stack_output("base", "pro"), currency="usd", unit_amount=1)
        Price("c", product=stack_output("zoo", "pro"), currency="usd", unit_amount=1)
        """
    )
    assert stack.declarations["stripe_price.a"].arguments["product"] == "${output.zoo.pro}"
    assert {name: str(place) for name, place in stack.reads_outputs_of.items()} == {
        "base": "stacks/shop.py:5",
        "zoo": "stacks/shop.py:4",
    }
    assert list(stack.reads_outputs_of) == ["base", "zoo"]


def test_refactorings(project: StackProject) -> None:
    """By address or by object."""
    stack = project.load(
        """
        from engine import import_, moved, removed
        from engine.stripe import Product

        pro = Product("pro", name="P")
        moved("stripe_product.old", pro)
        moved("stripe_product.older", "stripe_product.pro")
        removed("stripe_price.gone")
        removed("stripe_price.away", keep=False)
        import_(pro, "prod_1")
        """
    )
    assert [(str(move.old), str(move.new)) for move in stack.moves] == [
        ("stripe_product.old", "stripe_product.pro"),
        ("stripe_product.older", "stripe_product.pro"),
    ]
    assert [(str(found.address), found.keep) for found in stack.releases] == [
        ("stripe_price.gone", True),
        ("stripe_price.away", False),
    ]
    assert {text: found.id for text, found in stack.imports.items()} == {
        "stripe_product.pro": "prod_1"
    }
    assert stack.problems == ()


@pytest.mark.parametrize(
    "call", ["moved('old', 'stripe_price.a')", "removed('price.a')", "import_('x', 'id')"]
)
def test_a_bad_address_in_a_refactoring_is_noted(project: StackProject, call: str) -> None:
    """With what an address looks like."""
    stack = project.load(f"from engine import import_, moved, removed\n{call}\n")
    (problem,) = stack.problems
    assert (problem.line, problem.reference) == (2, "bad-address")
    assert "is not an address" in problem.message
    assert "TYPE.NAME" in problem.hint


def test_a_variable_has_the_type_of_its_default(project: StackProject) -> None:
    """So that a condition and an amount are what they look like; None alone is text or nothing."""
    stack = project.load(
        """
        from engine import Sensitive, output, variable

        output("on", variable("on", True))
        output("cents", variable("cents", 1900) + 1)
        output("events", variable("events", ["invoice.paid"]))
        output("nothing", variable("nothing", None))
        output("note", variable("note", None))
        """,
        on="false",
        cents="2100",
        events="a,b",
        note="x",
    )
    assert {name: found.value for name, found in stack.outputs.items()} == {
        "on": False,
        "cents": 2101,
        "events": ["a", "b"],
        "nothing": None,
        "note": "x",
    }
    assert stack.problems == ()
    assert stack.variables == ("on", "cents", "events", "nothing", "note")


def test_a_value_of_another_type_is_noted(project: StackProject) -> None:
    """The variable, what it takes, what it was given and by whom; a secret is not shown."""
    stack = project.load(
        """
        from engine import Sensitive, variable

        variable("cents", 1900) + 1
        variable("title")
        variable("pin", Sensitive(1))
        variable("some", {1})
        """,
        cents="21,00",
        title=7,
        pin="hunter22",
        some="1",
    )
    assert [
        (found.line, found.reference, found.message, found.hint) for found in stack.problems
    ] == [
        (
            3,
            "wrong-variable",
            "variable 'cents' takes a whole number; --var cents is '21,00'",
            "it has the type of its default, 1900",
        ),
        (4, "wrong-variable", "variable 'title' takes text; --var title is 7", ""),
        (
            5,
            "wrong-variable",
            "variable 'pin' takes a whole number; --var pin is another value",
            "",
        ),
        (
            6,
            "wrong-variable",
            "variable 'some' has a default of type set, which no value can be read as",
            "a default is text, a number, True or False, a list, a dict or a datetime",
        ),
    ]
