"""`engine doctor`: a line each, what to do, and exit code 1 if an apply would be stopped."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.bootstrap.project import open_project
from engine.emulator.core import Emulator
from engine.emulator.doors.server import EmulatorServer
from engine.ports.upkeep.diagnosis import Verdict
from tests.support.command_line import Engine, Write

KEY = "sk_test_DoctorKey0123456789"
RESTRICTED = "rk_test_DoctorKey0123456789"


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Emulator, str]]:
    """An emulator for the tests of this module, and its address."""
    with Emulator(seed=7) as emulator, EmulatorServer(emulator) as server:
        yield emulator, server.url


@pytest.fixture
def emulator(server: tuple[Emulator, str], monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """The emulator, which a key in STRIPE_API_KEY speaks to."""
    monkeypatch.setenv("STRIPE_API_BASE", server[1])
    monkeypatch.setenv("STRIPE_API_KEY", KEY)
    server[0].log.clear()
    return server[0]


def lines(engine: Engine, *words: str, code: int | None = None) -> list[dict[str, Any]]:
    """The lines of a run with `--json`, held against the schema."""
    ended = engine("doctor", "--json", *words)
    document = json.loads(ended.out)
    assert ended.code == (1 if document["stops_apply"] else 0)
    if code is not None:
        assert ended.code == code, ended.out
    found: list[dict[str, Any]] = document["checks"]
    assert not any("failed itself" in line["text"] for line in found)
    assert sum(document["summary"].values()) == len(found)
    return found


def of(found: list[dict[str, Any]], check: str) -> list[tuple[str, str]]:
    """Result and text of the lines of a check."""
    return [(line["result"], line["text"]) for line in found if line["check"] == check]


def wrong(found: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """Check, text and hint of the problems."""
    return [
        (line["check"], line["text"], line["hint"]) for line in found if line["result"] == "problem"
    ]


def test_a_new_project_has_nothing_that_stops_an_apply(engine: Engine, root: Path) -> None:
    """And nothing is left in it but what git never gets."""
    ended = engine("doctor")
    assert ended.code == 0
    assert "Nothing that was checked would stop an apply" in ended.out
    assert "environment local, the embedded emulator" in " ".join(ended.out.split())
    assert sorted(path.name for path in root.iterdir()) == [".engine", "stacks"]


def test_a_line_begins_with_its_word_and_is_as_wide_as_the_text(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that it can be read without colours."""
    monkeypatch.setenv("STRIPE_API_KEY", "pk_test_wrong")
    ended = engine("doctor", "--offline", "-e", "local")
    for line in ended.out.splitlines():
        assert len(line) <= 100 or len(line.split()) == 1  # a path is not cut
        if line.startswith("  ") and not line.startswith("   "):
            assert line.split()[0] in {verdict.value for verdict in Verdict}


@pytest.mark.parametrize(
    ("variable", "why"),
    [
        ("ENGINE_ENVIRONMENT", "ENGINE_ENVIRONMENT names it"),
        ("", "default-environment in pyproject.toml names it"),
    ],
)
def test_why_it_is_that_environment(
    engine: Engine, root: Path, monkeypatch: pytest.MonkeyPatch, variable: str, why: str
) -> None:
    """A flag, a variable, the configuration, in this order."""
    (root / "pyproject.toml").write_text(
        '[tool.engine]\ndefault-environment = "local"\n[tool.engine.environments.other]\n'
        "emulator = true\n"
    )
    if variable:
        monkeypatch.setenv(variable, "local")
    found = lines(engine, "--offline", code=0)
    ((_, text),) = of(found, "environment")
    assert text == f"environment local, the embedded emulator: {why}; others: other"
    ((_, text),) = of(lines(engine, "--offline", "-e", "other"), "environment")
    assert "other, the embedded emulator: the command line names it" in text


