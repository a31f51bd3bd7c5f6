"""`engine drift --accept`: what was changed in the Dashboard becomes the code, or nothing does."""

from __future__ import annotations

import json
import re
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.support.command_line import Engine, Write
from tests.support.dashboard import Dashboard

STACK = """\
\"\"\"What the shop sells.\"\"\"

from engine import output
from engine.stripe import Coupon, Price, Product

SITE = "https://shop.example"
CENTS = 2900  # a month

# the product
pro = Product(
    "pro",
    id="pro",
    name="Pro",  # what people see
    metadata={"tier": "pro", "team": "billing"},
    description="All",
    url=f"{SITE}/pro",
)
month = Price(
    "month",
    product=pro,
    currency="usd",
    unit_amount=CENTS,
    recurring={"interval": "month"},
    nickname="Monthly",
)
launch = Coupon("launch", id="LAUNCH25", percent_off=25, duration="once", name="Launch")
for plan in ("basic", "max"):
    Product(plan, id=plan, name=plan.title())
output("month", month.id)
"""


@pytest.fixture
def module(root: Path) -> Path:
    """The stack's file."""
    return root / "stacks" / "shop.py"


@pytest.fixture
def dashboard(root: Path, engine: Engine, write: Write) -> Dashboard:
    """The Dashboard of an account on which the stack is applied."""
    write("shop", STACK)
    assert engine("apply", "--yes").code == 0
    return Dashboard(root)


def is_settled(engine: Engine) -> bool:
    """Whether neither a plan nor a look at the drift finds anything."""
    plan = engine("plan", "--detailed-exitcode")
    return (plan.code, engine("drift").code) == (0, 0)


def test_one_leaf(engine: Engine, dashboard: Dashboard, module: Path) -> None:
    """The code has it, the state has it, and nothing else is touched."""
    dashboard("POST", "/v1/products/pro", name="Professional", metadata__tier="gold")
    ended = engine("drift", "--accept", "stripe_product.pro.name")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == (
        "Accepted 1 value in stacks/shop.py:\n"
        '  stripe_product.pro.name = "Professional"\n'
        "Recorded in the state of shop (serial 3); engine plan has no change of it.\n"
    )
    text = module.read_text(encoding="utf-8")
    assert text == STACK.replace('name="Pro",', 'name="Professional",')
    assert engine("drift").code == 2
    plan = engine("plan")
    assert "metadata.tier" in plan.out
    assert "Professional" not in plan.out


def test_all_leaves(engine: Engine, dashboard: Dashboard, module: Path) -> None:
    """A changed one, one that is empty now, and a key that is no longer there."""
    dashboard("POST", "/v1/products/pro", name="Professional", metadata__tier="")
    dashboard("POST", "/v1/products/pro", description="")
    ended = engine("drift", "--accept", "stripe_product.pro")
    assert (ended.code, ended.err) == (0, "")
    expected = STACK.replace('name="Pro",', 'name="Professional",')
    expected = expected.replace('"tier": "pro", ', "")
    expected = expected.replace('    description="All",\n', "")
    assert module.read_text(encoding="utf-8") == expected
    assert is_settled(engine)


def test_what_is_archived_is_declared_so(
    engine: Engine, dashboard: Dashboard, module: Path
) -> None:
    """With the parameter that archives it."""
    [price] = dashboard("GET", "/v1/prices")["data"]
    dashboard("POST", f"/v1/prices/{price['id']}", active="false")
    assert engine("drift", "--accept", "stripe_price.month").code == 0
    expected = STACK.replace('"Monthly",\n', '"Monthly",\n    active=False,\n')
    assert module.read_text(encoding="utf-8") == expected
    assert is_settled(engine)


def test_what_is_deleted_is_taken_out(
    engine: Engine, dashboard: Dashboard, module: Path, root: Path
) -> None:
    """Of the module and of the state."""
    dashboard("DELETE", "/v1/coupons/LAUNCH25")
    ended = engine("drift", "--accept", "stripe_coupon.launch")
    assert (ended.code, ended.err) == (0, "")
    assert "  stripe_coupon.launch: taken out\n" in ended.out
    expected = re.sub(r"launch = .*\n", "", STACK)
    assert module.read_text(encoding="utf-8") == expected
    state = json.loads((root / "state" / "local" / "shop.json").read_text(encoding="utf-8"))
    assert "stripe_coupon.launch" not in state["resources"]
    assert is_settled(engine)


