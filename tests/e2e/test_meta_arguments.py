"""Meta arguments are references too: what is imported, moved, forgotten, waited for."""

from __future__ import annotations

import textwrap

import pytest

from engine.errors import StackError
from engine.operations.validate import validate_stacks
from tests.support.project import Project


def found(project: Project) -> dict[str, str]:
    """What validate finds, `file:line: message`, each with its hint."""
    with pytest.raises(StackError) as caught:
        validate_stacks(project.context(), ())
    problems = caught.value.problems
    return {
        f"{one.file.rpartition('/')[2]}:{one.line}: {one.message}": one.hint for one in problems
    }


def made_by_hand(project: Project, name: str = "Pro") -> str:
    """The id of a product that nobody manages."""
    return str(project.call("post", "/v1/products", name=name)["id"])


def test_what_is_looked_up_can_be_imported(project: Project) -> None:
    """The id of the object that a lookup finds; nothing is made, and the next plan is empty."""
    id = made_by_hand(project)
    project.call(
        "post", "/v1/prices", product=id, currency="usd", unit_amount=100, lookup_key="pro"
    )
    project.write(
        """
        from engine import import_
        from engine.stripe import Price, Product

        found = Price.lookup(lookup_key="pro")
        price = Price("p", product=found.product, currency="usd", unit_amount=100, lookup_key="pro")
        import_(price, found.id)
        import_("stripe_product.pro", found.product)
        Product("pro", name="Pro")
        """
    )
    report = project.apply()
    assert [change.action.value for change in report.plan.plans[0].pending] == ["import"] * 2
    assert project.id("stripe_product.pro") == id
    assert len(project.objects("/v1/prices")) == len(project.objects("/v1/products")) == 1
    assert not project.report().has_changes


def test_an_output_can_be_imported(project: Project) -> None:
    """Its value has to be known before the apply, so that a first apply of both is refused."""
    id = made_by_hand(project)
    project.write(f'from engine import output\noutput("ids", {{"pro": "{id}"}})', "ids")
    project.write(
        """
        from engine import import_, stack_output
        from engine.stripe import Product

        import_(Product("pro", name="Pro"), stack_output("ids", "ids")["pro"])
        """
    )
    project.apply()
    assert project.id("stripe_product.pro") == id
    assert not project.report().has_changes


def test_an_output_without_a_value_is_not_imported(project: Project) -> None:
    """What its object will be is not known, and nothing is made instead."""
    project.write(
        """
        from engine import output
        from engine.stripe import Product

        output("pro", Product("other", name="Other").id)
        """,
        "ids",
    )
    project.write(
        """
        from engine import import_, stack_output
        from engine.stripe import Product

        import_(Product("pro", name="Pro"), stack_output("ids", "pro"))
        """
    )
    [refusal] = project.report().refusals
    assert refusal == (
        "stripe_product.pro is to be imported as ${output.ids.pro}, which is no id before the "
        "apply. Apply what it refers to first, or take import_ out to create it"
    )


def test_each_environment_imports_its_own_object(project: Project) -> None:
    """Ids of other environments are left alone; a name that is not configured is found."""
    (project.root / "pyproject.toml").write_text(
        textwrap.dedent(
            """
            [tool.engine.environments.live]
            api-key = "STRIPE_LIVE"
            """
        ),
        encoding="utf-8",
    )
    id = made_by_hand(project)
    text = f"""
        from engine import import_
        from engine.stripe import Product

        pro = Product("pro", name="Pro")
        import_(pro, "prod_of_live", environment="live")
        import_(pro, "{id}", environment="local")
        """
    project.write(text)
    project.apply()
    assert project.id("stripe_product.pro") == id
    project.write(text + 'import_(pro, "prod_1", environment="lvie")\n')
    assert found(project) == {
        "shop.py:8: import_: there is no environment 'lvie'": "did you mean 'live'?"
    }
    project.write(text + 'import_(pro, "prod_1")\n')
    assert found(project) == {
        "shop.py:8: import_: stripe_product.pro is imported already, at stacks/shop.py:6": (
            "an object each for environments of their own: import_(..., environment=NAME)"
        )
    }