def test_a_key_alone_is_an_environment(engine: Engine, emulator: Emulator) -> None:
    """The account, its version and the clock are asked for; a secret key may do everything."""
    found = lines(engine, code=0)
    assert of(found, "environment")[0][1].startswith(
        "environment default, a key in STRIPE_API_KEY: nothing names one, and STRIPE_API_KEY is set"
    )
    ((result, text),) = of(found, "key")
    assert (result, text) == (
        "ok",
        (
            "the key in STRIPE_API_KEY is a secret key, which may do everything, of test mode or "
            "a sandbox"
        ),
    )
    assert [result for result, _ in of(found, "account")] == ["ok"]
    assert of(found, "clock") == [("ok", "the clock agrees with that of Stripe")]
    assert of(found, "read-permissions")[0][0] == "ok"
    assert emulator.log.writes() == []


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("pk_test_123", "a publishable key"),
        ("whsec_123456789", "the secret of a webhook endpoint"),
        ("'sk_test_123'", "in quotation marks"),
        ("sk_live_0123456789", "is a live key"),
    ],
)
def test_a_wrong_key_is_named_and_not_shown(
    engine: Engine, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, key: str, words: str
) -> None:
    """Nothing is sent with it."""
    monkeypatch.setenv("STRIPE_API_KEY", key)
    found = lines(engine, code=1)
    ((check, text, hint),) = wrong(found)
    assert check == "key"
    assert words in text
    assert hint
    assert key.strip("'") not in json.dumps(found)
    assert of(found, "account") == [("unknown", "not checked: there is no key that can be used")]
    assert len(emulator.log) == 0


def test_an_environment_without_its_key(engine: Engine, root: Path) -> None:
    """The variable that is missing is named."""
    (root / "pyproject.toml").write_text(
        '[tool.engine.environments.live]\napi-key = "env:LIVE_KEY"\nlive = true\n'
    )
    ((check, text, hint),) = wrong(lines(engine, "-e", "live", code=1))
    assert check == "key"
    assert "LIVE_KEY is not set" in text
    assert "export LIVE_KEY=" in hint


def test_offline_nothing_is_asked(engine: Engine, emulator: Emulator) -> None:
    """The lines say so, and the rest is checked."""
    found = lines(engine, "--offline", code=0)
    assert ("unknown", "not checked: not asked, because of --offline") in of(found, "account")
    assert of(found, "stacks")[0][0] == "ok"
    assert len(emulator.log) == 0


