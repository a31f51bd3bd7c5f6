"""Drift between an engine and an account: what is asked, on which account, and what is refused."""

from __future__ import annotations

from engine.catalog import loader
from engine.emulator.testing import faults
from engine.operations.drift.drift import drift_of_stacks
from engine.plan.drifted import DriftKind
from engine.ports.drift.report import DriftReport
from engine.ports.provider import RequestContext
from tests.support.project import Project

PRODUCT = loader.resource_type("stripe_product")
STACK = """
from engine.stripe import Coupon, Product

Product("pro", id="pro", name="Pro")
Coupon("five", id="FIVE", percent_off=5, duration="once", name="Five")
"""


def drift(project: Project, *, unmanaged: bool = False) -> DriftReport:
    """What drifted."""
    return drift_of_stacks(project.context(), (), unmanaged=unmanaged)


def reads(project: Project) -> list[str]:
    """The paths of the requests since the last time, the account's aside."""
    found = [entry.path for entry in project.emulator.log if entry.path != "/v1/account"]
    project.emulator.log.clear()
    return sorted(found)


def test_nothing_is_written_and_events_are_read_for_drift_alone(project: Project) -> None:
    """One list of events, if anything drifted; one page of each type, to count the rest."""
    project.write(STACK)
    project.apply()
    project.emulator.log.clear()
    assert not drift(project).has_drift
    quiet = reads(project)
    assert "/v1/events" not in quiet
    project.call("post", "/v1/products/pro", name="By hand")
    project.call("delete", "/v1/coupons/FIVE")
    project.emulator.log.clear()
    report = drift(project)
    assert project.emulator.log.writes() == []
    assert reads(project).count("/v1/events") == 1
    assert [entry.kind for entry in report.drifted] == [DriftKind.DELETED, DriftKind.CHANGED]


def test_a_request_of_the_api_is_named(project: Project) -> None:
    """Where a program made the change."""
    project.write(STACK)
    project.apply()
    project.connect().update(
        PRODUCT, "pro", {"name": "By a program"}, RequestContext(idempotency_key="k")
    )
    [stack] = drift(project).stacks
    [causes] = stack.causes.values()
    [cause] = causes.known
    assert cause.request.startswith("req_")
    assert (cause.type, causes.unknown) == ("product.updated", "")


def test_objects_of_connected_accounts(project: Project) -> None:
    """They are read, and their events too, on their own account."""
    account = project.call("post", "/v1/accounts", type="custom")["id"]
    project.write(
        f"""
from engine import Lifecycle
from engine.stripe import Product

Product("pro", name="Pro", lifecycle=Lifecycle(account="{account}"))
"""
    )
    project.apply()
    id = project.id("stripe_product.pro")
    provider = project.connect()
    provider.update(PRODUCT, id, {"name": "X"}, RequestContext("k", account))
    provider.create(PRODUCT, {"name": "Hand made"}, RequestContext("l", account))
    report = drift(project, unmanaged=True)
    [entry] = report.drifted
    assert (entry.account, entry.id) == (account, id)
    [causes] = report.stacks[0].causes.values()
    assert [cause.type for cause in causes.known] == ["product.updated"]
    [unmanaged] = report.unmanaged
    assert (unmanaged.account, unmanaged.count) == (account, 1)


def test_a_type_that_cannot_be_listed(project: Project) -> None:
    """The drift of everything else is shown all the same."""
    project.write(STACK)
    project.apply()
    project.call("post", "/v1/products/pro", name="By hand")
    refused = faults.permission_denied("acct_1", "Coupons Read", "coupon_read")
    project.emulator.faults.add(refused, method="GET", path="/v1/coupons", times=9)
    report = drift(project)
    assert report.has_drift
    [unread] = [entry for entry in report.unmanaged if entry.unread]
    assert (unread.type, unread.count) == ("stripe_coupon", 0)