def test_what_cannot_be_imported_is_found_offline(project: Project) -> None:
    """Ids that only the apply knows, names that do not exist, what is no id."""
    project.write('from engine import output\noutput("ids", {"pro": "x"})', "ids")
    project.write(
        """
        from engine import import_, stack_output
        from engine.stripe import Price, Product

        a, b, c, d = (Product(name, name=name) for name in "abcd")
        import_(a, b.id)
        import_(b, stack_output("ids", "ids")["por"])
        import_(c, stack_output("ids", "ids"))
        import_(d.id, Price.lookup(lookup_key="x").prodct)
        import_(stack_output("ids", "ids")["pro"], "prod_1")
        import_(Price.lookup(lookup_key="x"), "prod_1")
        """
    )
    assert found(project) == {
        "shop.py:6: import_: stripe_product.b.id is known only after apply, and an id to import "
        "before it": "write the id, or look the object up: Product.lookup(...).id",
        "shop.py:7: import_ of stripe_product.b: id: output 'ids' of stack 'ids' has no key "
        "'por'": "did you mean 'pro'?",
        "shop.py:8: import_: the id of stripe_product.c is no text": (
            'write import_("stripe_product.c", "ID")'
        ),
        "shop.py:9: import_: data.stripe_price.lookup_key-x has no attribute 'prodct'": (
            "did you mean 'product'?"
        ),
        "shop.py:10: ${output.ids.ids.pro} is an output, and no resource": (
            'write the address of the resource, "ids:TYPE.NAME"'
        ),
        "shop.py:11: data.stripe_price.lookup_key-x is looked up, and no stack manages it": (
            "name a resource that is declared, or was"
        ),
    }


def test_what_moves_or_is_forgotten_may_be_a_reference(project: Project) -> None:
    """A resource, a reference to it, or its address."""
    project.write(
        """
        from engine.stripe import Product

        Product("old", name="Pro")
        Product("gone", name="Gone")
        """
    )
    project.apply()
    project.writes()
    project.write(
        """
        from engine import moved, removed
        from engine.stripe import Product

        new = Product("new", name="Pro")
        moved("${stripe_product.old.id}", new.id)
        removed("${stripe_product.gone.id}")
        """
    )
    project.apply()
    assert project.writes() == []
    assert set(project.state().resources) == {"stripe_product.new"}


CATALOGUE = """
    from engine import output
    from engine.stripe import Price, Product

    p = Product("pro", name="{name}")
    month = Price("month", product=p, currency="usd", unit_amount={amount}, nickname="{nickname}")
    output("prices", {{"month": month.id, "name": "{word}"}})
"""
AS_APPLIED = {"name": "Pro", "amount": 1000, "nickname": "a", "word": "x"}
FOLLOWER = """
    from engine import Lifecycle, stack_output
    from engine.stripe import Coupon

    Coupon("c", percent_off=10, duration="once", lifecycle=Lifecycle(
        replace_triggered_by=[{trigger}]))
"""
BY_OUTPUT = 'stack_output("catalogue", "prices")["month"]'
BY_WORD = 'stack_output("catalogue", "prices")["name"]'
BY_WHOLE = 'stack_output("catalogue", "prices")'
BY_ADDRESS = '"catalogue:stripe_price.month"'


def followed(project: Project) -> list[str]:
    """What the plan of the follower does."""
    plan = next(plan for plan in project.report().plans if plan.stack == "follower")
    return [f"{change.action} {' '.join(change.reasons)}" for change in plan.pending]


@pytest.mark.parametrize("trigger", [BY_OUTPUT, BY_WHOLE, BY_ADDRESS])
def test_a_change_in_another_stack_triggers_a_replacement(project: Project, trigger: str) -> None:
    """In the same run, once, after the change; a new trigger alone changes nothing."""
    project.write(CATALOGUE.format(**AS_APPLIED), "catalogue")
    project.write(FOLLOWER.format(trigger=""), "follower")
    project.apply()
    old = project.state("follower").resources["stripe_coupon.c"].id
    project.write(FOLLOWER.format(trigger=trigger), "follower")
    assert followed(project) == []
    project.apply()
    assert followed(project) == []
    project.write(CATALOGUE.format(**{**AS_APPLIED, "amount": 1200}), "catalogue")
    assert followed(project) == ["replace triggered"]
    project.writes()
    project.apply()
    paths = [path for _, path, _ in project.writes()]
    assert paths.index("/v1/prices") < paths.index("/v1/coupons")
    [coupon] = project.objects("/v1/coupons")
    assert coupon["id"] != old
    assert not project.report().has_changes