def test_nothing_is_written_if_one_of_all_is_computed(
    engine: Engine, dashboard: Dashboard, module: Path, root: Path
) -> None:
    """Each has its line and what to write; the others can be accepted by the command shown."""
    dashboard("POST", "/v1/products/pro", name="Professional", url="https://other.example")
    dashboard("POST", "/v1/products/max", name="Maximum")
    state = (root / "state" / "local" / "shop.json").read_bytes()
    ended = engine("drift", "--accept", "stripe_product.pro", "--accept", "stripe_product.max.name")
    assert (ended.code, ended.err) == (1, "")
    assert ended.out == (
        "stacks/shop.py:16: stripe_product.pro.url is not accepted: it is an f-string\n"
        '    write url as "https://other.example"\n'
        "stacks/shop.py:28: stripe_product.max.name is not accepted: one call declares 2 "
        "resources\n"
        '    write name as "Maximum"\n'
        "Nothing was written.\n"
        "The rest can be accepted: engine drift -e local --accept shop:stripe_product.pro.name\n"
    )
    assert module.read_text(encoding="utf-8") == STACK
    assert (root / "state" / "local" / "shop.json").read_bytes() == state
    command = ended.out.splitlines()[-1].partition(": engine ")[2]
    assert engine(*command.split()).code == 0


def test_a_deleted_object_that_is_referred_to_stays_declared(
    engine: Engine, root: Path, write: Write
) -> None:
    """The message names who refers to it."""
    text = """\
    from engine.stripe import Coupon, PromotionCode

    c = Coupon("c", id="C", percent_off=25, duration="once")
    PromotionCode("p", promotion={"type": "coupon", "coupon": c.id}, code="P")
    """
    write("shop", text)
    assert engine("apply", "--yes").code == 0
    Dashboard(root)("DELETE", "/v1/coupons/C")
    ended = engine("drift", "--accept", "stripe_coupon.c")
    assert ended.code == 1
    assert "stripe_promotion_code.p refers to it" in ended.out
    assert (root / "stacks" / "shop.py").read_text(encoding="utf-8") == textwrap.dedent(text)


def test_the_document(engine: Engine, dashboard: Dashboard) -> None:
    """The same for programs."""
    dashboard("POST", "/v1/products/pro", name="Professional", url="https://other.example")
    refused = json.loads(engine("drift", "--json", "--accept", "stripe_product.pro").out)
    assert refused["written"] is False
    assert [leaf["place"] for leaf in refused["accepted"]] == ["stripe_product.pro.name"]
    assert refused["refused"] == [
        {
            "stack": "shop",
            "place": "stripe_product.pro.url",
            "file": "stacks/shop.py",
            "line": 16,
            "why": "it is an f-string",
            "by_hand": 'write url as "https://other.example"',
        }
    ]
    written = json.loads(engine("drift", "--json", "--accept", "stripe_product.pro.name").out)
    assert (written["written"], written["refused"], written["serials"]) == (True, [], {"shop": 3})
    assert written["accepted"] == [
        {
            "stack": "shop",
            "place": "stripe_product.pro.name",
            "file": "stacks/shop.py",
            "code": '"Professional"',
        }
    ]


def test_what_is_not_drift_is_not_accepted(engine: Engine, dashboard: Dashboard) -> None:
    """A leaf that is as it was, and an address with a typo."""
    dashboard("POST", "/v1/products/pro", name="Professional")
    ended = engine("drift", "--accept", "stripe_product.pro.url")
    assert ended.code == 1
    assert "stripe_product.pro.url is not accepted: Stripe has what the last apply" in ended.out
    ended = engine("drift", "--accept", "stripe_product.prp")
    assert ended.code == 1
    assert "no stack declares stripe_product.prp" in ended.err
    assert "did you mean stripe_product.pro?" in ended.err
    ended = engine("drift", "--accept", "stripe_product")
    assert "an address is TYPE.NAME" in ended.err
    ended = engine("drift", "--accept", "shpo:stripe_product.pro")
    assert "no stack shpo declares stripe_product.pro" in ended.err
    assert "stack shop does: --accept shop:stripe_product.pro" in ended.err


