"""One value in two spellings is one value: to spell it otherwise changes nothing on Stripe."""

from __future__ import annotations

from tests.support.plans import actions, change_of, leaves
from tests.support.project import Project

AMOUNTS = """
    from engine.stripe import Plan, Price, Product

    p = Product("spell", name="Spell", default_price_data={default})
    Price("flat", product=p, currency="usd", {flat}, recurring={{"interval": "month"}})
    Price("tiered", product=p, currency="usd", billing_scheme="tiered", tiers_mode="volume",
          recurring={{"interval": "month"}}, tiers={tiers})
    Price("multi", product=p, currency="usd", unit_amount=1000, currency_options={options})
    Plan("plan", product=p, currency="usd", interval="month", {plan})
"""
NUMBERS = AMOUNTS.format(
    default='{"currency": "usd", "unit_amount": 700}',
    flat="unit_amount=2900",
    tiers='[{"up_to": 10, "unit_amount": 500, "flat_amount": 100},'
    ' {"up_to": "inf", "unit_amount": 300}]',
    options='{"eur": {"unit_amount": 900}}',
    plan="amount=1500",
)
DECIMALS = AMOUNTS.format(
    default='{"currency": "usd", "unit_amount_decimal": "700.0"}',
    flat='unit_amount_decimal="2900"',
    tiers='[{"up_to": 10, "unit_amount_decimal": "500", "flat_amount_decimal": "100"},'
    ' {"up_to": "inf", "unit_amount_decimal": "300.0"}]',
    options='{"eur": {"unit_amount_decimal": "900"}}',
    plan='amount_decimal="1500.00"',
)
FRACTIONS = DECIMALS.replace('"2900"', '"2900.5"').replace('"300.0"', '"0.25"')

BLANKS = """
    from engine.stripe import Price, Product, Customer

    a = Product("a", name="A")
    b = Product("b", name=f"{a.name} ", description=f" {a.description}",
                metadata={"of": f"{a.name}\\t", "none": f" {a.description} "})
    Price("b", product=b, currency="usd", unit_amount=5, nickname=f" {a.name}",
          lookup_key=f"{a.name} ")
    Customer("c", name=f"{a.name} ", description=f"\\n{a.description}")
"""


def test_amounts_in_the_other_spelling(project: Project) -> None:
    """Amounts as decimals are the amounts as numbers, there and back, and nothing is sent."""
    project.write(NUMBERS)
    project.apply()
    for text in (DECIMALS, NUMBERS):
        assert not project.plan().has_changes
        project.write(text)
        assert not project.plan().has_changes
        project.writes()
        project.apply()
        assert project.writes() == []
        assert not project.plan(refresh=False).has_changes


def test_amounts_with_fractions(project: Project) -> None:
    """Amounts that Stripe answers as decimals alone settle, and a change names what is written."""
    project.write(FRACTIONS)
    project.apply()
    assert not project.plan().has_changes
    project.write(NUMBERS)
    plan = project.plan()
    assert actions(plan) == {
        "stripe_price.flat": "replace",
        "stripe_price.tiered": "replace",
    }
    flat = leaves(change_of(plan, "stripe_price.flat"))
    assert flat == {"unit_amount": (2900.5, 2900)}
    project.apply()
    assert not project.plan().has_changes


def test_blanks_around_texts_with_references(project: Project) -> None:
    """Stripe takes blanks off both ends, which only an apply shows where a reference is."""
    project.write(BLANKS)
    project.apply()
    assert not project.plan().has_changes
