"""Renames that were not declared, end to end: the line that a plan shows declares them."""

from __future__ import annotations

from pathlib import Path

from tests.support.project import Project

BEFORE = """
    from engine import moved
    from engine.stripe import Coupon, Price, Product, WebhookEndpoint

    p = Product("pro", name="Pro")
    Price("month", product=p, currency="usd", unit_amount=1000, nickname="m")
    Price("year", product=p, currency="usd", unit_amount=10000, nickname="y")
    WebhookEndpoint("h", url="https://example.com/h", enabled_events=["*"])
"""
AFTER = (
    BEFORE.replace('"pro"', '"best"')
    .replace('"month"', '"monthly"')
    .replace('"year"', '"yearly"')
    .replace('"h"', '"hook"')
)


def test_the_lines_of_a_plan_are_the_renames(project: Project) -> None:
    """Pasted into the module that they name, nothing is removed and nothing is made."""
    project.write(BEFORE)
    project.apply()
    project.write(AFTER)
    report = project.report()
    assert {rename.new: rename.loses for rename in report.renames} == {
        "stripe_price.monthly": "the subscriptions that are on it",
        "stripe_price.yearly": "the subscriptions that are on it",
        "stripe_product.best": "",
        "stripe_webhook_endpoint.hook": "its signing secret",
    }
    # What loses something is a warning of the plan too, so that a saved plan has it.
    warned = [warning for warning in report.plans[0].warnings if "Made anew" in warning]
    assert len(warned) == 3
    lines = [rename.moved for rename in report.renames]
    assert {rename.file for rename in report.renames} == {"stacks/shop.py"}
    project.write("\n    ".join([AFTER.rstrip(), *lines]))
    project.writes()
    report = project.apply().plan
    assert report.renames == ()
    assert [plan.has_changes for plan in report.plans] == [True]
    assert [path for method, path, _ in project.writes() if method == "DELETE"] == []
    assert len(project.objects("/v1/prices")) == 2
    assert not project.report().has_changes


def test_what_is_replaced_or_only_made_is_no_rename(project: Project) -> None:
    """A plan without a removal looks for nothing."""
    project.write(BEFORE)
    project.apply()
    project.write(BEFORE.replace("1000,", "1200,") + '    Product("new", name="Pro")\n')
    assert project.report().renames == ()


def test_a_renamed_module_is_moved_as_a_whole(project: Project) -> None:
    """What another module declares of it is a rename of its own."""
    project.write(BEFORE, "old")
    project.apply()
    Path(project.root / "stacks" / "old.py").unlink()
    project.write(BEFORE.replace('WebhookEndpoint("h"', 'WebhookEndpoint("hook"'), "new")
    report = project.report()
    assert [orphan.renamed for orphan in report.orphans] == ["new"]
    assert [rename.moved for rename in report.renames] == [
        'moved("old:stripe_webhook_endpoint.h", "stripe_webhook_endpoint.hook")'
    ]


def test_the_line_for_another_stack(project: Project) -> None:
    """A split without a word about it is recognised, and the line that is shown completes it."""
    coupon = '    Coupon("c", percent_off=10)\n'
    project.write(BEFORE + coupon)
    project.write("", "sale")
    project.apply()
    project.write(BEFORE)
    text = "    from engine import moved\n    from engine.stripe import Coupon\n" + coupon
    project.write(text, "sale")
    [rename] = project.report().renames
    assert (rename.file, rename.loses) == ("stacks/sale.py", "its count of redemptions")
    [before] = project.objects("/v1/coupons")
    project.write(f"{text}    {rename.moved}\n", "sale")
    report = project.apply()
    assert report.plan.renames == ()
    assert [found["id"] for found in project.objects("/v1/coupons")] == [before["id"]]
    assert list(project.state("sale").resources) == ["stripe_coupon.c"]
    assert not project.report().has_changes
