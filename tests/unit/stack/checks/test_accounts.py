"""The accounts that declarations name, and references from one account to another."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from engine.catalog import loader
from engine.stack.checks.accounts import account_problems_between
from engine.stack.checks.stack import problems_of
from tests.support.stack_project import CIRCUMSTANCES, StackProject

PRELUDE = """
from engine import Lifecycle, output, stack_output
from engine.stripe import *

shop = Account("shop", type="custom", country="US")
mall = Account("mall", type="custom", country="US")
own = Product("own", name="Own")
two = Product("two", name="Two", lifecycle=Lifecycle(account="acct_2"))
sold = Product("sold", name="Sold", lifecycle=Lifecycle(account=shop.id))
""".lstrip()
LINE = len(PRELUDE.splitlines()) + 1


@pytest.fixture
def project(tmp_path: Path) -> StackProject:
    """An empty project."""
    return StackProject(tmp_path)


def price(product: str, account: str) -> str:
    """A price of a product on an account, each as it is written."""
    return (
        f'Price("m", product={product}, currency="usd", unit_amount=1, '
        f"lifecycle=Lifecycle(account={account}))"
    )


@pytest.mark.parametrize(
    "account",
    [
        '"acct_2"',
        "shop",
        "shop.id",
        'Account.lookup(id="acct_2")',
        'Account.lookup(id="acct_2").id',
        'stack_output("platform", "account")',
        'Person("ada", account=shop.id)["account"]',
        "None",
        '""',
    ],
)
def test_what_names_an_account(project: StackProject, account: str) -> None:
    """An id, a resource, a reference, a lookup, an output."""
    text = f'Product("a", name="A", lifecycle=Lifecycle(account={account}))\n'
    assert project.lines(PRELUDE + text) == []


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        ('"acct"', "bad-account: stripe_product.a: lifecycle account cannot be 'acct'"),
        ("7", "bad-account: stripe_product.a: lifecycle account cannot be 7"),
        (
            'f"{shop.id}x"',
            (
                "bad-account: stripe_product.a: lifecycle account cannot be "
                "'${stripe_account.shop.id}x'"
            ),
        ),
        (
            "own",
            (
                "bad-account: stripe_product.a: lifecycle account is stripe_product.own.id, "
                "which is no account"
            ),
        ),
        (
            "shop.country",
            (
                "bad-account: stripe_product.a: lifecycle account is stripe_account.shop.country, "
                "which is no account"
            ),
        ),
        (
            '"${stripe_account.shpo.id}"',
            (
                "dangling-ref: stripe_product.a: lifecycle.account: stripe_account.shpo is not "
                "declared"
            ),
        ),
        (
            "shop.idd",
            (
                "dangling-ref: stripe_product.a: lifecycle.account: stripe_account.shop has no "
                "attribute 'idd'"
            ),
        ),
        (
            '"${stripe_nothing.shop.id}"',
            (
                "dangling-ref: stripe_product.a: lifecycle.account: stripe_nothing.shop is not "
                "declared"
            ),
        ),
    ],
)
def test_what_names_none(project: StackProject, account: str, expected: str) -> None:
    """Never a text that would be sent as a header."""
    text = f'Product("a", name="A", lifecycle=Lifecycle(account={account}))\n'
    assert project.lines(PRELUDE + text) == [f"{LINE} {expected}"]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (
            (
                'WebhookEndpoint("a", url="https://x.test", enabled_events=["*"], '
                'lifecycle=Lifecycle(account="acct_2"))'
            ),
            "with connect=True",
        ),
        (
            'Account("a", type="custom", country="US", lifecycle=Lifecycle(account=shop))',
            "platform",
        ),
    ],
)
def test_what_no_connected_account_has(project: StackProject, text: str, hint: str) -> None:
    """R: Stripe permits no webhook endpoints on a connected account."""
    [problem] = project.check(PRELUDE + text + "\n")
    assert (problem.line, problem.reference) == (LINE, "not-on-account")
    assert "a connected account cannot have a" in problem.message
    assert hint in problem.hint


@pytest.mark.parametrize(
    ("product", "account"),
    [
        ("own", '""'),
        ("two", '"acct_2"'),
        ("sold", "shop.id"),
        ("sold", "shop"),
        # The same account, perhaps.
        ("two", "shop.id"),
        ("sold", '"acct_2"'),
        ('Product.lookup(id="prod_1")', '""'),
        ('Product.lookup(id="prod_1", lifecycle=Lifecycle(account="acct_2"))', '"acct_2"'),
    ],
)
def test_references_on_one_account(project: StackProject, product: str, account: str) -> None:
    """As they are written, they are on one account."""
    assert project.lines(PRELUDE + price(product, account) + "\n") == []


@pytest.mark.parametrize(
    ("product", "account", "theirs", "mine"),
    [
        ("own", '"acct_2"', "the key's own account", "account acct_2"),
        ("two", '""', "account acct_2", "the key's own account"),
        ("two", '"acct_3"', "account acct_2", "account acct_3"),
        ("sold", '""', "account stripe_account.shop.id", "the key's own account"),
        ("sold", "mall", "account stripe_account.shop.id", "account stripe_account.mall.id"),
    ],
)
def test_references_across_accounts(
    project: StackProject, product: str, account: str, theirs: str, mine: str
) -> None:
    """An account knows no objects of another one."""
    [problem] = project.check(PRELUDE + price(product, account) + "\n")
    assert (problem.line, problem.reference) == (LINE, "across-accounts")
    assert problem.message == (
        f"stripe_price.m: product names stripe_product.{product}, which is on {theirs}, and this "
        f"is on {mine}: an account sees its own objects alone"
    )
    assert problem.hint == (
        f"put both on one account, or declare one like stripe_product.{product} on {mine}"
    )


@pytest.mark.parametrize(
    "text",
    [
        # D: ids of accounts are named by the platform.
        'Person("ada", account=shop.id)',
        'Product("x", name="X", metadata={"of": two.id, "by": shop.id})',
        'Product("x", name=f"not {two.id}")',
        # D: a platform uploads the documents of its accounts.
        (
            'f = File("id", file="stacks/shop.py", purpose="identity_document", '
            "lifecycle=Lifecycle(account=shop))\n"
            'Person("ada", account=shop.id, verification={"document": {"front": f.id}})'
        ),
        # D: the parent of a connected account's configuration is the platform's.
        (
            'p = PaymentMethodConfiguration("p", name="P")\n'
            'PaymentMethodConfiguration("c", parent=p.id, lifecycle=Lifecycle(account=shop))'
        ),
        # What only orders is sent nowhere.
        (
            'Product("x", name="X", lifecycle=Lifecycle(depends_on=[two, sold], '
            "replace_triggered_by=[two]))"
        ),
    ],
)
def test_what_may_be_named_across_accounts(project: StackProject, text: str) -> None:
    """Accounts, files, parents of configurations, and text."""
    assert project.lines(PRELUDE + text + "\n") == []


@pytest.mark.parametrize(
    ("lookup", "account"),
    [
        ('Product.lookup(id="prod_1")', '"acct_2"'),
        ('Product.lookup(id="prod_1", lifecycle=Lifecycle(account="acct_2"))', '""'),
    ],
)
def test_what_is_looked_up_is_on_an_account_too(
    project: StackProject, lookup: str, account: str
) -> None:
    """Its own lifecycle says on which."""
    [problem] = project.check(PRELUDE + price(lookup, account) + "\n")
    assert (problem.line, problem.reference) == (LINE, "across-accounts")
    assert "lookup(..., lifecycle=Lifecycle(account=...))" in problem.hint


@pytest.mark.parametrize(
    ("lifecycle", "expected"),
    [
        (
            "Lifecycle(account=shop)",
            (
                "bad-account: data.stripe_product.id-prod_1-on--stripe_account-shop-id: lookup on "
                "'${stripe_account.shop.id}': it takes an account that exists"
            ),
        ),
        (
            'Lifecycle(account="acct_2", protect=True)',
            "wrong-type: Product.lookup: of a lifecycle, a lookup takes the account only",
        ),
        (
            '"acct_2"',
            "wrong-type: Product.lookup: of a lifecycle, a lookup takes the account only",
        ),
    ],
)
def test_the_account_of_a_lookup_is_known(
    project: StackProject, lifecycle: str, expected: str
) -> None:
    """Lookups are read before anything is made."""
    text = f'Product.lookup(id="prod_1", lifecycle={lifecycle})\n'
    assert project.lines(PRELUDE + text) == [f"{LINE} {expected}"]


def test_one_lookup_on_two_accounts_is_two(project: StackProject) -> None:
    """Each has a name that says where it is."""
    text = (
        'Product.lookup(id="prod_1")\n'
        'Product.lookup(id="prod_1", lifecycle=Lifecycle(account="acct_2"))\n'
        'Product.lookup(id="prod_1", lifecycle=Lifecycle(account="acct_3"))\n'
    )
    lookups = project.load(PRELUDE + text).lookups
    assert {name: lookup.account for name, lookup in lookups.items()} == {
        "data.stripe_product.id-prod_1": "",
        "data.stripe_product.id-prod_1-on-acct_2": "acct_2",
        "data.stripe_product.id-prod_1-on-acct_3": "acct_3",
    }


def test_the_keys_own_account_by_its_id(project: StackProject) -> None:
    """Where the configuration names it, it is the same as none."""
    stack = project.load(PRELUDE + price("own", '"acct_1"') + "\n")
    where = dataclasses.replace(CIRCUMSTANCES, account="acct_1")
    assert problems_of(stack, loader.schemas(), project.root, where) == ()
    assert len(problems_of(stack, loader.schemas(), project.root, CIRCUMSTANCES)) == 1


READER = """
from engine import Lifecycle, stack_output
from engine.stripe import *

