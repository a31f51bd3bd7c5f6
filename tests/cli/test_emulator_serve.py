"""The emulator as a server of its own."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import Engine, Write
from tests.support.git import git
from tests.support.hooks import application

# A shell's background job ignores Ctrl-C, and so would its children.
PROGRAM = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from engine.cli.main import run
sys.exit(run(sys.argv[1:]))
"""
LISTENER = "whsec_of_the_application"
# No file may grow beyond so many bytes.
SMALL_DISK = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
"""


@pytest.fixture
def serve(root: Path) -> Iterator[Callable[..., tuple[subprocess.Popen[str], str]]]:
    """Starts a server in the project's folder; gives the process and its first line."""
    running: list[subprocess.Popen[str]] = []

    def start(*words: str, limit: int | None = None) -> tuple[subprocess.Popen[str], str]:
        program = PROGRAM if limit is None else SMALL_DISK.format(limit=limit) + PROGRAM
        process = subprocess.Popen(  # noqa: S603 - the words are the tests' own
            [sys.executable, "-c", program, "emulator", "serve", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            cwd=root,
        )
        running.append(process)
        assert process.stdout is not None
        return process, process.stdout.readline()

    yield start
    for process in running:
        process.kill()
        process.communicate()


def products(url: str, key: str) -> list[dict[str, Any]]:
    """The products that a key sees."""
    request = urllib.request.Request(  # noqa: S310 - our own server
        f"{url}/v1/products", headers={"Authorization": f"Bearer {key}"}
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - our own server
        found: list[dict[str, Any]] = json.load(answer)["data"]
    return found


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_announces_serves_and_stops_with_0(
    serve: Callable[..., Any], stop: signal.Signals
) -> None:
    """The address on stdout, how to use it on stderr."""
    process, line = serve()
    url = line.removeprefix("Serving Stripe on ").strip()
    assert url.startswith("http://127.0.0.1:")
    assert products(url, "sk_test_x") == []
    process.send_signal(stop)
    out, err = process.communicate()
    assert (process.returncode, out) == (0, "")
    assert "  export STRIPE_API_KEY=sk_test_x\n" in err
    assert f"  export STRIPE_API_BASE={url}\n" in err
    assert err.endswith("Stopped.\n")


def test_a_project_can_be_applied_to_it(serve: Callable[..., Any], shell: Engine) -> None:
    """As one would to Stripe, with a key and an address; each key has its own account."""
    _, line = serve()
    url = line.removeprefix("Serving Stripe on ").strip()
    ended = shell("apply", "--yes", STRIPE_API_KEY="sk_test_x", STRIPE_API_BASE=url)
    assert ended.code == 0
    first = ended.out.splitlines()[0]
    assert first.startswith("Environment default, account acct_")
    assert first.endswith(f", test mode, at {url}")
    assert [product["name"] for product in products(url, "sk_test_x")] == ["Pro"]
    assert products(url, "sk_test_other") == []


def test_the_projects_own_account_can_be_served(serve: Callable[..., Any], shell: Engine) -> None:
    """What was applied to the embedded environment is there, and can be edited by hand."""
    assert shell("apply", "--yes").code == 0
    _, line = serve("--embedded")
    url = line.removeprefix("Serving Stripe on ").strip()
    assert [product["name"] for product in products(url, "sk_test_embedded")] == ["Pro"]


def test_an_account_file_keeps_the_account(serve: Callable[..., Any], root: Path) -> None:
    """The path is taken from the project's folder."""
    _, line = serve("--account-file", "account.db")
    assert line.startswith("Serving Stripe on ")
    assert (root / "account.db").exists()


@pytest.mark.parametrize("words", [("--account-file", "account.db"), ("--embedded",)])
def test_an_account_file_that_is_none_is_named(
    engine: Engine, root: Path, words: tuple[str, ...]
) -> None:
    """Before anything is served, and with the way on."""
    place = "account.db" if len(words) > 1 else ".engine/emulator/local.db"
    file = root / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"no database" * 1000)
    ended = engine("emulator", "serve", *words)
    assert (ended.code, ended.out) == (1, "")
    assert f"{place} cannot be used\n" in ended.err
    assert "file is not a database\nHint: check the file" in ended.err
    assert "bug in engine" not in ended.err


def test_a_full_disk_is_an_answer_of_stripes(serve: Callable[..., Any]) -> None:
    """A 500 in its form, and what fits is done again afterwards."""
    _, line = serve("--account-file", "account.db", limit=300_000)
    url = line.removeprefix("Serving Stripe on ").strip()

    def create(size: int) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310 - our own server
            f"{url}/v1/products",
            data=b"name=Pro&description=" + b"x" * size,
            headers={"Authorization": "Bearer sk_test_x"},
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - our own server
            made: dict[str, Any] = json.load(answer)
        return made

    def fill() -> None:
        for _ in range(100):
            create(20_000)

    with pytest.raises(urllib.error.HTTPError) as caught:
        fill()
    assert caught.value.code == 500
    error = json.load(caught.value)["error"]
    assert error["type"] == "api_error"
    assert "account file account.db cannot be used" in error["message"]
    kept = len(products(url, "sk_test_x"))
    assert kept > 0


def test_a_rate_refuses_what_is_too_much(serve: Callable[..., Any]) -> None:
    """Less than one a second is one, then Stripe's 429."""
    _, line = serve("--rate", "0.001", "--latency-ms", "1")
    url = line.removeprefix("Serving Stripe on ").strip()
    assert products(url, "sk_test_x") == []
    with pytest.raises(urllib.error.HTTPError) as caught:
        products(url, "sk_test_x")
    assert caught.value.code == 429
    assert caught.value.headers["Stripe-Rate-Limited-Reason"] == "global-rate"
    caught.value.close()


def test_the_address_is_a_document_with_json(serve: Callable[..., Any]) -> None:
    """In one line, which is what a script waits for."""
    _, line = serve("--json")
    document = json.loads(line)
    assert document["format_version"] == "1"
    assert products(document["url"], "sk_test_x") == []


def test_a_port_that_is_taken_is_named(engine: Engine) -> None:
    """With the way on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = engine("emulator", "serve", "--port", str(port))
    assert (ended.code, ended.out) == (1, "")
    assert f"Error: port {port} is taken\nHint: choose another" in ended.err


def test_what_happens_is_forwarded(serve: Callable[..., Any], shell: Engine) -> None:
    """Of an account without endpoints, signed with the secret that both have."""
    with application() as app, pytest.MonkeyPatch.context() as patch:
        patch.setenv("STRIPE_WEBHOOK_SECRET", LISTENER)
        process, line = serve("--forward-to", f"{app.url}/hook")
        url = line.removeprefix("Serving Stripe on ").strip()
        assert shell("apply", "--yes", STRIPE_API_KEY="sk_test_x", STRIPE_API_BASE=url).code == 0
        taken = app.next()
        assert taken.path == "/hook"
        assert taken.checked(LISTENER)["type"] == "product.created"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    assert process.returncode == 0
    assert LISTENER not in err


HOOK = """
    from engine import output
    from engine.stripe import WebhookEndpoint

    hook = WebhookEndpoint(
        "hook", url="https://shop.example/hook", enabled_events=["price.created"]
    )
    output("hook_secret", hook.secret, sensitive=True)
"""


def variables(file: Path) -> dict[str, str]:
    """What a dotenv file of ours says."""
    lines = (line for line in file.read_text(encoding="utf-8").splitlines() if "=" in line)
    pairs = (line.partition("=") for line in lines if not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def test_stacks_are_applied_first(serve: Callable[..., Any], write: Write, root: Path) -> None:
    """The application gets address, key, ids, outputs and secrets; the project stays as it was."""
    write("hooks", HOOK)
    before = sorted(root.rglob("*"))
    with application() as app:
        process, line = serve(
            *("--stack", "shop", "--stack", "hooks", "--env-file", ".env.emulator"),
            *("--forward-to", app.url),
        )
        url = line.removeprefix("Serving Stripe on ").strip()
        found = variables(root / ".env.emulator")
        assert found["STRIPE_API_BASE"] == url
        assert [one["name"] for one in products(url, found["STRIPE_API_KEY"])] == ["Pro"]
        assert found["STRIPE_PRICE_PRO_MONTHLY"] == found["price_id"]
        secret = found["STRIPE_WEBHOOK_SECRET"]
        assert secret == found["hook_secret"] == found["STRIPE_WEBHOOK_ENDPOINT_HOOK_SECRET"]
        assert (root / ".env.emulator").stat().st_mode & 0o777 == 0o600
        request = urllib.request.Request(  # noqa: S310 - our own server
            f"{url}/v1/prices",
            data=f"product={found['STRIPE_PRODUCT_PRO']}&currency=usd&unit_amount=7".encode(),
            headers={"Authorization": f"Bearer {found['STRIPE_API_KEY']}"},
        )
        urllib.request.urlopen(request).close()  # noqa: S310 - our own server
        # What the stacks made is not news; what was done since is.
        event = app.next().checked(secret)
        assert event["data"]["object"]["unit_amount"] == 7
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert (process.returncode, out) == (0, "")
    assert f"  export STRIPE_API_KEY={found['STRIPE_API_KEY']}\n" in err
    assert secret not in err
    kept = {one for one in root.rglob("*") if "__pycache__" not in one.parts}
    assert kept - set(before) == {root / ".env.emulator"} | {
        one for one in kept if ".engine" in one.parts
    }
    assert not (root / "state").exists()


def test_stacks_that_cannot_be_applied_are_not_served(engine: Engine) -> None:
    """It says why, and ends."""
    ended = engine("emulator", "serve", "--stack", "nothing")
    assert (ended.code, ended.out) == (1, "")
    assert "nothing" in ended.err
    both = engine("emulator", "serve", "--stack", "shop", "--embedded")
    assert both.code == 1
    assert "do not go together" in both.err


def test_a_file_of_another_is_not_written_over(engine: Engine, root: Path) -> None:
    """A person's own dotenv file stays."""
    (root / ".env").write_text("MINE=1\n", encoding="utf-8")
    ended = engine("emulator", "serve", "--stack", "shop", "--env-file", ".env")
    assert ended.code == 1
    assert ".env is not written over" in ended.err
    assert ended.err.endswith("Hint: name another file\n")
    assert "created" not in ended.err
    assert (root / ".env").read_text(encoding="utf-8") == "MINE=1\n"


def test_an_output_with_the_name_of_a_servers_variable_is_refused(
    engine: Engine, write: Write, root: Path
) -> None:
    """Of two lines for one name, programs read the first or the last."""
    write("odd", 'from engine import output\noutput("STRIPE_API_BASE", "https://example.com")\n')
    ended = engine("emulator", "serve", "--stack", "odd", "--env-file", ".env.emulator")
    assert ended.code == 1
    assert "a stack has an output STRIPE_API_BASE" in ended.err
    assert "Serving" not in ended.out
    assert not (root / ".env.emulator").exists()


def test_a_file_that_git_would_commit_is_refused_before_anything_is_done(
    engine: Engine, root: Path
) -> None:
    """Nothing is applied, no port is taken, and the way on is named."""
    git(root, "init")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        words = ("--stack", "shop", "--env-file", ".env.emulator", "--port", port)
        ended = engine("emulator", "serve", *words)
        assert (ended.code, ended.out) == (1, "")
        assert ended.err.startswith(
            "Error: .env.emulator would be committed, with a secret in it\n"
        )
        assert "Hint: add .env.emulator to .gitignore" in ended.err
        (root / ".gitignore").write_text(".env.*\n", encoding="utf-8")
        assert f"port {port} is taken" in engine("emulator", "serve", *words).err
    assert not (root / ".env.emulator").exists()
