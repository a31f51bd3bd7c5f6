"""References that nothing can follow."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.catalog import loader
from engine.stack.checks.rules import CheckContext
from engine.stack.checks.stack import problems_of
from engine.stack.loader import load_stack
from engine.variables import Variables

MODULE = """
from engine import Sensitive, output
from engine.stripe import AppsSecret, Product, TerminalConfiguration

pro = Product(
    "pro", name="Pro", description=Sensitive("hush"), images=["https://a.example/1"],
    metadata={{"k": Sensitive("hush"), "o": "plain"}},
    marketing_features=[{{"name": Sensitive("hush")}}],
)
desk = TerminalConfiguration(
    "desk",
    wifi={{"type": "personal_psk", "personal_psk": {{"ssid": "net", "password": "secret12"}}}},
)
output("o", "${{{reference}}}")
"""


@pytest.mark.parametrize(
    ("reference", "secret"),
    [
        ("stripe_product.pro.id", False),
        ("stripe_product.pro.name", False),
        ("stripe_product.pro.url", False),
        ("stripe_product.pro.images", False),
        ("stripe_product.pro.metadata.o", False),
        ("stripe_terminal_configuration.desk.wifi.personal_psk.ssid", False),
        ("stripe_product.pro.description", True),
        ("stripe_product.pro.description.more", True),
        ("stripe_product.pro.metadata.k", True),
        ("stripe_product.pro.metadata", True),
        ("stripe_product.pro.marketing_features", True),
        ("stripe_terminal_configuration.desk.wifi", True),
        ("stripe_terminal_configuration.desk.wifi.personal_psk.password", True),
    ],
)
def test_a_secret_that_the_code_declares_is_not_referred_to(
    reference: str, *, secret: bool, tmp_path: Path
) -> None:
    """State keeps a fingerprint of it, from which no later run could tell the value."""
    path = tmp_path / "stacks" / "shop.py"
    path.parent.mkdir()
    path.write_text(MODULE.format(reference=reference), encoding="utf-8")
    stack = load_stack(path, root=tmp_path, environment="local", variables=Variables())
    problems = problems_of(stack, loader.schemas(), tmp_path, CheckContext(now=1_790_000_000))
    told = [problem.message for problem in problems]
    wanted = f"{reference} is a secret that the code declares, and state keeps no secret"
    assert told == ([f"output 'o': value: {wanted}"] if secret else [])
