"""Stacks with mistakes in them: what a person is told, word for word, and that nobody is called."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from engine.bootstrap.project import open_project
from engine.errors import StackError, UsageError
from engine.operations.apply import apply_stacks
from engine.operations.plan import plan_stacks
from engine.operations.run.context import Context
from engine.operations.validate import validate_stacks
from engine.plan.inputs.options import PlanOptions
from engine.ports.provider import Provider
from engine.variables import variables_of
from tests.support.surroundings import clear

UNKNOWN_PARAMETER = """
    from engine.stripe import Product

    Product(
        "pro",
        name="Pro",
        descripton="For teams",
    )
"""
MISSING_PARAMETER = """
    from engine.stripe import TaxRate

    TaxRate(
        "vat",
        display_name="VAT",
        inclusive=False,
    )
"""
MISSING_NESTED_PARAMETER = """
    from engine.stripe import Price, Product

    pro = Product("pro", name="Pro")
    Price(
        "monthly",
        product=pro,
        currency="usd",
        unit_amount=2900,
        recurring={"interval_count": 3},
    )
"""
WRONG_ENUM = """
    from engine.stripe import Price, Product

    pro = Product("pro", name="Pro")
    Price(
        "monthly",
        product=pro,
        currency="usd",
        unit_amount=2900,
        recurring={
            "interval_count": 1,
            "interval": "monthly",
        },
    )
"""
WRONG_TYPE = """
    from engine.stripe import Price, Product

    pro = Product("pro", name="Pro")
    Price(
        "monthly",
        product=pro,
        currency="usd",
        unit_amount=29.0,
    )
"""
DUPLICATE_NAME = """
    from engine.stripe import Product

    Product("pro", name="Pro")
    Product(
        "pro",
        name="Professional",
    )
"""
DANGLING_REFERENCE = """
    from engine.stripe import Price, Product

    Product("pro", name="Pro")
    Price(
        "monthly",
        currency="usd",
        unit_amount=2900,
        product="${stripe_product.por.id}",
    )
"""
CYCLE = """
    from engine import Lifecycle
    from engine.stripe import Product

    Product("a", name="A", description="after ${stripe_product.c.name}")
    Product("b", name="B", lifecycle=Lifecycle(depends_on=["stripe_product.a"]))
    Product("c", name="C", description="after ${stripe_product.b.name}")
