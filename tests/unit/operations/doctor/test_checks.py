"""Single checks, with what Stripe, the clock and the states say put in their place."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from engine.bootstrap.project import open_project
from engine.errors import ConnectionFailedError
from engine.operations.doctor import account, installation, states
from engine.operations.doctor.patient import Patient, Surroundings
from engine.operations.run.context import Context
from engine.ports.upkeep.diagnosis import Finding, Verdict
from engine.schema.resource_type import ResourceType
from engine.settings.model import Environment
from engine.state.model import new_state
from engine.values.secret import Sensitive
from tests.support.backends import local_backend
from tests.support.fakes.provider import FakeProvider

STACK = """
from engine.stripe import Product, WebhookEndpoint

Product("pro", name="Pro")
WebhookEndpoint("hook", url="https://example.com/hook", enabled_events=["*"])
"""


class Asked(FakeProvider):
    """A provider for a key that lacks permissions, or that does not answer for some types."""

    lacks: dict[str, str | Exception]

    def missing_read_permission(self, kind: ResourceType, *, account: str = "") -> str | None:
        """What the test says."""
        del account
        found = self.lacks.get(kind.name)
        if isinstance(found, Exception):
            raise found
        return found


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


Check = Callable[[Patient], Iterable[Finding]]


def lines(check: Check, of: Patient) -> list[tuple[Verdict, str]]:
    """What a check finds."""
    return [(one.verdict, one.text) for one in check(of)]


@pytest.mark.parametrize(
    ("ours", "verdict", "words"),
    [
        (1_000_000, Verdict.OK, "agrees"),
        (1_000_299, Verdict.OK, "agrees"),
        (1_000_000 - 660, Verdict.WARNING, "11 minutes slow"),
        (1_000_000 + 360, Verdict.WARNING, "6 minutes fast"),
    ],
)
def test_the_clock(tmp_path: Path, ours: float, verdict: Verdict, words: str) -> None:
    """Wrong by more than the age that a signature may have."""
    ((found, text),) = lines(account.clock, patient(tmp_path, FakeProvider(), clock=lambda: ours))
    assert found is verdict
    assert words in text


def test_a_service_that_returns_no_time(tmp_path: Path) -> None:
    """Nothing is known of the clock then."""
    ((found, _),) = lines(account.clock, patient(tmp_path, FakeProvider(time=None)))
    assert found is Verdict.UNKNOWN


def test_the_account_has_another_version(tmp_path: Path) -> None:
    """It is good to know, and stops nothing."""
    found = lines(account.versions, patient(tmp_path, FakeProvider()))
    assert [verdict for verdict, _ in found] == [Verdict.OK, Verdict.NOTE]
    assert "the account has API version 2026-01-01.test" in found[1][1]


def test_types_that_lack_the_same_permission_are_one_line(tmp_path: Path) -> None:
    """What fails otherwise is a line of its own."""
    provider = Asked()
    provider.lacks = {
        "stripe_product": "Billing Read (billing_read)",
        "stripe_webhook_endpoint": ConnectionFailedError("cut off", hint="again"),
    }
    found = lines(account.reading, patient(tmp_path, provider))
    assert found == [
        (Verdict.PROBLEM, "stripe_webhook_endpoint: cut off"),
        (
            Verdict.PROBLEM,
            "the key lacks the permission Billing Read (billing_read), to read stripe_product",
        ),
    ]
    provider.lacks = dict.fromkeys(provider.lacks, "All (all_read)")
    ((_, text),) = lines(account.reading, patient(tmp_path, provider))
    assert text.endswith("to read stripe_product, stripe_webhook_endpoint")


def test_states_of_another_version_account_and_merge(tmp_path: Path) -> None:
    """One stops an apply: that of another account."""
    backend = local_backend(tmp_path)
    state = dataclasses.replace(
        new_state("shop", "test", "lineage"),
        serial=1,
        api_version="2020-08-27",
        account_id="acct_2",
        merged=True,
    )
    backend.write(state, expected=None)
    found = lines(states.states, patient(tmp_path, FakeProvider()))
    assert [verdict for verdict, _ in found] == [
        Verdict.NOTE,
        Verdict.NOTE,
        Verdict.PROBLEM,
        Verdict.OK,
    ]
    assert "the state of shop is of API version 2020-08-27" in found[0][1]
    assert "belongs to account acct_2, but the key belongs to acct_1" in found[2][1]


def test_a_run_at_work_stops_an_apply(tmp_path: Path) -> None:
    """For as long as it works; its journal is its own affair."""
    backend = local_backend(tmp_path)
    project = patient(tmp_path, FakeProvider())
    with backend.lock("shop", "test", operation="apply", timeout=0, on_wait=print):
        ((verdict, text),) = lines(states.locks, project)
        assert (verdict, text.partition(":")[0]) == (
            Verdict.PROBLEM,
            "a run works on test/shop",
        )
    assert lines(states.locks, project) == [(Verdict.OK, "nothing is locked")]


@pytest.mark.parametrize(
    ("versions", "verdict"),
    [
        ({"stripe": ""}, Verdict.PROBLEM),
        ({"stripe": "15.6.2"}, Verdict.WARNING),
        ({"stripe": "16.99.0"}, Verdict.NOTE),
        ({"stripe": "16.1.0"}, Verdict.OK),
    ],
)
def test_the_sdk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, versions: dict[str, str], verdict: Verdict
) -> None:
    """Missing, not one for this engine, another one than that of the catalog, the same."""
    monkeypatch.setattr(installation, "installed", versions.__getitem__)
    ((found, _),) = lines(installation.sdk, patient(tmp_path, FakeProvider()))
    assert found is verdict