@pytest.mark.parametrize(
    ("trigger", "change", "action"),
    [
        (BY_OUTPUT, {"nickname": "b"}, []),
        (BY_OUTPUT, {"word": "y"}, []),
        (BY_WORD, {"word": "y"}, ["replace triggered"]),
        (BY_WORD, {"amount": 1200}, []),
        (BY_WHOLE, {"word": "y"}, ["replace triggered"]),
        (BY_ADDRESS, {"nickname": "b"}, ["replace triggered"]),
        (BY_ADDRESS, {"name": "Plus"}, []),
    ],
)
def test_only_what_is_named_triggers(
    project: Project, trigger: str, change: dict[str, object], action: list[str]
) -> None:
    """An output by its value, a resource by any change of it."""
    project.write(CATALOGUE.format(**AS_APPLIED), "catalogue")
    project.write(FOLLOWER.format(trigger=trigger), "follower")
    project.apply()
    project.write(CATALOGUE.format(**{**AS_APPLIED, **change}), "catalogue")
    assert followed(project) == action
    project.apply()
    assert not project.report().has_changes


@pytest.mark.parametrize("trigger", [BY_WORD, BY_ADDRESS])
def test_a_trigger_is_not_lost_if_its_stack_was_applied_alone(
    project: Project, trigger: str
) -> None:
    """The state knows at which value the resource was made."""
    project.write(CATALOGUE.format(**AS_APPLIED), "catalogue")
    project.write(FOLLOWER.format(trigger=trigger), "follower")
    project.apply()
    project.write(CATALOGUE.format(**{**AS_APPLIED, "word": "y", "amount": 1200}), "catalogue")
    project.apply("catalogue")
    assert followed(project) == ["replace triggered"]
    project.apply("follower")
    assert not project.report().has_changes


@pytest.mark.parametrize("entry", ['stack_output("zz", "id")', '"zz:stripe_product.pro"'])
def test_a_stack_waits_for_what_it_depends_on(project: Project, entry: str) -> None:
    """Its order is that of the reading, its state records it, and destroy goes the other way."""
    project.write(
        """
        from engine import output
        from engine.stripe import Product

        output("id", Product("pro", name="Pro").id)
        """,
        "zz",
    )
    project.write(
        f"""
        from engine import Lifecycle, stack_output
        from engine.stripe import Product

        Product("after", name="After", lifecycle=Lifecycle(depends_on={entry}))
        """,
        "aa",
    )
    report = project.apply()
    assert [plan.stack for plan in report.plan.plans] == ["zz", "aa"]
    local = "id" if "stack_output" in entry else ":stripe_product.pro"
    assert project.state("aa").reads == {"zz": (local,)}
    [refusal] = project.report("zz", destroy=True).refusals
    assert refusal.endswith("Run both stacks as a whole: engine destroy zz aa")
    project.writes()
    project.apply(destroy=True)
    assert not project.objects("/v1/products")
    assert not project.report().plans[0].drift


def test_what_a_lifecycle_cannot_name_is_found(project: Project) -> None:
    """Stacks, outputs and resources that are not there; its own stack is itself."""
    project.write(CATALOGUE.format(**AS_APPLIED), "catalogue")
    project.write(
        """
        from engine import Lifecycle, stack_output
        from engine.stripe import Product

        Product("a", name="A", lifecycle=Lifecycle(depends_on=["catalogue:stripe_price.mnth"]))
        Product("b", name="B", lifecycle=Lifecycle(depends_on=["catalog:stripe_price.month"]))
        Product("c", name="C", lifecycle=Lifecycle(
            replace_triggered_by=[stack_output("catalogue", "prices")["mnth"]]))
        Product("d", name="D", lifecycle=Lifecycle(depends_on=["shop:stripe_product.a"]))
        Product("e", name="E", lifecycle=Lifecycle(depends_on=["shop:stripe_product.x"]))
        Product("f", name="F", description="${output.catalogue.price}")
        """
    )
    assert found(project) == {
        "shop.py:5: stripe_product.a: lifecycle: stack 'catalogue' does not declare "
        "stripe_price.mnth": "did you mean 'stripe_price.month'?",
        "shop.py:6: lifecycle names the stack 'catalog', which does not exist": (
            "did you mean 'catalogue'?"
        ),
        "shop.py:7: stripe_product.c: lifecycle: output 'prices' of stack 'catalogue' has no key "
        "'mnth'": "did you mean 'month'?",
        "shop.py:10: stripe_product.e: lifecycle names stripe_product.x, which is not declared": (
            "did you mean stripe_product.f?"
        ),
        "shop.py:11: stripe_product.f: description: stack 'catalogue' has no output 'price'": (
            "did you mean 'prices'?"
        ),
    }
