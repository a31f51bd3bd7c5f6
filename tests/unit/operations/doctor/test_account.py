"""What Stripe is asked: the clock, versions and permissions."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import ConnectionFailedError, RateLimitedError
from engine.operations.doctor import account
from engine.ports.upkeep.diagnosis import Verdict
from engine.schema.resource_type import ResourceType
from tests.support.fakes.provider import FakeProvider
from tests.support.patients import lines, patient


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

    def missing_permission(self, kind: ResourceType, *, account: str = "") -> str | None:
        """The same."""
        return self.missing_read_permission(kind, account=account)


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


def test_what_was_not_answered_is_not_allowed(tmp_path: Path) -> None:
    """A service that refuses for its rate says nothing of permissions, and is named once."""
    provider = Asked()
    busy = RateLimitedError("too many requests", hint="run it later")
    provider.lacks = dict.fromkeys(("stripe_product", "stripe_webhook_endpoint"), busy)
    all_of_them = (
        Verdict.PROBLEM,
        "stripe_product, stripe_webhook_endpoint: too many requests",
    )
    assert lines(account.reading, patient(tmp_path, provider)) == [all_of_them]
    assert lines(account.writing, patient(tmp_path, provider)) == [all_of_them]
