"""Whole modules as people would read them, and what linters and type checkers say of them.

`golden/` has the text of each. To see what a change does to them, run with ENGINE_UPDATE=1 and read
the difference.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.catalog import loader
from engine.source.model import WrittenModule, WrittenResource
from engine.source.writer import module_text
from tests.support.written import ROOT, assert_says, evaluated, module, resource, ruff

GOLDEN = Path(__file__).parent / "golden"
SCHEMAS = loader.schemas()
SITE = "https://acme.example"
PLANS = {"starter": (900, 9000), "pro": (2900, 29000), "business": (9900, 99000)}
REMARK = "Stripe returns its signing secret once, when it is made, so that it is not known here."


def _price(plan: str, interval: str, amount: int) -> WrittenResource:
    return resource(
        f"stripe_price.{plan}-{interval}ly",
        currency="usd",
        lookup_key=f"{plan}_{interval}ly",
        product=f"${{stripe_product.{plan}.id}}",
        recurring={"interval": interval},
        tax_behavior="exclusive",
        unit_amount=amount,
    )


def _plan(plan: str, month: int, year: int) -> list[WrittenResource]:
    return [
        resource(
            f"stripe_product.{plan}",
            default_price=f"${{stripe_price.{plan}-monthly.id}}",
            description=f"Everything a {plan} needs.",
            metadata={"plan": plan},
            name=plan.title(),
            tax_code="txcd_10103001",
            url=f"{SITE}/plans/{plan}",
        ),
        _price(plan, "month", month),
        _price(plan, "year", year),
        resource(
            f"stripe_product_feature.{plan}-api",
            entitlement_feature="${stripe_entitlements_feature.api.id}",
            product=f"${{stripe_product.{plan}.id}}",
        ),
    ]


def _code(partner: str) -> WrittenResource:
    return resource(
        f"stripe_promotion_code.launch-{partner}",
        code=f"LAUNCH-{partner.upper()}",
        max_redemptions=500,
        metadata={"partner": partner},
        promotion={"coupon": "${stripe_coupon.launch.id}", "type": "coupon"},
    )


def _rate(country: str, percentage: float) -> WrittenResource:
    return resource(
        f"stripe_tax_rate.vat-{country}",
        country=country.upper(),
        display_name="VAT",
        inclusive=False,
        jurisdiction=country.upper(),
        percentage=percentage,
        tax_type="vat",
    )


def _portal(offered: list[dict[str, Any]]) -> WrittenResource:
    return resource(
        "stripe_billing_portal_configuration.default",
        business_profile={
            "headline": "Your Acme subscription",
            "privacy_policy_url": f"{SITE}/privacy",
            "terms_of_service_url": f"{SITE}/terms",
        },
        default_return_url=f"{SITE}/account",
        features={
            "customer_update": {"allowed_updates": ["email", "tax_id"], "enabled": True},
            "invoice_history": {"enabled": True},
            "payment_method_update": {"enabled": True},
            "subscription_update": {
                "default_allowed_updates": ["price"],
                "enabled": True,
                "products": offered,
                "proration_behavior": "create_prorations",
            },
        },
    )


def _saas() -> WrittenModule:
    offered = [
        {
            "prices": [
                f"${{stripe_price.{plan}-{interval}ly.id}}" for interval in ("month", "year")
            ],
            "product": f"${{stripe_product.{plan}.id}}",
        }
        for plan in PLANS
    ]
    hook = WrittenResource(
        address=resource("stripe_webhook_endpoint.billing").address,
        arguments={
            "description": "For the billing service",
            "enabled_events": ["invoice.paid", "invoice.payment_failed"],
            "url": f"{SITE}/webhooks/stripe",
        },
        lifecycle={"protect": True},
        remarks=(REMARK,),
    )
    return module(
        *(one for plan, amounts in PLANS.items() for one in _plan(plan, *amounts)),
        resource("stripe_entitlements_feature.api", lookup_key="api", name="API access"),
        resource("stripe_entitlements_feature.sso", lookup_key="sso", name="Single sign-on"),
        resource(
            "stripe_product_feature.business-sso",
            entitlement_feature="${stripe_entitlements_feature.sso.id}",
            product="${stripe_product.business.id}",
        ),
        resource("stripe_product.onboarding", name="Onboarding workshop"),
        resource(
            "stripe_price.onboarding",
            currency="usd",
            product="${stripe_product.onboarding.id}",
            unit_amount=49900,
        ),
        resource(
            "stripe_coupon.launch",
            applies_to={"products": ["${stripe_product.pro.id}"]},
            duration="repeating",
            duration_in_months=3,
            id="LAUNCH25",
            name="Launch offer",
            percent_off=25.0,
            redeem_by=1_800_000_000,
        ),
        _code("northwind"),
        _code("contoso"),
        *(_rate(*one) for one in (("de", 19.0), ("fr", 20.0), ("fi", 25.5), ("es", 21.0))),
        _portal(offered),
        hook,
        portal="${stripe_billing_portal_configuration.default.id}",
        prices={plan: f"${{stripe_price.{plan}-monthly.id}}" for plan in PLANS},
    )


def _portal_alone() -> WrittenModule:
    offered = [
        {
            "prices": [f"${{output.catalog.prices.{plan}}}"],
            "product": f'${{output.catalog.products["{plan} plan"]}}',
        }
        for plan in PLANS
    ]
    return module(
        _portal(offered), url="${stripe_billing_portal_configuration.default.login_page.url}"
    )


MODULES = {"saas": _saas(), "portal": _portal_alone()}
TEXTS = {
    **{name: module_text(one, SCHEMAS) for name, one in MODULES.items()},
    **{f"{name}_plain": module_text(one, SCHEMAS, plain=True) for name, one in MODULES.items()},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the modules."""
    root = tmp_path_factory.mktemp("golden")
    (root / "stacks").mkdir()
    for name, text in TEXTS.items():
        (root / "stacks" / f"{name}.py").write_text(text, encoding="utf-8")
    return root