def test_a_server_that_is_down(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked for the account alone, and what else it would be asked is not checked."""
    monkeypatch.setenv("STRIPE_API_BASE", "http://127.0.0.1:9")
    monkeypatch.setenv("STRIPE_API_KEY", KEY)
    monkeypatch.setenv("ENGINE_RETRIES", "0")
    found = lines(engine, code=1)
    ((check, text, _),) = wrong(found)
    assert check == "account"
    assert text.startswith("Stripe could not be reached at http://127.0.0.1:9")
    assert ("unknown", "not checked: Stripe did not return the account") in [
        (line["result"], line["text"]) for line in found
    ]


def test_what_a_restricted_key_lacks(
    engine: Engine, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By Stripe's names, with the types that need it; nothing is made to find out."""
    monkeypatch.setenv("STRIPE_API_KEY", RESTRICTED)
    emulator.restrict(RESTRICTED, {"plan_read"})
    found = lines(engine, code=1)
    assert {(check, text) for check, text, _ in wrong(found)} == {
        (
            "read-permissions",
            "the key lacks the permission Products Read (product_read), to read stripe_product",
        ),
        (
            "write-permissions",
            "the key lacks the permission Products Write (product_write), to write stripe_product",
        ),
        (
            "write-permissions",
            "the key lacks the permission Prices Write (plan_write), to write stripe_price",
        ),
    }
    assert "a restricted key" in of(found, "key")[0][1]
    assert {entry.status for entry in emulator.log.writes()} <= {403, 404}
    emulator.restrict(RESTRICTED, {"plan_write", "product_write"})
    assert of(lines(engine, code=0), "write-permissions") == [
        ("ok", "the key may write all of them; nothing was changed to find out")
    ]


def test_a_write_that_cannot_be_tried_is_said_to_be_unknown(
    engine: Engine, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, write: Write
) -> None:
    """Tax settings always exist: each write would change them."""
    write(
        "tax",
        """
        from engine.stripe import TaxSettings

        TaxSettings("tax", defaults={"tax_behavior": "exclusive"})
        """,
    )
    monkeypatch.setenv("STRIPE_API_KEY", RESTRICTED)
    emulator.restrict(
        RESTRICTED, {"plan_write", "product_write", "tax_settings_write", "tax_settings_read"}
    )
    found = of(lines(engine, code=0), "write-permissions")
    assert [result for result, _ in found] == ["unknown", "ok"]
    assert "whether the key may write stripe_tax_settings" in found[0][1]


def test_another_account_than_the_environment_is_for(
    engine: Engine, root: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The account that the key belongs to is in the line above."""
    del emulator
    (root / "pyproject.toml").write_text(
        '[tool.engine.environments.test]\napi-key = "env:STRIPE_API_KEY"\naccount = "acct_1Other"\n'
    )
    monkeypatch.setenv("ENGINE_ENVIRONMENT", "test")
    ((check, text, _),) = wrong(lines(engine, code=1))
    assert (check, text) == ("account", "environment test is for account acct_1Other")


def test_a_configuration_that_cannot_be_used(engine: Engine, root: Path) -> None:
    """What is wrong with it is said once; the installation is checked all the same."""
    (root / "pyproject.toml").write_text("[tool.engine]\ncolour = 1\n")
    found = lines(engine, code=1)
    assert [check for check, _, _ in wrong(found)] == ["configuration"]
    assert of(found, "python")[0][0] == "ok"
    (root / "pyproject.toml").write_text("[tool.engine\n")
    assert [check for check, _, _ in wrong(lines(engine))] == ["configuration"]


def test_stacks_with_mistakes(engine: Engine, write: Write) -> None:
    """The first of them, with file and line; how many more."""
    write("bad", "from engine.stripe import Coupon\n" + "Coupon('c', percent=1)\n" * 1)
    found = lines(engine, "--offline", code=1)
    assert {check for check, _, _ in wrong(found)} == {"stacks"}
    assert wrong(found)[0][1].startswith("stacks/bad.py:2: ")


def test_outside_of_a_project_nothing_is_made(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even the account of the embedded emulator."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    found = lines(engine, code=1)
    assert [check for check, _, _ in wrong(found)] == ["stacks"]
    assert ("unknown", "not checked: there is no project here") in of(found, "account")
    assert list(folder.iterdir()) == []


def test_locks_and_what_is_unfinished(engine: Engine, root: Path) -> None:
    """A held lock stops an apply; a journal does not: the apply finishes it."""
    assert engine("apply", "--yes").code == 0
    assert engine("lock", "local", "--reason", "launch freeze").code == 0
    for name in ("moves_0123456789ab", "shop"):
        open_project(root).backend.begin_journal(name, "local", [b"{}"], reserve=0).close()
    (root / "state" / "local" / "shop.json").write_text("{")
    found = lines(engine, code=1)
    assert [check for check, _, _ in wrong(found)] == ["states", "locks"]
    assert "launch freeze" in of(found, "locks")[0][1]
    assert of(found, "unfinished")[:2] == [
        (
            "note",
            (
                "the plan of moves local/moves_0123456789ab was not carried out whole, so that "
                "what was done of it is kept; engine apply FILE, with the file of that plan, goes "
                "on"
            ),
        ),
        ("warning", "a run on local/shop has not finished"),
    ]


def test_a_folder_that_cannot_be_written(engine: Engine, root: Path) -> None:
    """A file is in the place of the states."""
    (root / "state").write_text("in the way")
    found = lines(engine, code=1)
    assert [check for check, _, _ in wrong(found)] == ["store"]
    assert of(found, "states") == [("unknown", "not checked: the states cannot be used")]


def test_a_sink_whose_program_is_not_there(engine: Engine, root: Path, write: Write) -> None:
    """It stops an apply only where something has a secret; the program is never run."""
    (root / "pyproject.toml").write_text(
        '[tool.engine.environments.local]\nemulator = true\nsecrets = "command:no-such-vault put"\n'
    )
    assert [result for result, _ in of(lines(engine, code=0), "sink")] == ["warning"]
    write(
        "hooks",
        """
        from engine.stripe import WebhookEndpoint

        WebhookEndpoint("hook", url="https://example.com/hook", enabled_events=["*"])
        """,
    )
    ((check, text, _),) = wrong(lines(engine, code=1))
    assert check == "sink"
    assert "no-such-vault" in text


def test_states_in_git(engine: Engine, root: Path, emulator: Emulator) -> None:
    """Ignored, then not committed, then committed."""
    del emulator

    def git(*words: str) -> None:
        name = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
        subprocess.run(["git", *name, *words], cwd=root, check=True, capture_output=True)  # noqa: S603, S607

    git("init", "--quiet")
    assert engine("apply", "--yes").code == 0
    (root / ".gitignore").write_text("state/\n")
    assert of(lines(engine, code=0), "committed")[0] == (
        "warning",
        "git ignores state/default, so that its states reach no other machine",
    )
    (root / ".gitignore").write_text("")
    ((result, text),) = of(lines(engine), "committed")
    assert (result, text) == ("warning", "not committed as they are: the states of shop")
    assert of(lines(engine), "merging")[0][0] == "warning"
    git("add", "state")
    git("commit", "--quiet", "-m", "state")
    assert engine("git-setup").code == 0
    found = lines(engine, code=0)
    assert of(found, "committed") == [("ok", "the states of default are committed")]
    assert of(found, "merging")[0][0] == "ok"


def test_a_variable_with_a_mistake_in_its_name(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing reads it, so an apply would go to another account than is meant."""
    monkeypatch.setenv("STRIPE_API_KEYS", "x")
    monkeypatch.setenv("ENGINE_VAR_ENVIRONMENT", "x")
    assert of(lines(engine, "--offline"), "variables") == [
        ("warning", "the variable STRIPE_API_KEYS is set, which nothing reads")
    ]


def test_the_accounts_of_a_fleet(
    engine: Engine, root: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys that are missing are named; Stripe is not asked for each account."""
    (root / "pyproject.toml").write_text(
        '[tool.engine.environments.agency]\napi-key = "env:STRIPE_API_KEY"\n'
        '[tool.engine.fleets.clients]\nenvironment = "agency"\naccounts = [\n'
        '{ name = "acme", api-key = "env:ACME_KEY" },\n'
        '{ name = "globex", api-key = "env:GLOBEX_KEY" }]\n'
    )
    monkeypatch.setenv("ACME_KEY", "sk_test_acme777777777")
    found = lines(engine, "--fleet", "clients", code=1)
    ((check, text, _),) = wrong(found)
    assert check == "members"
    assert "'clients/globex' has no API key" in text
    assert ("ok", "accounts whose key can be used: 1") in of(found, "members")
    assert of(found, "environment")[0][1].startswith(
        "environment agency, a key in STRIPE_API_KEY: the fleet clients belongs to it"
    )
    asked = [entry.path for entry in emulator.log if entry.path == "/v1/account"]
    assert len(asked) == 2  # the account, and its version: both of the environment's own key
    assert engine("doctor", "--fleet", "nosuch").code == 1
    assert (
        "belongs to the environment agency"
        in engine("doctor", "--fleet", "clients", "-e", "local").err
    )


def test_a_variable_that_an_environment_names_is_read(
    engine: Engine, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one of an environment that is not used now."""
    monkeypatch.setenv("STRIPE_TEST_KEY", "x")
    (root / "pyproject.toml").write_text(
        '[tool.engine.environments.test]\napi-key = "env:STRIPE_TEST_KEY"\n', encoding="utf-8"
    )
    assert of(lines(engine, "--offline"), "variables") == []
