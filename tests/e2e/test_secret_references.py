"""Secrets made from what other resources have, in fields that Stripe never returns."""

from __future__ import annotations

from tests.support.project import Project

STACK = """
from engine import Sensitive, stripe
a = stripe.Product("a", name="A")
stripe.Price("p", currency="usd", unit_amount=5, product_data={{
    "name": "X", "metadata": {{"k": Sensitive(a.id), "l": Sensitive(f"{mark}{{a.name}}")}}}})
stripe.Customer("c", description=Sensitive(a.id), preferred_locales=[Sensitive("fr"), "en"])
stripe.PaymentLink("l", line_items=[{{"quantity": 1, "price_data": {{
    "currency": "usd", "unit_amount": 5, "product": Sensitive(a.id)}}}}])
stripe.Product("d", name="D", default_price_data={{
    "currency": "usd", "unit_amount": 5, "metadata": {{"a": Sensitive(a.id)}}}})
"""


def test_a_secret_that_refers_is_as_it_was(project: Project) -> None:
    """Nothing is replaced for a secret whose text, and what it refers to, are as they were."""
    project.write(STACK.format(mark="x"))
    project.apply()
    assert project.plan().pending == ()


def test_another_secret_that_refers_is_a_change(project: Project) -> None:
    """Another text around the same reference is another secret."""
    project.write(STACK.format(mark="x"))
    project.apply()
    project.write(STACK.format(mark="y"))
    changed = {str(change.address): change.action.value for change in project.plan().pending}
    assert changed == {"stripe_price.p": "replace"}
    project.apply()
    assert project.plan().pending == ()