def test_a_held_lock_refuses_it(engine: Engine, dashboard: Dashboard, module: Path) -> None:
    """As it does an apply: the state is written."""
    dashboard("POST", "/v1/products/pro", name="Professional")
    assert engine("lock", "local/shop", "--reason", "audit").code == 0
    assert engine("drift", "--accept", "stripe_product.pro").code == 3
    assert module.read_text(encoding="utf-8") == STACK


def test_the_file_is_the_same_file(
    engine: Engine, dashboard: Dashboard, module: Path, root: Path
) -> None:
    """A link stays a link, and mode, encoding and line ends stay."""
    text = STACK.replace("# the product", "# das Gerät").replace("\n", "\r\n")
    content = ("# -*- coding: latin-1 -*-\r\n" + text).encode("latin-1")
    real = root / "shop_module.txt"
    real.write_bytes(content)
    real.chmod(0o640)
    module.unlink()
    module.symlink_to(real)
    dashboard("POST", "/v1/products/pro", name="Qualité")
    assert engine("drift", "--accept", "stripe_product.pro").code == 0
    assert module.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    expected = content.replace(b'name="Pro",', 'name="Qualité",'.encode("latin-1"))
    assert real.read_bytes() == expected
    dashboard("POST", "/v1/products/pro", name="\N{SNOWMAN}")
    ended = engine("drift", "--accept", "stripe_product.pro")
    assert ended.code == 1
    assert "cannot be written" in ended.err
    assert real.read_bytes() == expected


PORTAL = """\
from engine.stripe import PortalConfiguration, Price, Product, WebhookEndpoint

pro = Product("pro", id="pro", name="Pro")
month = Price("m", product=pro, currency="usd", unit_amount=900, recurring={"interval": "month"})
year = Price("y", product=pro, currency="usd", unit_amount=9000, recurring={"interval": "year"})
portal = PortalConfiguration(
    "portal",
    features={
        "payment_method_update": {"enabled": True},
        "subscription_update": {
            "enabled": True,
            "default_allowed_updates": ["price"],
            # what one can switch to
            "products": [
                {"product": pro, "prices": [month.id]},  # the only one
            ],
        },
    },
)
hook = WebhookEndpoint(
    "hook",
    url="https://shop.example/stripe",
    enabled_events=[
        "price.updated",  # amounts
        "price.created",
        # what is sold
        "product.created",
    ],
)
"""


def test_lists_and_references(engine: Engine, root: Path, write: Write, module: Path) -> None:
    """Entries keep their comments, ids of the stack are references, and others have a comment."""
    write("shop", PORTAL)
    write("more", 'from engine.stripe import Product\n\nProduct("other", id="other", name="O")\n')
    assert engine("apply", "--yes").code == 0
    dashboard = Dashboard(root)
    prices = {one["unit_amount"]: one["id"] for one in dashboard("GET", "/v1/prices")["data"]}
    foreign = dashboard(
        *("POST", "/v1/prices"),
        product="other",
        currency="usd",
        unit_amount="5",
        recurring__interval="year",
    )
    [portal] = dashboard("GET", "/v1/billing_portal/configurations")["data"]
    products = "features__subscription_update__products"
    dashboard(
        *("POST", f"/v1/billing_portal/configurations/{portal['id']}"),
        **{
            f"{products}__0__product": "other",
            f"{products}__0__prices__0": foreign["id"],
            f"{products}__1__product": "pro",
            f"{products}__1__prices__0": prices[9000],
            f"{products}__1__prices__1": prices[900],
        },
    )
    [hook] = dashboard("GET", "/v1/webhook_endpoints")["data"]
    events = ("product.created", "coupon.created", "price.updated")
    dashboard(
        *("POST", f"/v1/webhook_endpoints/{hook['id']}"),
        **{f"enabled_events__{place}": event for place, event in enumerate(events)},
    )
    accepted = ("stripe_billing_portal_configuration.portal", "stripe_webhook_endpoint.hook")
    ended = engine("drift", *(f"--accept={address}" for address in accepted))
    assert (ended.code, ended.err) == (0, "")
    text = module.read_text(encoding="utf-8")
    expected = PORTAL.replace('        "price.created",\n', "")
    expected = expected.replace(
        '"product.created",\n', '"product.created",\n        "coupon.created",\n'
    )
    expected = expected.replace(
        '"prices": [month.id]},  # the only one\n            ],\n',
        f"""\
"prices": [month.id, year.id]}},  # the only one
                {{"product": "other", "prices": ["{foreign["id"]}"]}},
            ],  # stripe_product.other of stack more
""",
    )
    assert text == expected
    assert is_settled(engine)


