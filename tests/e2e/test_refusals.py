"""What `engine validate` refuses, Stripe refuses: with the checks off, the apply fails.

The cases are those of the checks' own tests; those that name objects nobody declares are left out.
"""

from __future__ import annotations

import contextlib
import dataclasses
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.catalog import loader
from engine.emulator.core import Emulator
from engine.errors import StackError
from engine.operations.apply import apply_stacks
from engine.operations.validate import validate_stacks
from engine.plan.inputs.options import PlanOptions
from engine.schema.attribute import Attribute
from engine.values.secret import Sensitive
from tests.support.project import Project
from tests.support.refusals import REFUSALS

NOW = 1_790_000_000
YEAR = 365 * 24 * 3600
HEAD = """\
from engine import Lifecycle, stripe
stripe.TaxSettings("office", head_office={"address": {"country": "US", "state": "TX"}})
"""
MOMENTS = {
    "FAR": NOW + 5 * YEAR + 9,
    "NEAR": NOW + 5 * YEAR - 9,
    "SOON": NOW + 9,
    "LATER": NOW + 99,
}
CASES = {
    name: case
    for name, case in REFUSALS.items()
    if not re.search(r'"[a-z]+_1"', f"{case.module} {case.wrong} {case.right}")
}
ONLY_HERE = {
    "together: item beside a subscription that declares its own": (
        "Stripe takes both; the next plan would undo one of them"
    ),
    "together: features beside an account that declares its own": (
        "Stripe takes both; the next plan would undo one of them"
    ),
    "together: portal with an archived price": "nobody has seen Stripe refuse it (?)",
}
"""Cases that Stripe takes, with the reason why they are refused all the same."""


def _unchecked(attribute: Attribute) -> Attribute:
    return dataclasses.replace(
        attribute,
        fields={name: _unchecked(child) for name, child in attribute.fields.items()},
        element=None if attribute.element is None else _unchecked(attribute.element),
        required=False,
        min_length=0,
        max_length=0,
        pattern="",
        least=None,
        above=None,
        most=None,
    )


def _without_checks() -> Mapping[str, Any]:
    """The types without any rule or bound."""
    return {
        name: dataclasses.replace(kind, rules=(), root=_unchecked(kind.root))
        for name, kind in loader.schemas().items()
    }


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Project]:
    """A project in front of an account of its own, at the time of the cases."""
    with contextlib.closing(Emulator(seed=7, clock=lambda: NOW)) as emulator:
        made = Project(tmp_path / "shop", emulator)
        made.write(HEAD)
        made.apply()  # Stripe takes registrations only after that
        yield made


@pytest.mark.parametrize("name", sorted(set(CASES) - set(ONLY_HERE)))
def test_stripe_refuses_what_is_found(shop: Project, name: str) -> None:
    """Something of the stack with the mistake cannot be applied."""
    shop.write(HEAD + CASES[name].with_mistake(MOMENTS))
    context = dataclasses.replace(shop.context(), schemas=_without_checks())
    report = apply_stacks(context, (), PlanOptions(), lambda _: True)
    assert report.failures


@pytest.mark.parametrize("name", CASES)
def test_stripe_takes_what_is_not_found(shop: Project, name: str) -> None:
    """The stack without the mistake is applied, and then nothing is left to do."""
    shop.write(HEAD + CASES[name].without_mistake(MOMENTS))
    shop.apply()
    assert shop.plan().pending == ()


def test_how_far_is_too_far_follows_the_clock_of_the_run(shop: Project) -> None:
    """What is more than five years ahead today is not in a year."""
    shop.write(HEAD + CASES["alone: redeem_by too far"].with_mistake(MOMENTS))
    with pytest.raises(StackError, match="no more than five years"):
        shop.plan()
    later = dataclasses.replace(shop.context(), clock=lambda: NOW + YEAR)
    assert validate_stacks(later, ())


def test_an_environment_with_a_live_key_is_held_to_live_mode(shop: Project) -> None:
    """The key tells, and nothing is asked."""
    shop.write(
        "from engine import stripe\n"
        'stripe.WebhookEndpoint("w", url="http://a.example", enabled_events=["invoice.paid"])\n'
    )
    context = shop.context()
    assert validate_stacks(context, ())
    settings = context.settings
    live = dataclasses.replace(
        settings.environment, emulator=False, api_key=Sensitive("rk_live_example")
    )
    context = dataclasses.replace(context, settings=dataclasses.replace(settings, environment=live))
    with pytest.raises(StackError, match="HTTPS URL is required in live mode"):
        validate_stacks(context, ())
