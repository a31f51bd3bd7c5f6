"""Null is a value that Stripe answers with, not one that is still to come."""

from __future__ import annotations

from tests.support.project import Project

OUTPUTS = """
    from engine import output
    from engine.stripe import Price, Product

    p = Product("x", name="X")
    r = Price("x", product=p, currency="usd", unit_amount=5)
    output("description", p.description)
    output("lookup_key", r.lookup_key)
    output("text", f"n:{r.nickname}")
    output("interval", r["recurring.interval"])
    output("default", p.default_price)
"""

FED = """
    from engine import stack_output
    from engine.stripe import Coupon, Price, Product

    p = Product("x", name="X")
    r = Price("x", product=p, currency="usd", unit_amount=5)
    q = Product("y", name="Y", description=p.description, unit_label=stack_output("base", "none"))
    Price("y", product=q, currency="usd", unit_amount=6, lookup_key=r.lookup_key,
          tax_behavior=p.unit_label, recurring={"interval": "month"})
    Coupon("c", percent_off=5, duration="once", name=r.nickname, redeem_by=p.default_price)
"""

HOOK = """
    from engine import import_, output
    from engine.stripe import WebhookEndpoint

    hook = WebhookEndpoint("hook", url="https://x.example.com/h", enabled_events=["*"])
    import_("stripe_webhook_endpoint.hook", "{id}")
    output("secret", hook.secret, sensitive=True)
    output("url", hook.url)
"""


def test_outputs_of_null_are_null(project: Project) -> None:
    """After an apply outputs of what Stripe answers with null are null, and the plan is empty."""
    project.write(OUTPUTS)
    project.apply()
    kept = {"description": None, "lookup_key": None, "interval": None, "default": None}
    assert project.state().outputs == {**kept, "text": "n:"}
    assert not project.plan().has_changes
    assert not project.plan(refresh=False).has_changes


def test_an_output_that_becomes_null_is_shown_as_null(project: Project) -> None:
    """A description that is declared no more is null in the plan already."""
    project.write(OUTPUTS.replace('name="X"', 'name="X", description="Old"'))
    project.apply()
    project.write(OUTPUTS)
    (output,) = project.plan().outputs
    assert (output.name, output.before, output.after) == ("description", "Old", None)
    project.apply()
    assert not project.plan().has_changes


def test_fields_that_are_fed_by_null(project: Project) -> None:
    """A field that refers to null is not declared: sent to nobody, and no reason to replace."""
    project.write('from engine import output\noutput("none", None)\n', "base")
    project.write(FED)
    project.apply()
    sent = {path: params for _, path, params in project.writes() if path != "/v1/products"}
    assert "lookup_key" not in sent["/v1/prices"]
    assert "redeem_by" not in sent["/v1/coupons"]
    plans = project.report().plans
    assert [plan.has_changes for plan in plans] == [False, False]


def test_a_secret_that_nobody_knows(project: Project) -> None:
    """The secret of an imported endpoint is one line of the plan, and never a change."""
    made = project.call(
        "post", "/v1/webhook_endpoints", url="https://x.example.com/h", enabled_events=["*"]
    )
    project.write(HOOK.format(id=made["id"]))
    project.apply()
    plan = project.plan()
    assert not plan.has_changes
    (warning,) = plan.warnings
    assert warning.startswith("output secret has no value: Stripe returns ")
    assert project.state().outputs == {"url": "https://x.example.com/h"}


def test_a_secret_that_nobody_knows_is_known_after_a_replacement(project: Project) -> None:
    """The way on that the plan names brings a secret."""
    test_a_secret_that_nobody_knows(project)
    project.apply(replace=["stripe_webhook_endpoint.hook"])
    assert set(project.state().outputs) == {"url", "secret"}
    plan = project.plan()
    assert not plan.has_changes
    assert not plan.warnings