UNDONE = {
    "another change": (
        'Product("b", id="b", name="Changed" if TEXT.count("Only") > 1 else "B")',
        "with it, a plan of shop would update stripe_product.b",
    ),
    "a module that fails": (
        'assert TEXT.count("Only") < 2',
        "with it, the stacks have problems",
    ),
    "a refused stack": (
        'Product("b", id="b" if TEXT.count("Only") > 1 else "c", name="B")',
        "with it, a plan of shop would replace stripe_product.b",
    ),
}


@pytest.mark.parametrize("case", UNDONE)
def test_an_edit_with_another_effect_is_undone(
    engine: Engine, root: Path, write: Write, module: Path, case: str
) -> None:
    """The module is as it was, and so is the state."""
    line, why = UNDONE[case]
    head = "from pathlib import Path\n\nfrom engine.stripe import Product\n\n"
    head += "TEXT = Path(__file__).read_text()\n"
    text = f'{head}pro = Product("pro", id="pro", name="Pro", description="Pro")\n{line}\n'
    write("shop", text)
    assert engine("apply", "--yes").code == 0
    state = (root / "state" / "local" / "shop.json").read_bytes()
    Dashboard(root)("POST", "/v1/products/pro", description="Only")
    ended = engine("drift", "--accept", "stripe_product.pro")
    assert ended.code == 1
    assert f"the edit was undone: {why}" in ended.err
    assert module.read_text(encoding="utf-8") == text
    assert (root / "state" / "local" / "shop.json").read_bytes() == state


def test_a_module_that_changed_meanwhile_is_left_alone(
    engine: Engine, root: Path, write: Write, module: Path
) -> None:
    """Who changed it knows better; here it is the module itself."""
    text = """\
    from pathlib import Path
    from engine.stripe import Product

    own = Path(__file__)
    own.write_text(own.read_text() + "#")
    Product("pro", id="pro", name="Pro")
    """
    write("shop", text)
    assert engine("apply", "--yes").code == 0
    Dashboard(root)("POST", "/v1/products/pro", name="Professional")
    ended = engine("drift", "--accept", "stripe_product.pro")
    assert ended.code == 1
    assert "was changed while its stack was planned" in ended.err
    assert 'name="Pro")' in module.read_text(encoding="utf-8")
    assert module.read_text(encoding="utf-8").endswith("#")


def test_an_output_follows_with_the_next_apply(engine: Engine, root: Path, write: Write) -> None:
    """Other stacks read it: that is what an apply is for."""
    write(
        "shop",
        """\
        from engine import output
        from engine.stripe import Product

        pro = Product("pro", id="pro", name="Pro")
        output("name", pro.name)
        """,
    )
    assert engine("apply", "--yes").code == 0
    Dashboard(root)("POST", "/v1/products/pro", name="Professional")
    assert engine("drift", "--accept", "stripe_product.pro").code == 0
    assert engine("drift").code == 0
    assert engine("apply", "--yes").code == 0
    assert engine("plan", "--detailed-exitcode").code == 0


def test_without_libcst_it_says_what_to_install(root: Path, write: Write) -> None:
    """And `engine drift` works without it."""
    write("shop", "from engine.stripe import Product\n")
    code = (
        "import sys; sys.modules['libcst'] = None\n"
        "from engine.cli.main import run\n"
        "sys.exit(run(sys.argv[1:]))"
    )

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", code, "-C", str(root), *words]
        return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603

    assert run("drift").returncode == 0
    ended = run("drift", "--accept", "stripe_product.pro")
    assert ended.returncode == 1
    assert "pip install 'stripe-stack-engine[edit]'" in ended.stderr
