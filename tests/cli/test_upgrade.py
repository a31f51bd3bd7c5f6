"""`engine upgrade`: another API version next to this one, before anything changes."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from engine.backends import other_sdk
from engine.bootstrap import upgrade as wiring
from engine.bootstrap.project import open_project
from engine.catalog import loader
from engine.catalog.other import OtherCatalog
from engine.emulator.core import Emulator
from engine.emulator.doors.server import EmulatorServer
from engine.stripe.http.network import Network
from tests.support.backends import local_backend
from tests.support.command_line import Ended, Engine, Write
from tests.support.newer_sdk import API_VERSION, INSTALLED, SDK, newer_sdk

pytestmark = pytest.mark.skipif(
    f'"{loader.sdk_version()}"' not in (INSTALLED / "_version.py").read_text(encoding="utf-8"),
    reason="the release that does not exist is made from the one that the catalog is made from",
)
PRODUCT = """
    from engine.stripe import Product

    Product("pro", name="Pro")
"""
HOOKS = """
    from engine.stripe import WebhookEndpoint

    WebhookEndpoint(
        "hook", url="https://example.com/hook", enabled_events=["charge.failed"],
        api_version="2026-01-28.clover",
    )
"""


@pytest.fixture(scope="session")
def newer(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> tuple[Path, OtherCatalog]:
    """A release that does not exist, and what was read of it: once for all processes."""
    own = tmp_path_factory.getbasetemp()
    # Processes have their folders in one; that of a run in one process is its own.
    shared = (own if worker_id == "master" else own.parent) / "newer-sdk"
    with FileLock(f"{shared}.lock"):
        if not shared.exists():
            text = other_sdk.printed(newer_sdk(shared))
            (shared / "catalog.json").write_bytes(text)
    return shared, OtherCatalog(json.loads((shared / "catalog.json").read_bytes()))


@pytest.fixture
def upgrade(
    engine: Engine, newer: tuple[Path, OtherCatalog], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Ended]:
    """Runs the command with that release, which is not read again."""
    folder, catalog = newer
    monkeypatch.setattr(wiring, "read_sdk", {folder: catalog}.__getitem__)
    return lambda *words: engine("upgrade", "--sdk", str(folder), *words)


def document(ended: Ended) -> dict[str, Any]:
    """What a run with `--json` printed."""
    found: dict[str, Any] = json.loads(ended.out)
    return found


def test_what_is_declared_and_would_be_refused(
    upgrade: Callable[..., Ended], write: Write, root: Path
) -> None:
    """A parameter that vanishes, one that is required, and the problems with file and line."""
    write(
        "prices",
        """
        from engine.stripe import Coupon, Price, Product

        p = Product("max", name="Max")
        Price(
            "max", product=p.id, currency="usd", unit_amount=1, nickname="M", lookup_key="max",
            tax_behavior="unspecified",
        )
        Coupon("c", percent_off=10, duration="once")
        """,
    )
    before = sorted(root.rglob("*"))
    ended = upgrade("--json")
    assert ended.code == 2
    found = document(ended)
    assert found["before"]["api_version"] == loader.api_version()
    assert found["after"] == {"sdk": SDK, "api_version": API_VERSION}
    assert found["plan"] is None
    types = {one["type"]: one for one in found["types"]}
    price = {(one["path"], one["what"]): one for one in types["stripe_price"]["declared"]}
    assert {key for key, one in price.items() if one["breaks"]} == {
        ("catalog_code", "required"),
        ("lookup_key", "immutable"),
        ("nickname", "vanishes"),
        ("tax_behavior", "words"),
    }
    assert price["nickname", "vanishes"]["declarations"] == [
        {"address": "stripe_price.max", "place": "stacks/prices.py:5"}
    ]
    assert [one["what"] for one in types["stripe_coupon"]["declared"]] == ["kind"]
    assert ("shelf", "appears") in {
        (one["path"], one["what"]) for one in types["stripe_product"]["others"]
    }
    assert any(
        "missing required parameter catalog_code" in one["message"] for one in found["problems"]
    )
    made = {path.relative_to(root).parts[0] for path in root.rglob("*") if path not in before}
    assert made <= {".engine", "stacks"}  # the account of the emulator, and compiled modules


def test_a_type_that_vanishes(
    engine: Engine, newer: tuple[Path, OtherCatalog], monkeypatch: pytest.MonkeyPatch, write: Write
) -> None:
    """It is named, and there is no plan; what is not declared is no matter."""
    folder, _ = newer
    written = json.loads((folder / "catalog.json").read_bytes())
    for gone in ("coupon", "promotion_code"):
        del written["entries"][gone]
    monkeypatch.setattr(wiring, "read_sdk", {folder: OtherCatalog(written)}.__getitem__)
    write("shop", PRODUCT)
    assert engine("upgrade", "--sdk", str(folder)).code == 0
    coupon = '    from engine.stripe import Coupon\n    Coupon("c", percent_off=10)\n'
    write("shop", PRODUCT + coupon)
    ended = engine("upgrade", "--sdk", str(folder), "--json")
    found = document(ended)
    assert (ended.code, found["plan"]) == (2, None)
    [one_type] = [one for one in found["types"] if one["type"] == "stripe_coupon"]
    assert one_type["vanishes"] is True
    assert "there is no stripe_coupon any more" in json.dumps(found)


def test_where_nothing_is_affected_the_next_plan_is_shown(
    upgrade: Callable[..., Ended], engine: Engine, write: Write
) -> None:
    """The state and the account stay as they are."""
    write("shop", PRODUCT)
    assert engine("apply", "--yes").code == 0
    ended = upgrade()
    assert ended.code == 0
    assert f"-> {API_VERSION} (Stripe SDK {SDK})" in ended.out
    assert f"states of local written with {loader.api_version()}: shop" in ended.out
    assert "not declared, appear (1): shelf" in ended.out
    assert "No changes." in ended.out
    assert "Nothing that is declared would be refused or mean something else." in ended.out
    write("shop", PRODUCT.replace('"Pro"', '"Max"'))
    found = document(upgrade("--json"))
    assert found["plan"]["stacks"][0]["summary"]["update"] == 1
    assert engine("plan", "--detailed-exitcode").code == 2


def test_stripe_is_asked_in_the_other_version(
    upgrade: Callable[..., Ended], engine: Engine, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So the plan compares with what it returns then; nothing is written there."""
    asked: list[str] = []
    monkeypatch.setenv("STRIPE_API_KEY", "sk_test_Upgrade0123456789")
    write("shop", PRODUCT + HOOKS)
    with Emulator(seed=7) as emulator, EmulatorServer(emulator) as server:
        monkeypatch.setenv("STRIPE_API_BASE", server.url)
        assert engine("apply", "--yes").code == 0
        emulator.log.clear()
        send = Network.request

        def recorded(network: Network, method: str, url: str, headers: Any, data: Any) -> Any:
            asked.append(headers["Stripe-Version"])
            return send(network, method, url, headers, data)

        monkeypatch.setattr(Network, "request", recorded)
        found = document(upgrade("--json"))
        assert emulator.log.writes() == []
    assert set(asked) == {API_VERSION}
    assert found["endpoints"] == [
        {
            "type": "stripe_webhook_endpoint",
            "id": found["endpoints"][0]["id"],
            "api_version": "2026-01-28.clover",
            "address": "shop:stripe_webhook_endpoint.hook",
        }
    ]
    assert found["endpoints_unread"] is None


