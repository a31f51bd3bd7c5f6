"""Projects that are examined, with what Stripe and the clock say put in their place."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from engine.bootstrap.project import open_project
from engine.operations.doctor.patient import Patient, Surroundings
from engine.operations.run.context import Context
from engine.ports.upkeep.diagnosis import Finding, Verdict
from engine.settings.model import Environment
from engine.values.secret import Sensitive
from tests.support.fakes.provider import FakeProvider

STACK = """
from engine.stripe import Product, WebhookEndpoint

Product("pro", name="Pro")
WebhookEndpoint("hook", url="https://example.com/hook", enabled_events=["*"])
"""


def patient(root: Path, provider: FakeProvider, **changes: Any) -> Patient:
    """A project whose provider is a fake."""
    (root / "stacks").mkdir(parents=True, exist_ok=True)
    (root / "stacks" / "shop.py").write_text(STACK, encoding="utf-8")
    context = open_project(root)
    real = Environment(name="test", api_key=Sensitive("sk_test_0123456789"))
    context = dataclasses.replace(
        context,
        settings=dataclasses.replace(context.settings, environment=real),
        connect=lambda: provider,
        **changes,
    )

    def give(_: object) -> Context:
        return context

    def no_git(_: object) -> Any:
        raise AssertionError

    return Patient(
        Surroundings(
            root=root,
            load=lambda: context.settings,
            open=give,
            git=no_git,
            members=None,
            members_ask=False,
            offline=False,
            catalog_sdk="16.1.0",
        )
    )


def lines(check: Callable[[Patient], Iterable[Finding]], of: Patient) -> list[tuple[Verdict, str]]:
    """What a check finds."""
    return [(one.verdict, one.text) for one in check(of)]