@pytest.mark.parametrize("name", TEXTS)
def test_a_module_reads_as_before(name: str) -> None:
    """The text is the one that was read and approved."""
    path = GOLDEN / f"{name}.py.txt"
    if os.environ.get("ENGINE_UPDATE"):
        path.write_text(TEXTS[name], encoding="utf-8")
    assert TEXTS[name] == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", TEXTS)
def test_a_module_declares_what_was_written(name: str, tmp_path: Path) -> None:
    """With loops and without."""
    assert_says(evaluated(TEXTS[name], tmp_path), MODULES[name.removesuffix("_plain")])


def test_ruff_changes_and_reports_nothing(folder: Path) -> None:
    """Neither with its defaults nor with this project's settings."""
    assert ruff("format", "--isolated", "--diff", folder=folder) == ""
    assert ruff("check", "--isolated", folder=folder) == ""
    shutil.copyfile(ROOT / "pyproject.toml", folder / "pyproject.toml")
    assert ruff("format", "--diff", folder=folder) == ""
    assert ruff("check", folder=folder) == ""


def _checked(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - the checkers of this very environment
        [sys.executable, "-m", *arguments, *(f"stacks/{name}.py" for name in TEXTS)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_mypy_reports_nothing(folder: Path) -> None:
    """At its strictest."""
    settings = f"[mypy]\nstrict = True\nmypy_path = {ROOT}\n"
    (folder / "mypy.ini").write_text(settings, encoding="utf-8")
    ended = _checked(folder, "mypy", "--config-file", "mypy.ini")
    assert ended.returncode == 0, ended.stdout


def test_pyright_reports_nothing(folder: Path) -> None:
    """At its strictest."""
    settings = {"extraPaths": [str(ROOT)], "typeCheckingMode": "strict"}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    ended = _checked(folder, "pyright", "--outputjson")
    try:
        found = json.loads(ended.stdout)["generalDiagnostics"]
    except (ValueError, KeyError):
        pytest.skip(f"pyright cannot run here: {(ended.stderr or ended.stdout)[-300:]}")
    assert found == []