def test_without_stripe_the_states_say_which_endpoints_there_are(
    upgrade: Callable[..., Ended], engine: Engine, write: Write
) -> None:
    """And the text says that these are not all."""
    write("shop", HOOKS)
    assert engine("apply", "--yes").code == 0
    ended = upgrade("--no-refresh")
    assert "Endpoints that get events of another API version, by the states alone" in ended.out
    assert "2026-01-28.clover  stripe_webhook_endpoint we_" in ended.out


def test_an_unfinished_run_is_left_as_it_is(
    upgrade: Callable[..., Ended], engine: Engine, write: Write, root: Path
) -> None:
    """A plan would finish it, which writes; so there is none."""
    write("shop", PRODUCT)
    assert engine("apply", "--yes").code == 0
    open_project(root).backend.begin_journal("shop", "local", [b"{}"], reserve=0).close()
    ended = upgrade()
    assert ended.code == 0
    assert "No plan: a run on shop has not finished" in ended.out


def test_nothing_to_compare_with(engine: Engine) -> None:
    """The installed release is the one that the catalog is made from."""
    ended = engine("upgrade", "--no-refresh")
    assert ended.code == 0
    assert "there is nothing to compare it with" in ended.out
    assert engine("upgrade", "--sdk", "nowhere").code == 1


def test_back_to_an_older_release(
    engine: Engine, newer: tuple[Path, OtherCatalog], monkeypatch: pytest.MonkeyPatch, write: Write
) -> None:
    """What appeared vanishes again: with --from, the folder is the side that is left."""
    folder, catalog = newer
    monkeypatch.setattr(wiring, "read_sdk", {folder: catalog}.__getitem__)
    write("shop", PRODUCT)
    found = document(engine("upgrade", "--from", str(folder), "--json"))
    assert found["before"]["sdk"] == SDK
    (product,) = found["types"]
    assert [(one["path"], one["what"]) for one in product["others"]] == [("shelf", "vanishes")]


def test_a_plan_notes_that_another_api_version_wrote_the_state(engine: Engine, root: Path) -> None:
    """As a note, in text and in the document: it is no change."""
    assert engine("apply", "--yes").code == 0
    backend = local_backend(root)
    state = backend.read("shop", "local")
    assert state is not None
    older = dataclasses.replace(state, serial=state.serial + 1, api_version="2020-08-27")
    backend.write(older, expected=state)
    ended = engine("plan", "--detailed-exitcode")
    note = (
        f"written with API version 2020-08-27, and this plan is made with {loader.api_version()}: "
        "the state of shop. engine upgrade shows what is different, and the next apply that "
        "changes something there records the version"
    )
    assert ended.code == 0
    assert ended.out.count("2020-08-27") == 1
    assert f"\nNote: {note}\n" in ended.out
    assert json.loads(engine("plan", "--json").out)["notes"] == [note]
    for shown in ("markdown", "html"):
        assert "2020-08-27" in engine("plan", "--format", shown).out