"""
SYNTAX_ERROR = """
    from engine.stripe import Product

    Product("pro", name="Pro"
    Product("team", name="Team")
"""
EXCEPTION = """
    from engine.stripe import Product

    PLANS = {"pro": "Pro"}
    Product("pro", name=PLANS["pro"])
    Product("team", name=PLANS["team"])
"""
BAD_NAME = """
    from engine.stripe import Product

    Product(
        "Pro Plan",
        name="Pro",
    )
"""
NO_NAME = """
    from engine.stripe import Product

    Product(name="Pro")
"""
PORTAL = """
    from engine.stripe import PortalConfiguration

    PortalConfiguration(
        "portal",
        features={
            "invoice_history": {"enabled": True},
            "subscription_update": {
                "enabled": True,
                "default_allowed_updates": ["price"],
            },
        },
    )
"""
PORTAL_UPDATE_OFF = """
    from engine.stripe import PortalConfiguration, Price, Product

    pro = Product("pro", name="Pro")
    terms = {"currency": "usd", "unit_amount": 1, "recurring": {"interval": "month"}}
    month = Price("month", product=pro, **terms)
    PortalConfiguration(
        "portal",
        features={
            "payment_method_update": {
                "enabled": False,
            },
            "subscription_update": {
                "enabled": True,
                "default_allowed_updates": ["price"],
                "products": [{"product": pro, "prices": [month]}],
            },
        },
    )
"""
MISSPELT_IMPORT = """
    from engine.stripe import Product, Prise
"""
MISSPELT_WORD = """
    from engine import Lifecycle, ouput
"""
ONE_TIME_OBJECT = """
    from engine.stripe import Charge
"""
MISSPELT_NEIGHBOUR = """
    from engine.stripe import Product
    from _plan import plan
"""
WRAPPED_CALL = """
    from engine.stripe import Product

    products = []
    products.append(Product(
        "pro",
        name="Pro",
        unit_lable="seat",
    ))
"""
MISSPELT_REQUIRED = """
    from engine.stripe import Price

    Price(
        "monthly",
        currency="usd",
        unit_amout=2900,
        product_data={"nmae": "Pro"},
    )
"""
WRONG_REFERENCE = """
    from engine.stripe import Price, Product

    pro = Product("pro", name="Pro")
    month = Price("month", product=pro, currency="usd", unit_amount=1)
    Price(
        "year",
        currency="usd",
        product=month.id,
        unit_amount=10,
    )
"""
NO_ATTRIBUTE = """
    from engine import output
    from engine.stripe import Product

    pro = Product("pro", name="Pro")
    output(
        "pro",
        {"id": pro.id, "nmae": pro.nmae},
    )
"""
TORN_REFERENCE = """
    from engine.stripe import Product

    pro = Product("pro", name="Pro")
    Product("upper", name=pro.id.upper())
"""
CUT_REFERENCE = """
    from engine.stripe import Product

    pro = Product("pro", name="Pro")
    Product("cut", name=f"{pro.id:.8}")
"""
PRICE_TAG = """
    from engine.stripe import Price, Product

    month = Price("month", product_data={"name": "P"}, currency="usd", unit_amount=100)
    Product(
        "tag",
        name="Tag",
        description=f"Pay ${month.unit_amount} a month",
    )
"""
WHOLE_RESOURCE_IN_TEXT = """
    from engine.stripe import Product

    pro = Product("pro-plan", name="Pro")
    Product("tag", name=f"like {pro}")
"""

NOT_CHECKED = "the module stopped here, so nothing after this line was checked"
PORTAL_ADDRESS = "stripe_billing_portal_configuration.portal"

CASES: dict[str, tuple[str, list[str]]] = {
    "unknown parameter": (
        UNKNOWN_PARAMETER,
        [
            "stacks/shop.py:6: stripe_product.pro: unknown parameter descripton",
            "    did you mean 'description'?",
        ],
    ),
    "missing required parameter": (
        MISSING_PARAMETER,
        [
            "stacks/shop.py:3: stripe_tax_rate.vat: missing required parameter percentage",
            "    add percentage=12.5",
        ],
    ),
    "missing nested parameter": (
        MISSING_NESTED_PARAMETER,
        [
            "stacks/shop.py:9: stripe_price.monthly: missing required parameter recurring.interval",
            '    add "interval": "day"',
        ],
    ),
    "wrong enum value": (
        WRONG_ENUM,
        [
            "stacks/shop.py:11: stripe_price.monthly: recurring.interval cannot be 'monthly'",
            "    did you mean 'month'? must be one of day, month, week, year",
        ],
    ),
    "wrong type": (
        WRONG_TYPE,
        [
            (
                "stacks/shop.py:8: stripe_price.monthly: unit_amount takes a whole number, "
                "not float 29.0"
            ),
            "    amounts are whole numbers of minor units: 2900 is $29.00",
        ],
    ),
    "duplicate name": (
        DUPLICATE_NAME,
        [
            (
                "stacks/shop.py:4: stripe_product.pro is declared twice; "
                "the first is at stacks/shop.py:3"
            ),
            "    give one of them another name",
        ],
    ),
    "dangling reference": (
        DANGLING_REFERENCE,
        [
            "stacks/shop.py:8: stripe_price.monthly: product: stripe_product.por is not declared",
            "    did you mean stripe_product.pro?",
        ],
    ),
    "reference cycle": (
        CYCLE,
        [
            (
                "stacks/shop.py:4: references form a cycle: stripe_product.a -> "
                "stripe_product.c -> stripe_product.b -> stripe_product.a"
            ),
            (
                "    none of them can be created first; break the chain at one of: "
                "stripe_product.a at stacks/shop.py:4, stripe_product.c at stacks/shop.py:6, "
                "stripe_product.b at stacks/shop.py:5"
            ),
        ],
    ),
    "syntax error": (
        SYNTAX_ERROR,
        [
            'stacks/shop.py:3: syntax error: \'(\' was never closed: Product("pro", name="Pro"',
            "    Python cannot read the module, so nothing after this was checked",
        ],
    ),
    "exception in the module": (
        EXCEPTION,
        ["stacks/shop.py:5: KeyError: 'team'", f"    {NOT_CHECKED}"],
    ),
    "bad name": (
        BAD_NAME,
        [
            "stacks/shop.py:3: 'Pro Plan' cannot name a resource",
            "    names match [a-z0-9][a-z0-9_-]*; 'pro-plan' would do",
        ],
    ),
    "no name": (
        NO_NAME,
        [
            (
                "stacks/shop.py:3: Product takes one argument without a keyword, its logical name; "
                "it is missing"
            ),
            '    write Product("a-name", ...)',
        ],
    ),
    "portal that updates subscriptions without products": (
        PORTAL,
        [
            (
                f"stacks/shop.py:5: {PORTAL_ADDRESS}: "
                "Cannot enable subscription updates while payment method update is disabled."
            ),
            '    add "payment_method_update": {"enabled": True} to features',
            (
                f"stacks/shop.py:7: {PORTAL_ADDRESS}: "
                "Missing required param: features[subscription_update][products]"
            ),
            '    add "products": [{"product": pro.id, "prices": [monthly.id]}]',
        ],
    ),
    "portal that updates subscriptions without payment methods": (
        PORTAL_UPDATE_OFF,
        [
            (
                f"stacks/shop.py:10: {PORTAL_ADDRESS}: "
                "Cannot enable subscription updates while payment method update is disabled."
            ),
            '    add "payment_method_update": {"enabled": True} to features',
        ],
    ),
    "misspelt class": (
        MISSPELT_IMPORT,
        ["stacks/shop.py:1: there is no 'Prise' in engine.stripe", "    did you mean 'Price'?"],
    ),
    "misspelt word of the engine": (
        MISSPELT_WORD,
        ["stacks/shop.py:1: there is no 'ouput' in engine", "    did you mean 'output'?"],
    ),
    "class that cannot be": (
        ONE_TIME_OBJECT,
        [
            "stacks/shop.py:1: there is no 'Charge' in engine.stripe",
            (
                "    Charge cannot be declared: it moves money once, and an apply that is repeated "
                "must not"
            ),
        ],
    ),
    "misspelt neighbour": (
        MISSPELT_NEIGHBOUR,
        [
            "stacks/shop.py:2: ModuleNotFoundError: No module named '_plan'",
            "    did you mean '_plans'?",
        ],
    ),
    "declaration inside another call": (
        WRAPPED_CALL,
        [
            "stacks/shop.py:7: stripe_product.pro: unknown parameter unit_lable",
            "    did you mean 'unit_label'?",
        ],
    ),
    "misspelt required parameters": (
        MISSPELT_REQUIRED,
        [
            "stacks/shop.py:6: stripe_price.monthly: unknown parameter unit_amout",
            "    did you mean 'unit_amount'?",
            "stacks/shop.py:7: stripe_price.monthly: unknown parameter product_data.nmae",
            "    did you mean 'name'?",
        ],
    ),
    "reference to another type": (
        WRONG_REFERENCE,
        [
            (
                "stacks/shop.py:8: stripe_price.year: product takes the id of a product, not of a "
                "price (stripe_price.month)"
            ),
        ],
    ),
    "attribute that does not exist": (
        NO_ATTRIBUTE,
        [
            (
                "stacks/shop.py:5: output 'pro': value.nmae: stripe_product.pro has no attribute "
                "'nmae'"
            ),
            "    did you mean 'name'?",
        ],
    ),
    "reference that is changed": (
        TORN_REFERENCE,
        [
            (
                "stacks/shop.py:4: TypeError: the value of ${stripe_product.pro.id} is known only "
                "after apply, so .upper() cannot be used on it; put it into an "
                "f-string as it is"
            ),
            f"    {NOT_CHECKED}",
        ],
    ),
    "reference that is cut": (
        CUT_REFERENCE,
        [
            (
                "stacks/shop.py:4: TypeError: the value of ${stripe_product.pro.id} is known only "
                "after apply, so it cannot be formatted with '.8'; put it into the "
                "f-string as it is"
            ),
            f"    {NOT_CHECKED}",
        ],
    ),
    "dollar before a reference": (
        PRICE_TAG,
        [
            (
                "stacks/shop.py:7: stripe_product.tag: description: "
                "'$${stripe_price.month.unit_amount}' is no reference"
            ),
            (
                "    a reference is ${TYPE.NAME.ATTRIBUTE}, in a value and not in a key, with no $ "
                "before it; $${ means a plain ${"
            ),
        ],
    ),
    "resource inside a text": (
        WHOLE_RESOURCE_IN_TEXT,
        [
            (
                "stacks/shop.py:4: TypeError: stripe_product.pro-plan was put into text as a "
                'whole; name the attribute you mean, such as f"{pro_plan.id}"'
            ),
            f"    {NOT_CHECKED}",
        ],
    ),
}


def _nobody() -> Provider:
    raise AssertionError("a check of stacks asked for a connection")


class Shop:
    """A project folder that nobody may connect from."""

    def __init__(self, root: Path) -> None:
        """Args: root: the folder."""
        self.root = root

    def write(self, text: str, name: str = "shop") -> None:
        """Write a module into the stacks folder."""
        folder = self.root / "stacks"
        folder.mkdir(exist_ok=True)
        body = textwrap.dedent(text).lstrip("\n")
        (folder / f"{name}.py").write_text(body, encoding="utf-8")

    def context(self, environment: str | None = None, **variables: str) -> Context:
        """The wired ports, without a way to Stripe."""
        given = variables_of({}, list(variables.items()))
        opened = open_project(self.root, environment=environment, variables=given)
        return dataclasses.replace(opened, connect=_nobody)

    def problems(self, *names: str) -> list[str]:
        """The lines a person reads when the stacks are checked."""
        with pytest.raises(StackError) as raised:
            validate_stacks(self.context(), names)
        assert raised.value.exit_code == 1
        return "\n".join(str(problem) for problem in raised.value.problems).splitlines()


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A project in an environment without keys."""
    clear(monkeypatch)
    return Shop(tmp_path)


@pytest.mark.parametrize("case", CASES)
def test_one_mistake_is_one_clear_finding(shop: Shop, case: str) -> None:
    """File, line, the thing, the cause and the next step; nothing else, and nobody is called."""
    text, expected = CASES[case]
    shop.write("def plan(): ...", "_plans")
    shop.write(text)
    assert shop.problems() == expected


@pytest.mark.parametrize("use", [plan_stacks, apply_stacks])
def test_no_use_case_goes_past_a_mistake(shop: Shop, use: Any) -> None:
    """A plan and an apply refuse with the findings, before any lock, state or connection."""
    shop.write(UNKNOWN_PARAMETER)
    more = (lambda _: True,) if use is apply_stacks else ()
    with pytest.raises(StackError, match="1 problem in the stacks"):
        use(shop.context(), (), PlanOptions(), *more)
    assert sorted(path.name for path in shop.root.iterdir()) == ["stacks"]


def test_a_mistake_in_a_helper_names_both_places(shop: Shop) -> None:
    """The helper's file and line, and the stack's line that led there."""
    shop.write(
        """
        from engine.stripe import Price, Product


        def plan(name):
            product = Product(name, name=name)
            return Price(
                f"{name}-monthly",
                product=product,
                currency="usd",
                unit_amount=100,
                recurring={
                    "interval": "month",
                    "usage": "licensed",
                },
            )
        """,
        "_shared",
    )
    shop.write(
        """
        from _shared import plan

        plan("pro")
        plan(
            "team",
        )
        """
    )
    assert shop.problems() == [
        (
            "stacks/_shared.py:13: stripe_price.pro-monthly: unknown parameter recurring.usage "
            "(from stacks/shop.py:3)"
        ),
        "    did you mean 'usage_type'?",
        (
            "stacks/_shared.py:13: stripe_price.team-monthly: unknown parameter recurring.usage "
            "(from stacks/shop.py:4)"
        ),
        "    did you mean 'usage_type'?",
    ]


def test_an_exception_in_a_helper_names_both_places(shop: Shop) -> None:
    """The line that raised, and the stack's line that led there."""
    shop.write("def plan(name):\n    return {}[name]\n", "_shared")
    shop.write("from _shared import plan\n\nplan('pro')\n")
    assert shop.problems() == [
        "stacks/_shared.py:2: KeyError: 'pro' (from stacks/shop.py:3)",
        f"    {NOT_CHECKED}",
    ]


def test_a_syntax_error_in_a_helper_names_both_places(shop: Shop) -> None:
    """The helper's line that cannot be read, and the stack's import of it."""
    shop.write("x = (\n", "_shared")
    shop.write("import os\nimport _shared\n")
    assert shop.problems() == [
        "stacks/_shared.py:1: syntax error: '(' was never closed: x = ( (from stacks/shop.py:2)",
        "    Python cannot read the module, so nothing after this was checked",
    ]


def test_all_problems_come_at_once_in_file_and_line_order(shop: Shop) -> None:
    """Several mistakes in several stacks are one list, ordered by file and line number."""
    shop.write(SYNTAX_ERROR, "b-broken")
    shop.write(
        """
        from engine.stripe import Product

        Product("z", name="Z", colour="red")
        Product("Y", name="Y")
        Product("x", name=7)
        """
        + "\n" * 4
        + """
        Product("w", unit_label="seat")
        """,
        "a-many",
    )
    shop.write(UNKNOWN_PARAMETER, "c-one")
    places = [line.split(": ")[0] for line in shop.problems() if not line.startswith(" ")]
    assert places == [
        "stacks/a-many.py:3",
        "stacks/a-many.py:4",
        "stacks/a-many.py:5",
        "stacks/a-many.py:11",
        "stacks/b-broken.py:3",
        "stacks/c-one.py:6",
    ]


def test_findings_of_one_stack_do_not_hide_behind_another(shop: Shop) -> None:
    """Asking for one stack checks that one alone."""
    shop.write(SYNTAX_ERROR, "broken")
    shop.write("from engine.stripe import Product\nProduct('pro', name='Pro')\n", "fine")
    (stack,) = validate_stacks(shop.context(), ("fine",))
    assert list(stack.declarations) == ["stripe_product.pro"]


def test_what_was_declared_before_an_exception_is_checked(shop: Shop) -> None:
    """A module that stops half-way still gets its findings up to there."""
    shop.write(
        """
        from engine.stripe import Product

        Product("pro", name="Pro", colour="red")
        raise ValueError("no plans today")
        """
    )
    assert [line for line in shop.problems() if not line.startswith(" ")] == [
        "stacks/shop.py:3: stripe_product.pro: unknown parameter colour",
        "stacks/shop.py:4: ValueError: no plans today",
    ]


def test_outputs_between_stacks_are_checked(shop: Shop) -> None:
    """An unknown stack and an unknown output get the nearest name, with file and line."""
    shop.write(
        """
        from engine import output
        from engine.stripe import Product

        output("pro_id", Product("pro", name="Pro").id)
        """,
        "catalogue",
    )
    shop.write(
        """
        from engine import stack_output
        from engine.stripe import Price

        Price(
            "month",
            currency="usd",
            unit_amount=100,
            product=stack_output("catalogue", "pro-id"),
            nickname=stack_output("catalog", "pro_id"),
        )
        """
    )
    assert shop.problems() == [
        "stacks/shop.py:8: stripe_price.month: product: stack 'catalogue' has no output 'pro-id'",
        "    did you mean 'pro_id'?",
        "stacks/shop.py:9: stack_output names the stack 'catalog', which does not exist",
        "    did you mean 'catalogue'?",
    ]


def test_stacks_that_read_each_other_are_a_cycle(shop: Shop) -> None:
    """The chain is named, with a place to break it."""
    for name, other in (("east", "west"), ("west", "east")):
        shop.write(
            f"""
            from engine import output, stack_output

            output("x", stack_output("{other}", "x"))
            """,
            name,
        )
    assert shop.problems() == [
        "stacks/east.py:3: stacks read each other's outputs: east -> west -> east",
        "    none of them can be applied first; move what they share into a stack of its own",
    ]


def test_a_secret_with_a_mistake_is_not_shown(shop: Shop) -> None:
    """A finding about a sensitive value tells where it is and not what it is."""
    shop.write(
        """
        from engine import Sensitive
        from engine.stripe import Product

        Product("pro", name=Sensitive("  hunter2 "), description=Sensitive("hunter2 ${hunter2"))
        """
    )
    lines = shop.problems()
    assert lines[0] == (
        "stacks/shop.py:4: stripe_product.pro: description: '(sensitive)' is no reference"
    )
    assert lines[2] == (
        "stacks/shop.py:4: stripe_product.pro: name is not what Stripe takes; "
        "its value is not shown"
    )
    assert "hunter2" not in "\n".join(lines)


def test_a_folder_without_stacks_says_what_to_do(shop: Shop) -> None:
    """An empty project is a usage error with the two ways on."""
    with pytest.raises(UsageError, match="run engine init here, or engine -C DIR"):
        validate_stacks(shop.context(), ())


def test_a_stack_that_does_not_exist_gets_the_nearest_name(shop: Shop) -> None:
    """A typo on the command line is met with the name that was meant."""
    shop.write(UNKNOWN_PARAMETER, "catalogue")
    with pytest.raises(UsageError, match="did you mean 'catalogue'"):
        validate_stacks(shop.context(), ("catalog",))


def test_the_command_line_tells_the_same(shop: Shop) -> None:
    """`engine validate` exits 1 with the findings on stderr and nothing on stdout."""
    shop.write(PORTAL)
    shop.write(WRONG_TYPE, "other")
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("STRIPE_", "ENGINE_"))
    }
    # An address where nobody answers: a call would fail with another message.
    environment |= {"STRIPE_API_BASE": "http://127.0.0.1:9", "NO_COLOR": "1"}
    ended = subprocess.run(  # noqa: S603 - this very interpreter
        [sys.executable, "-m", "engine", "-C", str(shop.root), "validate"],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.splitlines() == [
        "Error: 3 problems in the stacks",
        "",
        *[line.replace("shop.py", "other.py") for line in CASES["wrong type"][1]],
        *CASES["portal that updates subscriptions without products"][1],
    ]
