"""A platform with many connected accounts, and a project whose fleet they are."""

from __future__ import annotations

import textwrap
from pathlib import Path

from engine.emulator.core import Emulator

KEY = "sk_test_platform"
PRODUCTS, PRICES = 5, 15
OBJECTS = PRODUCTS + PRICES
"""How many objects each account of the fleet is to have."""

_STACK = f'''
    """Five products and their prices."""

    from engine import fleet_variable
    from engine.stripe import Price, Product

    for number in range({PRODUCTS}):
        product = Product(f"p{{number}}", name=f"Product {{number}}")
        for cents in range({PRICES // PRODUCTS}):
            Price(
                f"p{{number}}-{{cents}}",
                product=product,
                currency=fleet_variable("currency"),
                unit_amount=1000 + cents,
                lookup_key=f"p{{number}}_{{cents}}",
            )
'''
_SETTINGS = """
    [tool.engine.environments.test]
    api-base = "{url}"
    api-key = "env:PLATFORM_KEY"
    {more}

    [tool.engine.fleets.shops]
    environment = "test"
    accounts = "connected"
    filter = "metadata.tier = pro"
    variables = {{ currency = "default_currency" }}
"""


def connect_accounts(emulator: Emulator, count: int) -> list[str]:
    """Connect so many accounts to the platform of `KEY`, all of them of the fleet.

    Returns:
        Their ids.
    """
    accounts = [
        {"metadata": {"tier": "pro"}, "country": country, "default_currency": currency}
        for _, (country, currency) in zip(
            range(count), (("US", "usd"), ("DE", "eur")) * count, strict=False
        )
    ]
    return emulator.seed_many("account", accounts, key=KEY)


def write_fleet(root: Path, url: str, more: str = "") -> None:
    """Write a project whose fleet `shops` is the accounts that are connected at a server.

    Args:
        root: Where.
        url: Of the server.
        more: Lines of the environment's table.
    """
    (root / "stacks").mkdir(parents=True)
    (root / "stacks" / "shop.py").write_text(textwrap.dedent(_STACK), encoding="utf-8")
    settings = textwrap.dedent(_SETTINGS).format(url=url, more=more)
    (root / "pyproject.toml").write_text(settings, encoding="utf-8")
