"""Objects that no stack manages: counted by `engine drift`, listed with `--unmanaged`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.support.command_line import Engine, Write
from tests.support.dashboard import Dashboard

STACK = """
    from engine.stripe import Coupon, Price, Product

    pro = Product("pro", id="pro", name="Pro")
    Price("month", product=pro, currency="usd", unit_amount=2900)
    Coupon("launch", id="LAUNCH25", percent_off=25, duration="once")
"""
OTHER = """
    from engine.stripe import Customer, Product

    Product("other", id="other", name="Other")
    Customer("test", name="Test")
"""


@pytest.fixture
def dashboard(root: Path, engine: Engine, write: Write) -> Dashboard:
    """The Dashboard of an account with two stacks, and some objects that people made."""
    write("shop", STACK)
    write("more", OTHER)
    assert engine("apply", "--yes").code == 0
    made = Dashboard(root)
    made("POST", "/v1/products", id="hand", name="Hand made")
    made("POST", "/v1/products", id="old", name="Old", active="false")
    made("POST", "/v1/coupons", id="FIVE", percent_off=5, duration="once")
    made("POST", "/v1/customers", name="Somebody's customer")
    made("POST", "/v1/tax_rates", display_name="VAT", percentage=19, inclusive="true")
    return made


def test_they_are_counted(engine: Engine, dashboard: Dashboard) -> None:
    """Not what is archived, nor customers, nor types that no stack manages; it is no drift."""
    for words in (["drift"], ["drift", "shop"]):
        ended = engine(*words)
        assert ended.code == 0
        assert "; 2 unmanaged objects (engine drift --unmanaged -e local).\n" in ended.out
    dashboard("POST", "/v1/products/pro", name="By hand")
    assert engine("drift").out.endswith(
        "\nDrift: 1 changed; 2 unmanaged objects (engine drift --unmanaged -e local).\n"
    )


@pytest.mark.usefixtures("dashboard")
def test_they_are_listed(engine: Engine) -> None:
    """Each with the line that takes it over."""
    ended = engine("drift", "--unmanaged")
    assert ended.code == 0
    out = re.sub(r"\d{4}-\d\d-\d\d", "A DAY", ended.out)
    assert (
        "1 coupon that no stack manages (stripe_coupon):\n"
        '  FIVE  A DAY  import_("stripe_coupon.five", "FIVE")\n\n'
        "1 product that no stack manages (stripe_product):\n"
        '  hand  A DAY  import_("stripe_product.hand", "hand")  # "Hand made"\n\n'
    ) in out
    assert out.endswith("; 2 unmanaged objects.\n")


@pytest.mark.usefixtures("dashboard")
def test_the_line_takes_it_over(engine: Engine, write: Write) -> None:
    """Next to a declaration of it."""
    line = 'Product("hand", name="Hand made")\nimport_("stripe_product.hand", "hand")\n'
    write("hand", f"from engine import import_\nfrom engine.stripe import Product\n\n{line}")
    assert engine("apply", "hand", "--yes").code == 0
    assert "; 1 unmanaged object (engine drift" in engine("drift").out


@pytest.mark.usefixtures("dashboard")
def test_the_document(engine: Engine) -> None:
    """Counts alone, or the objects too."""
    counted = json.loads(engine("drift", "--json").out)
    assert counted["unmanaged_listed"] is False
    assert [(one["type"], one["count"], one["at_least"]) for one in counted["unmanaged"]] == [
        ("stripe_coupon", 1, False),
        ("stripe_product", 1, False),
    ]
    listed = json.loads(engine("drift", "--unmanaged", "--json").out)
    product = listed["unmanaged"][1]["objects"][0]
    assert isinstance(product.pop("created"), int)
    assert product == {
        "id": "hand",
        "name": "Hand made",
        "address": "stripe_product.hand",
        "import": 'import_("stripe_product.hand", "hand")',
    }


def test_a_count_reads_one_page_of_each_type(engine: Engine, dashboard: Dashboard) -> None:
    """Of more it is the least."""
    for number in range(100):
        dashboard("POST", "/v1/coupons", percent_off=number + 1, duration="once")
    assert "; at least 101 unmanaged objects (" in engine("drift").out
    assert engine("drift", "--unmanaged").out.endswith("; 102 unmanaged objects.\n")


@pytest.mark.usefixtures("dashboard")
def test_it_does_not_go_with_accept(engine: Engine) -> None:
    """One shows, the other writes."""
    ended = engine("drift", "--unmanaged", "--accept", "stripe_product.pro.name")
    assert ended.code == 1
    assert "--accept and --unmanaged do not go together" in ended.err