Price("m", product=stack_output("shop", "OUTPUT"), currency="usd", unit_amount=1,
      lifecycle=Lifecycle(account=ACCOUNT))
""".lstrip()


@pytest.mark.parametrize(
    ("output", "account", "found"),
    [
        ("own", '"acct_2"', True),
        ("two", '"acct_2"', False),
        ("two", '""', True),
        ("sold", '""', True),
        ("own", 'stack_output("shop", "account")', True),
        # The same account, perhaps.
        ("sold", 'stack_output("shop", "account")', False),
        # Known after the apply only.
        ("name", '"acct_2"', False),
        ("text", '"acct_2"', False),
        ("found", '"acct_2"', False),
        ("nothing", '"acct_2"', False),
    ],
)
def test_references_across_stacks(
    project: StackProject,
    output: str,
    account: str,
    found: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """An output is followed to what it refers to, where that module is known."""
    outputs = """
output("own", own.id)
output("two", two.id)
output("sold", sold.id)
output("account", shop.id)
output("name", own.name)
output("text", f"x {own.id}")
output("found", Product.lookup(id="prod_1").id)
"""
    shop = project.load(PRELUDE + outputs)
    reader = project.load(READER.replace("OUTPUT", output).replace("ACCOUNT", account), "reader")
    both = (shop, reader)
    across = [*account_problems_between(both, loader.schemas(), project.root, "")]
    assert bool(across) == found
    for problem in across:
        assert (problem.file, problem.line) == ("stacks/reader.py", 4)
        assert f"product names shop:stripe_product.{output}, which is on" in problem.message
    assert [*account_problems_between([reader], loader.schemas(), project.root, "")] == []
