"""The example stack split into three by code alone, and a change that follows through them."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.stack.loader import load_stack
from engine.variables import Variables
from tests.support.project import Project

EXAMPLE = Path(__file__).parents[2] / "stacks" / "saas.py"
PARTS = {"catalogue": "launch = Coupon(", "discounts": "TaxRate(", "portal": ""}
READ = """
from engine import stack_output
price_ids = stack_output("catalogue", "price_ids")
product_ids = stack_output("catalogue", "product_ids")
"""


def modules(text: str) -> dict[str, str]:
    """The example in three modules, which read each other's outputs."""
    head, _, rest = text.partition("products: dict")
    rest = "products: dict" + rest
    bodies: dict[str, str] = {}
    for name, end in PARTS.items():
        body, _, left = rest.partition(end) if end else (rest, "", "")
        bodies[name], rest = body, end + left
    outputs = bodies["portal"].index('output(\n    "price_ids"')
    tail = bodies["portal"][outputs:]
    prices, _, secret = tail.partition('output("webhook_secret"')
    bodies["portal"] = bodies["portal"][:outputs] + 'output("webhook_secret"' + secret
    bodies["catalogue"] += prices + "output('product_ids', {n: p.id for n, p in products.items()})"
    bodies["discounts"] = READ + bodies["discounts"].replace(
        "[product.id for product in products.values()]", "[product_ids[n] for n in PLANS]"
    )
    bodies["portal"] = READ + bodies["portal"].replace("products[plan].id", "product_ids[plan]")
    bodies["portal"] = bodies["portal"].replace(
        "[price.id for price in prices[plan]]",
        '[price_ids[plan]["month"], price_ids[plan]["year"]]',
    )
    return {name: head + body for name, body in bodies.items()}


@pytest.mark.parametrize("module", ["kept", "gone"])
def test_a_stack_in_three(project: Project, module: str) -> None:
    """A plan without a write; then a price change reaches the portal before the old price ends."""
    text = EXAMPLE.read_text(encoding="utf-8")
    project.write(text, "saas")
    project.apply()
    addresses = list(project.state("saas").resources)
    secret = project.context().sink.load("saas", "output.webhook_secret")
    parts = modules(text)
    for name, part in parts.items():
        # Each takes what it declares; a line for what it does not declare would be a finding.
        lines = [
            f'moved("saas:{address}", "{address}")\n'
            for address in addresses
            if address in declared(project, part, name)
        ]
        project.write(f"{part}\nfrom engine import moved\n{''.join(lines)}", name)
    project.write("", "saas")
    if module == "gone":
        (project.root / "stacks" / "saas.py").unlink()
    project.writes()
    report = project.apply()
    assert report.writes == 0
    assert project.writes() == []
    assert module == "kept" or not (project.root / "state" / "local" / "saas.json").exists()
    held = {address for name in parts for address in project.state(name).resources}
    assert held == set(addresses)
    assert project.context().sink.load("portal", "output.webhook_secret") == secret
    assert not project.report().has_changes
    assert not project.report(refresh=False).has_changes

    path = project.root / "stacks" / "catalogue.py"
    path.write_text(path.read_text().replace("Plan(2900", "Plan(3100"))
    project.apply()
    paths = [path for _, path, _ in project.writes()]
    kinds = [path.split("/")[2] for path in paths]
    assert "billing_portal" in kinds
    archived = [number for number, path in enumerate(paths) if path.startswith("/v1/prices/")]
    assert min(archived) > kinds.index("billing_portal")
    assert not project.report().has_changes


def declared(project: Project, part: str, name: str) -> set[str]:
    """Addresses that a module declares."""
    project.write(part, name)
    stack = load_stack(
        project.root / "stacks" / f"{name}.py",
        root=project.root,
        environment="local",
        variables=Variables(given={}),
    )
    return set(stack.declarations)
