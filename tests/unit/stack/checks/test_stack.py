"""Everything wrong with a stack: lifecycles, lookups, references, refactorings."""

from __future__ import annotations

import pytest

from tests.support.stack_project import StackProject

PRELUDE = """\
from engine import Lifecycle, import_, moved, output, removed
from engine.stripe import Coupon, Price, Product, ProductFeature

pro = Product("pro", name="Pro")
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # lifecycle
        (
            'Product("a", name="A", lifecycle=Lifecycle(on_remove="delete"))',
            ["5 wrong-enum: stripe_product.a: on_remove cannot be 'delete'"],
        ),
        (
            'Product("a", name="A", lifecycle=Lifecycle(ignore_changes=["nmae", "metadata.x"]))',
            [("5 unknown-parameter: stripe_product.a: ignore_changes names 'nmae', "
             "which Product does not have")],
        ),
        (
            'Product(\n"a", name="A",\nlifecycle=Lifecycle(depends_on=["stripe_product.por"]))',
            [("7 dangling-ref: stripe_product.a: lifecycle names stripe_product.por, "
             "which is not declared")],
        ),
        (
            ('Product("a", name="A", lifecycle=Lifecycle(depends_on=[pro], '
            'replace_triggered_by=[pro.name, "stripe_product.pro"]))'),
            [],
        ),
        ('Product("a", name="A", lifecycle=Lifecycle(account="acct_1"))', []),
        (
            'Product("a", name="A", lifecycle=Lifecycle(account=pro.id))',
            [("5 bad-account: stripe_product.a: lifecycle account is stripe_product.pro.id, "
             "which is no account")],
        ),
        (
            'Product("a", name="A", lifecycle=Lifecycle(account=pro))',
            [("5 bad-account: stripe_product.a: lifecycle account is stripe_product.pro.id, "
             "which is no account")],
        ),
        # lookups
        ("Price.lookup(lookup_key='a', active=True)", []),
        ("Price.lookup(id='price_1')", []),
        (
            "Price.lookup(\nlokup_keys=['a'])",
            ["6 unknown-parameter: Price.lookup: unknown filter lokup_keys"],
        ),
        (
            "Price.lookup()",
            ["5 bad-lookup: Price.lookup needs criteria that are known before apply"],
        ),
        (
            "Price.lookup(product=pro)",
            ["5 bad-lookup: Price.lookup needs criteria that are known before apply"],
        ),
        # references
        (
            "output('x', '${stripe_product.por.id}')",
            ["5 dangling-ref: output 'x': value: stripe_product.por is not declared"],
        ),
        (
            "output('x', '${data.stripe_price.a.id}')",
            ["5 dangling-ref: output 'x': value: data.stripe_price.a is not declared"],
        ),
        ("output('x', pro['metadata.plan'])", []),
        (
            "output('x', pro['metdata.plan'])",
            ["5 dangling-ref: output 'x': value: stripe_product.pro has no attribute 'metdata'"],
        ),
        (
            'Price("m", product=Coupon("c", percent_off=5).id, currency="usd", unit_amount=1)',
            [("5 wrong-reference: stripe_price.m: product takes the id of a product, not of a "
             "coupon (stripe_coupon.c)")],
        ),
        (
            'Price("m", product=pro.name, currency="usd", unit_amount=1)',
            [],
        ),
        # refactorings
        ("moved('stripe_product.old', pro)", []),
        (
            "moved('stripe_product.pro', 'stripe_product.new')",
            [
                "5 bad-refactoring: moved: stripe_product.new is not declared",
                "5 bad-refactoring: moved: stripe_product.pro is still declared",
            ],
        ),
        (
            "moved('stripe_price.old', pro)",
            [("5 bad-refactoring: moved: stripe_price.old and stripe_product.pro are of different "
             "types")],
        ),
        ("removed('stripe_price.old')", []),
        (
            "removed('stripe_product.pro')",
            ["5 bad-refactoring: removed: stripe_product.pro is still declared"],
        ),
        ("import_(pro, 'prod_1')", []),
        (
            "import_('stripe_price.m', 'price_1')",
            ["5 bad-refactoring: import_: stripe_price.m is not declared"],
        ),
        # outputs
        ("output('x', [1, 2.5, None, True, {'a': pro.id}])", []),
        ("output('x', {1: 'a'})", [("5 wrong-type: output 'x': value cannot hold a dict with the "
                                  "key 1")]),
        ("output('x', [b'a'])", [("5 wrong-type: output 'x': value[0] cannot hold a value of type "
                                 "bytes")]),
        (
            "output('x', float('nan'))",
            ["5 wrong-type: output 'x': value cannot hold nan"],
        ),
    ],
)  # fmt: skip
def test_findings(project: StackProject, text: str, expected: list[str]) -> None:
    """Line, kind and message; nothing is found where nothing is wrong."""
    assert project.lines(PRELUDE + text + "\n") == expected


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ('Product("a", name="A", lifecycle=Lifecycle(on_remove="x"))', '"remove" or "keep"'),
        ('Product("a", name="A", lifecycle=Lifecycle(ignore_changes=["nmae"]))', "'name'"),
        ('Product("a", name="A", lifecycle=Lifecycle(depends_on=["stripe_product.por"]))',
         "stripe_product.pro"),
        ('Product("a", name="A", lifecycle=Lifecycle(account=pro.id))', "an Account"),
        ("Price.lookup(lokup_keys=['a'])", "'lookup_keys'"),
        ("Price.lookup(zzz=1)", "it takes id, lookup_key, "),
        ("Price.lookup()", 'write Price.lookup(id="...")'),
        ("ProductFeature.lookup(entitlement_feature='feat_1')", "add product=..."),
        ("output('x', '${stripe_product.por.id}')", "did you mean stripe_product.pro?"),
        ("moved('stripe_product.pro', pro)", "remove one of them"),
        ("removed('stripe_product.pro')", "take out the declaration, or this line"),
        ("import_('stripe_price.m', 'price_1')", "declare Price('m', ...)"),
    ],
)  # fmt: skip
def test_hints(project: StackProject, text: str, hint: str) -> None:
    """Each finding says what would be right."""
    (problem,) = project.check(PRELUDE + text + "\n")
    assert hint in problem.hint


def test_findings_come_in_line_order_without_repetition(project: StackProject) -> None:
    """A loop that makes the same mistake at the same place tells each declaration's once."""
    lines = project.lines(
        PRELUDE
        + """
for name in ("b", "a"):
    Product(name, name=name, colour="red")
Product("z", nickname="x", name="Z")
output("o", pro.idd)
output("o2", pro.idd)
"""
    )
    assert [line.split(":")[0] for line in lines] == [
        "7 unknown-parameter",
        "7 unknown-parameter",
        "8 unknown-parameter",
        "9 dangling-ref",
        "10 dangling-ref",
    ]


def test_an_empty_module_is_a_stack(project: StackProject) -> None:
    """Nothing declared is nothing wrong."""
    assert project.lines("") == []
