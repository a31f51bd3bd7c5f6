"""Who the accounts of a fleet are: keys of their own, names that change, accounts that leave."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.bootstrap.fleet import open_fleet
from engine.bootstrap.members import members
from engine.emulator.accounts.keys import account_id
from engine.emulator.core import Emulator
from engine.emulator.doors.server import EmulatorServer
from engine.plan.inputs.options import PlanOptions
from engine.ports.fleet.tasks import MemberTask
from tests.support.command_line import Ended, Engine, Write
from tests.support.raw_requests import send

STACK = """
    from engine import fleet_variable
    from engine.stripe import Product, WebhookEndpoint

    Product("pro", name="Pro " + fleet_variable("label", "plain"))
    WebhookEndpoint("hook", url="https://example.com/hook", enabled_events=["charge.failed"])
"""
SETTINGS = """
[tool.engine.environments.agency]
api-key = "env:AGENCY_KEY"
api-base = "{url}"
[tool.engine.fleets.clients]
environment = "agency"
accounts = "file:clients.json"
"""
KEYS = {name: f"sk_test_{name.lower()}{'7' * 16}" for name in ("ACME", "GLOBEX", "INITECH")}
IDS = {name: account_id(key.removeprefix("sk_test_")) for name, key in KEYS.items()}

List = Callable[..., None]
"""Writes the list of the fleet: names, each with the key of that name."""


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """Has an account for each key."""
    with Emulator(seed=7) as emulator:
        yield emulator


@pytest.fixture
def listed(
    root: Path, write: Write, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> Iterator[List]:
    """An agency with the keys of its clients."""
    write("shop", STACK)
    for name, key in KEYS.items():
        monkeypatch.setenv(f"{name}_KEY", key)

    def listed(*names: str, **keys: str) -> None:
        rows = [
            {"name": name, "api-key": f"env:{keys.get(name, name.upper())}_KEY"} for name in names
        ]
        (root / "clients.json").write_text(json.dumps(rows), encoding="utf-8")

    with EmulatorServer(emulator) as server:
        (root / "pyproject.toml").write_text(SETTINGS.format(url=server.url), encoding="utf-8")
        listed("acme", "globex", "initech")
        yield listed


def _document(done: Ended) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done.out)
    return found


def _outcomes(done: Ended) -> dict[str, str]:
    return {one["account"]: one["outcome"] for one in _document(done)["results"]}


def _products(emulator: Emulator, name: str) -> list[str]:
    """The products on the account of a key, as its owner sees them."""
    found = send(emulator, "GET", "/v1/products", api_key=KEYS[name]).document["data"]
    return [entry["name"] for entry in found]


def test_each_account_is_worked_on_with_its_own_key(
    engine: Engine, root: Path, listed: List, emulator: Emulator
) -> None:
    """And no key is in what is printed, in a state, or in what is kept of the run."""
    listed("acme", "globex")
    said = [engine("plan", "--fleet", "clients", "-v")]
    said += [engine("apply", "--fleet", "clients", "--yes", *words) for words in ([], ["--json"])]
    said += [engine("drift", "-e", "clients/acme", "--json"), engine("validate", "-v")]
    assert [done.code for done in said] == [0, 0, 0, 0, 0]
    assert [_products(emulator, name) for name in KEYS] == [["Pro plain"], ["Pro plain"], []]
    states = [json.loads(path.read_text()) for path in sorted(root.glob("state/clients/*/*.json"))]
    assert [state["account"]["id"] for state in states] == [IDS["ACME"], IDS["GLOBEX"]]
    written = "".join(path.read_text() for path in root.rglob("*") if path.is_file())
    assert not [key for key in KEYS.values() if key in written + "".join(map(str, said))]
    assert engine("plan", "-e", "clients/acme", "--detailed-exitcode").code == 0


def test_no_key_is_in_a_task_or_in_what_is_left_of_an_apply(
    engine: Engine, root: Path, listed: List
) -> None:
    """Both name variables: each process reads the keys of its own surroundings."""
    listed("acme", "globex")
    assert engine("lock", "clients/globex", "--reason", "audit").code == 0
    assert engine("apply", "--fleet", "clients", "--yes").code == 1
    kept = {path.name: path.read_bytes() for path in root.rglob(".engine/fleets/*")}
    assert {"clients.json", "clients.failed"} <= kept.keys()
    context, fleet = open_fleet(root, "clients", "claim")
    tasks = pickle.dumps(
        [
            MemberTask(
                root=str(root),
                fleet=fleet.name,
                member=member,
                stacks=("shop",),
                options=PlanOptions(),
            )
            for member in members(context, fleet)
        ]
    )
    assert b"GLOBEX_KEY" in tasks
    for written in (tasks, *kept.values()):
        assert not [key for key in KEYS.values() if key.encode() in written]


def test_a_wrong_key_fails_its_account_alone(
    engine: Engine, listed: List, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is wrong with it: unknown, of another account, live, or not set."""
    listed("acme", "globex", "initech")
    assert engine("apply", "--fleet", "clients", "--yes").code == 0
    for value, message in {
        "nonsense": "is no secret key of Stripe",
        KEYS["ACME"]: f"belongs to account {IDS['GLOBEX']}, but the key belongs to {IDS['ACME']}",
        KEYS["GLOBEX"].replace("test", "live"): "is a live key, and environment 'clients/globex'",
        "": "environment 'clients/globex' has no API key",
    }.items():
        monkeypatch.setenv("GLOBEX_KEY", value)
        done = engine("plan", "--fleet", "clients", "--json")
        document = _document(done)
        assert (document["unchanged"], done.code) in [
            (["acme", "initech"], 1),
            (["acme", "initech"], 4),
        ]
        (failed,) = document["failed"]
        assert (failed["account"], message in failed["error"]["message"]) == ("globex", True), (
            failed
        )
        assert not value or value not in done.out + done.err


def test_two_names_of_one_account_get_nothing(
    engine: Engine, listed: List, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything would be on it twice. Their keys may be different ones of the account."""
    monkeypatch.setenv("GLOBEX_KEY", KEYS["ACME"].replace("sk_", "rk_"))
    done = engine("apply", "--fleet", "clients", "--yes")
    assert f"2 accounts: failed: account {IDS['ACME']} is in the fleet 2 times" in done.out
    assert (done.code, _products(emulator, "ACME")) == (1, [])
    assert _products(emulator, "INITECH") == ["Pro plain"]
    listed("acme", "globex", globex="ACME")
    done = engine("plan", "--fleet", "clients")
    assert "acme and globex have one key, ACME_KEY" in done.err


def test_a_renamed_account_is_not_made_again(
    engine: Engine, listed: List, emulator: Emulator
) -> None:
    """Its states have its old name; what is on it would be there twice."""
    listed("acme")
    assert engine("apply", "--fleet", "clients", "--yes").code == 0
    listed("acme-inc", "globex", **{"acme-inc": "ACME"})
    done = engine("apply", "--fleet", "clients", "--yes", "--json")
    (failed,) = _document(done)["failed"]
    assert (done.code, failed["outcome"], _outcomes(done)) == (1, "refused", {"globex": "applied"})
    assert failed["error"]["message"].startswith(
        f"account {IDS['ACME']} has stack shop already, as clients/acme"
    )
    assert _document(done)["former"] == ["acme"]
    assert len(_products(emulator, "ACME")) == 1


def test_an_account_is_not_in_two_fleets_with_one_stack(
    engine: Engine, root: Path, listed: List, emulator: Emulator
) -> None:
    """Also not as an account of its own, or as the platform itself."""
    listed("acme")
    assert engine("apply", "--fleet", "clients", "--yes").code == 0
    settings = root / "pyproject.toml"
    settings.write_text(
        settings.read_text() + '[tool.engine.environments.alone]\napi-key = "env:ACME_KEY"\n'
        f"{settings.read_text().splitlines()[3]}\n"
        '[tool.engine.fleets.others]\nenvironment = "agency"\n'
        'accounts = [{ name = "same", api-key = "env:ACME_KEY" }]\n'
    )
    for place, more in (("others/same", []), ("others/same", ["--no-refresh"]), ("alone", [])):
        done = engine("apply", "-e", place, "--yes", *more)
        assert (done.code, "has stack shop already, as clients/acme" in done.err) == (4, True)
    assert len(_products(emulator, "ACME")) == 1


def test_an_account_that_left_loses_nothing_by_itself(
    engine: Engine, listed: List, emulator: Emulator
) -> None:
    """It is said as long as it has something; its states can be used, and it can be destroyed."""
    assert engine("apply", "--fleet", "clients", "--yes").code == 0
    listed("acme", "globex")
    for words in (["plan"], ["apply", "--yes"]):
        done = engine(*words, "--fleet", "clients")
        assert (done.code, "and left as they are: initech." in done.out) == (0, True)
    assert _products(emulator, "INITECH") == ["Pro plain"]
    for words in (["state", "list"], ["state", "pull", "shop"], ["output"], ["state", "verify"]):
        assert engine(*words, "-e", "clients/initech").code == 0, words
    for words in (["plan"], ["apply", "--yes"]):
        done = engine(*words, "-e", "clients/initech")
        assert (done.code, "is no account of its fleet any more" in done.err) == (1, True)
    done = engine("destroy", "-e", "clients/initech", "--yes")
    assert (done.code, "so its key is not known" in done.err) == (1, True)
    listed("acme", "globex", "initech")
    assert engine("destroy", "-e", "clients/initech", "--yes").code == 0
    listed("acme", "globex")
    assert "any more" not in engine("plan", "--fleet", "clients").out
    unknown = engine("plan", "-e", "clients/acm")
    assert (unknown.code, "did you mean -e clients/acme?" in unknown.err) == (1, True)


def test_the_fleets_are_listed(engine: Engine, listed: List, emulator: Emulator) -> None:
    """Who is in one, by which key, and what is stored; Stripe is not asked."""
    assert engine("apply", "--fleet", "clients", "--yes").code == 0
    listed("acme", "globex", "new")
    assert engine("lock", "clients/globex", "--reason", "audit").code == 0
    emulator.log.clear()
    text = engine("fleet", "clients")
    assert text.code == 0, text.err
    lines = text.out.splitlines()
    assert lines[0] == "Fleet clients on agency: 3 accounts from clients.json"
    assert lines[3] == (
        f"  acme     key in ACME_KEY; shop: serial 2, 2 resources, account {IDS['ACME']}, test mode"
    )
    assert "globex   key in GLOBEX_KEY; locked by" in lines[4]
    assert lines[5] == "  new      key in NEW_KEY, which is not set; no state"
    assert lines[6].startswith("  initech  not in the fleet any more; shop: serial 2")
    (fleet,) = _document(engine("fleet", "clients", "--json"))["fleets"]
    assert [(one["account"], one["former"], len(one["states"])) for one in fleet["members"]] == [
        ("acme", False, 1),
        ("globex", False, 1),
        ("new", False, 0),
        ("initech", True, 1),
    ]
    assert fleet["members"][2]["key"] == {"variable": "NEW_KEY", "is_set": False}
    assert list(emulator.log) == []
    (alone,) = _document(engine("fleet", "--json"))["fleets"]
    assert (alone["fleet"], alone["members"]) == ("clients", None)
    wrong = engine("fleet", "client")
    assert (wrong.code, "did you mean clients?" in wrong.err) == (1, True)


def test_a_program_is_named_without_its_arguments(
    engine: Engine, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of them may be a token."""
    (root / "pyproject.toml").write_text(
        '[tool.engine.fleets.clients]\nenvironment = "local"\n'
        'accounts = "command:sh list.sh --token=s3cr3t-t0ken"\n'
    )
    (root / "list.sh").write_text("echo north; exit ${FAILS:-0}")
    monkeypatch.setenv("FAILS", "")
    for words in (
        ["fleet"],
        ["fleet", "--json"],
        ["fleet", "clients"],
        ["plan", "--fleet", "clients"],
    ):
        done = engine(*words)
        assert "s3cr3t" not in done.out + done.err, words
    monkeypatch.setenv("FAILS", "3")
    done = engine("fleet", "clients")
    assert (done.code, "s3cr3t" in done.err, "ended with 3" in done.err) == (1, False, True)
