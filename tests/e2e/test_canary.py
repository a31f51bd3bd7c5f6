"""Canaries: secrets and a key, looked for byte by byte after everything the engine can do.

Every command runs, plainly, with `--json` and with `-v`; Stripe refuses and quotes what it was
sent; connections are cut; there are bugs; runs are killed. Afterwards every byte that was printed,
and every byte of the project's folder and of its git objects, is searched for every canary in every
spelling. They may be in the place for secrets and nowhere else.
"""

from __future__ import annotations

import base64
import html
import io
import json
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn
from urllib.error import HTTPError
from urllib.parse import quote, quote_plus, urlencode

import click
import pytest

from engine.cli.invocation import Invocation
from engine.cli.main import run
from engine.cli.root import engine as program
from engine.emulator.core import Emulator
from engine.emulator.doors.server import EmulatorServer
from engine.emulator.testing import faults
from engine.emulator.testing.faults import Effect
from engine.redaction import forget
from engine.stripe.provider import StripeProvider
from tests.support.surroundings import clear

KEY = "sk_test_CanaryKeyQ7w8E9r0T1y2"
WRONG_KEY = "canary.key/odd+chars-U3i4O5p6"
PAYLOAD = 'canary "p\u00e4yload" & <more> of/it +$HOME \\ it\'s 100%'
METADATA = "canary-metadata-A1s2D3f4"
TAX_ID = "canary-tax-G5h6J7k8"
OUTPUT = "canary-output-L9z0X1c2"
SECRETS = {
    "CANARY_PAYLOAD": PAYLOAD,
    "CANARY_METADATA": METADATA,
    "CANARY_TAX_ID": TAX_ID,
    "CANARY_OUTPUT": OUTPUT,
}
CANARIES = (KEY, WRONG_KEY, *SECRETS.values())
WEBHOOK_SECRET = re.compile(rb"whsec_[A-Za-z0-9]{8,}")

STACK = """
    import os

    from engine import Lifecycle, Sensitive, output
    from engine.stripe import AppsSecret, Cardholder, EventDestination, Product, WebhookEndpoint

    hook = WebhookEndpoint("events", url="https://example.com/hook", enabled_events=["*"])
    EventDestination(
        "thin", name="Thin", type="webhook_endpoint", event_payload="thin",
        enabled_events=["v1.billing.meter.error_report_triggered"],
        webhook_endpoint={"url": "https://example.com/thin"},
    )
    AppsSecret(
        "token", name="token", scope={"type": "account"},
        payload=Sensitive(os.environ["CANARY_PAYLOAD"]),
    )
    Product("pro", name="Pro", metadata={
        "token": Sensitive(os.environ["CANARY_METADATA"]), "hook": hook.secret,
    })
    Cardholder(
        "ada", name="Ada", type="company",
        company={"tax_id": Sensitive(os.environ["CANARY_TAX_ID"])},
        billing={"address": {
            "line1": "1 Road", "city": "Town", "postal_code": "12345", "country": "US",
        }},
        lifecycle=Lifecycle(protect=False),
    )
    output("hook", hook.secret, sensitive=True)
    output("token", os.environ["CANARY_OUTPUT"], sensitive=True)
    output("mixed", f"{hook.id} {hook.secret}")
"""
BROKEN = """
    import os

    from engine import Sensitive
    from engine.stripe import Product

    token = Sensitive(os.environ["CANARY_PAYLOAD"])
    Product("x", nam=token, description=[token], metadata={"a": Sensitive("${nonsense}")})
    raise ValueError(f"bad token {token.value!r}")
"""
HOOK = "stripe_webhook_endpoint.events"
ADDRESSES = (
    HOOK,
    "stripe_apps_secret.token",
    "stripe_product.pro",
    "stripe_issuing_cardholder.ada",
)

COMMANDS = """\
secrets = "command:sh -c 'cat > vault/$ENGINE_SECRET_NAME'"
secrets-read = "command:sh -c 'cat vault/$ENGINE_SECRET_NAME'"
"""
SINKS = {
    "file": ('secrets = "file"', (".engine/secrets",)),
    "env-file": ('secrets = "env-file:.env.shop"', (".env.shop", ".engine/secrets")),
    "command": (COMMANDS, ("vault",)),
}
"""Configuration of each sink, and where its secrets may be."""

ROWS: dict[tuple[str, ...], Sequence[Sequence[str]]] = {
    ("init",): [["fresh"]],
    ("validate",): [[], ["shop"]],
    ("plan",): [
        [],
        ["--no-refresh"],
        ["--refresh-only"],
        ["--destroy"],
        ["--replace", HOOK],
        ["--var", f"token={KEY}", KEY],
        ["-o", "shop.plan"],
        ["--replace", HOOK, "-o", "hook.plan"],
    ],
    ("apply",): [
        ["--yes"],
        [],
        ["shop.plan"],
        ["nosuch.plan"],
        ["--yes", *(f"--replace={address}" for address in ADDRESSES)],
    ],
    ("show",): [[], ["shop.plan"], ["pyproject.toml"]],
    ("output",): [
        [],
        ["token"],
        ["token", "--raw"],
        ["mixed"],
        ["nosuch"],
        ["--reveal", "nosuch"],
        *(["--format", name] for name in ("dotenv", "json", "python", "typescript")),
        ["-o", "ids.py"],
        ["-o", "ids.ts", "--check"],
        ["-o", "ids.json", "--reveal", KEY],
    ],
    ("drift",): [[], ["shop"], ["--accept", HOOK], [KEY]],
    ("diff",): [["shop", "local"], ["shop", "local", "--all"], [KEY, "shop"]],
    ("promote",): [["shop", "local"], ["local", "shop"], ["shop", KEY]],
    ("subscribers",): [
        ["pro-monthly"],
        [KEY],
        [KEY, "--to", KEY, "--proration", "none", "-o", "move.plan", "--metadata", f"a={KEY}"],
    ],
    ("upgrade",): [[], ["--no-refresh"], ["--sdk", KEY]],
    ("doctor",): [[], ["--offline"], ["--fleet", KEY]],
    ("stacks",): [[], [KEY]],
    ("fleet",): [[], [KEY]],
    ("state", "list"): [[]],
    ("state", "stamp"): [["--check"], ["--yes"], [KEY]],
    ("state", "show"): [[address] for address in (*ADDRESSES, "stripe_product.nosuch")],
    ("state", "verify"): [[], ["shop"], [KEY]],
    ("state", "history"): [["shop"], [KEY]],
    ("state", "restore"): [["shop@1", "--yes"], [KEY]],
    ("state", "migrate"): [["--to", "file", "--yes"], ["--to", KEY, "--yes"]],
    ("state", "pull"): [["shop"], [KEY]],
    ("state", "push"): [["shop", "state/shop/shop.json"], [KEY, KEY]],
    ("state", "rebuild"): [["shop"], ["shop", "--force"]],
    ("state", "mv"): [["stripe_product.pro", "stripe_product.max"], [KEY, "stripe_product.x"]],
    ("state", "rm"): [["stripe_product.nosuch"], [KEY]],
    ("import",): [[HOOK, "we_nosuch"], ["stripe_product.pro", KEY], [KEY, "x"]],
    ("lock",): [
        [],
        ["shop/shop", "--reason", f"a leak of {KEY}?"],
        ["shop/shop", "--release"],
        [KEY],
    ],
    ("unlock",): [[KEY], ["nosuch", "--force"]],
    ("types",): [[], ["apps.secret"], [KEY]],
    ("completion",): [["fish"], [KEY]],
    ("explain",): [[], ["lock-held"], [KEY]],
    ("graph",): [[], ["--format", "mermaid"], [KEY]],
    ("schema",): [[], ["plan"], [KEY]],
    ("review",): [["HEAD..HEAD"], [KEY], ["shop@1", "shop@2"]],
    ("git-setup",): [[]],
    ("git", "textconv"): [["state/shop/shop.json"], [KEY]],
    ("git", "merge-state"): [["a", "b", "c", "state/shop/shop.json"], [KEY, KEY, KEY, KEY]],
    ("ci", "plan"): [[], [KEY]],
    ("ci", "apply"): [[], [KEY]],
    ("ci", "commit-state"): [[], [KEY]],
    ("ci", "drift"): [[], [KEY]],
    ("emulator", "serve"): [
        ["--port", "99999999"],
        ["--stack", KEY],
        ["--forward-to", f"http://{KEY}@example.com/{KEY}"],
    ],
    ("emulator", "events"): [
        [],
        ["--type", KEY],
        ["--resend", KEY],
        ["--resend", "evt_1", "--forward-to", f"http://{KEY}@127.0.0.1/{KEY}"],
    ],
    ("destroy",): [["--yes", f"--target={HOOK}"], []],
}
"""How each command is called. A command without a row fails a test."""
MODES: Sequence[Sequence[str]] = ([], ["--json"], ["-v"])

QUOTED = f"{PAYLOAD} {quote(PAYLOAD)} {json.dumps(PAYLOAD)} {METADATA} {TAX_ID} {KEY}"
EFFECTS: dict[str, Effect] = {
    "refused": faults.error(
        f"Invalid value: {QUOTED}", status=400, code="parameter_invalid", param=f"a[{PAYLOAD}]"
    ),
    "unauthenticated": faults.error(f"Invalid API Key provided: {QUOTED}", status=401),
    "failed": faults.error(f"Sorry: {QUOTED}", status=500, type="api_error"),
    "cut": faults.dropped(),
    "cut after": faults.dropped(executed=True),
}


def commands(
    command: click.Command = program, path: tuple[str, ...] = ()
) -> Iterator[tuple[str, ...]]:
    """Every command that does something."""
    context = click.Context(command)
    if not isinstance(command, click.Group):
        yield path
        return
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        assert inner is not None
        yield from commands(inner, (*path, name))


# ── searching ─────────────────────────────────────────────────────────────────────────────


def spellings(canary: str) -> set[bytes]:
    """A canary as it might be written; found anywhere inside longer texts of the same kind."""
    texts = {canary, html.escape(canary), quote(canary), quote(canary, safe="")}
    texts |= {quote_plus(canary), quote_plus(canary, safe="/"), urlencode({"": canary})[1:]}
    texts |= {json.dumps(canary)[1:-1], json.dumps(canary, ensure_ascii=False)[1:-1]}
    texts |= {repr(canary)[1:-1], ascii(canary)[1:-1], json.dumps(json.dumps(canary))[3:-3]}
    raw = canary.encode()
    found = {text.encode() for text in texts} | {raw.hex().encode(), canary.encode("utf-16-le")}
    for before in range(3):
        # Where in a longer text it begins shifts its letters; those it shares are left out.
        whole = b"\0" * before + raw
        whole = whole[: len(whole) // 3 * 3]
        skipped = (0, 2, 3)[before]
        found |= {
            encode(whole)[skipped:] for encode in (base64.b64encode, base64.urlsafe_b64encode)
        }
    return found


NEEDLES = {needle: canary for canary in CANARIES for needle in spellings(canary)}


def leaks(label: str, content: bytes) -> list[str]:
    """What of the canaries and of Stripe's secrets is in there."""
    found = [f"{canary!r} in {label}" for needle, canary in NEEDLES.items() if needle in content]
    return found + [f"{match!r} in {label}" for match in WEBHOOK_SECRET.findall(content)]


class Mine:
    """A project folder in front of a served emulator, and all that was printed about it."""

    def __init__(
        self, root: Path, emulator: Emulator, sink: str, capfd: pytest.CaptureFixture[str]
    ) -> None:
        """Args: root: the folder; emulator: holds the account; sink: kind; capfd: pytest's."""
        self.root = root
        self.emulator = emulator
        setting, self.kept = SINKS[sink]
        self._capfd = capfd
        self.printed: list[tuple[str, bytes]] = []
        (root / "stacks").mkdir(parents=True)
        (root / "vault").mkdir()
        (root / ".gitignore").write_text(".env.shop\n/vault/\n")
        self.write("shop", STACK)
        (root / "pyproject.toml").write_text(
            '[tool.engine]\ndefault-environment = "shop"\n'
            f'[tool.engine.environments.shop]\napi-key = "env:SHOP_KEY"\n{setting}\n'
        )

    def write(self, name: str, text: str) -> None:
        """Write a stack."""
        path = self.root / "stacks" / f"{name}.py"
        path.write_text(textwrap.dedent(text), encoding="utf-8")

    def run(self, *words: str) -> tuple[int, str]:
        """Run a command as a process that knows nothing yet; its exit code and stdout."""
        forget()
        self._capfd.readouterr()
        code = run(words)
        written = self._capfd.readouterr()
        self.printed.append((f"stdout of {words}", written.out.encode("utf-8", "replace")))
        self.printed.append((f"stderr of {words}", written.err.encode("utf-8", "replace")))
        return code, written.out

    def reveal(self, name: str) -> str:
        """Ask for a secret by name, which is the one way to have it printed."""
        code, out = self.run("output", "--reveal", name)
        assert code == 0
        self.printed = [entry for entry in self.printed if entry[1] != out.encode()]
        return out

    def everything(self) -> list[str]:
        """All leaks: in what was printed, in files, in git."""
        found = [leak for label, content in self.printed for leak in leaks(label, content)]
        for path in sorted(self.root.rglob("*")):
            name = str(path.relative_to(self.root))
            found += leaks("a file's name", name.encode())
            if path.is_file() and not name.startswith(self.kept):
                found += leaks(name, path.read_bytes())
        return found + leaks("git's objects", self._objects())

    def in_the_sink(self) -> bytes:
        """Every byte of the place for secrets."""
        files = [self.root / name for name in self.kept]
        files += [path for folder in files if folder.is_dir() for path in folder.rglob("*")]
        return b"\n".join(path.read_bytes() for path in files if path.is_file())

    def _objects(self) -> bytes:
        """Commit everything that git would take up, and read all that it has."""
        git = shutil.which("git")
        if git is None:
            return b""
        for words in (
            ["init", "--quiet"],
            ["add", "--all"],
            ["-c", "user.name=A", "-c", "user.email=a@b", "commit", "-qm", "all", "--allow-empty"],
        ):
            subprocess.run([git, *words], cwd=self.root, check=True)  # noqa: S603 - git
        done = subprocess.run(  # noqa: S603 - git
            [git, "cat-file", "--batch", "--batch-all-objects"],
            cwd=self.root,
            check=True,
            capture_output=True,
        )
        return done.stdout


@pytest.fixture(params=SINKS)
def mine(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Iterator[Mine]:
    """The project, the canaries in this process's environment."""
    clear(monkeypatch, "GIT_")
    for name, canary in SECRETS.items():
        monkeypatch.setenv(name, canary)
    root = tmp_path / "project"
    with Emulator(seed=5) as emulator, EmulatorServer(emulator) as server:
        monkeypatch.setenv("SHOP_KEY", KEY)
        monkeypatch.setenv("STRIPE_API_BASE", server.url)
        monkeypatch.setenv("STRIPE_LOG", "debug")
        monkeypatch.setenv("ENGINE_RETRIES", "0")
        found = Mine(root, emulator, request.param, capfd)
        monkeypatch.chdir(root)
        yield found


# ── the tests ─────────────────────────────────────────────────────────────────────────────


def test_every_command_has_a_row() -> None:
    """A command that is new has to be tried with canaries too."""
    assert set(commands()) == set(ROWS)


@pytest.mark.parametrize("canary", CANARIES)
def test_the_search_finds_a_canary_in_any_spelling(canary: str) -> None:
    """Plain, in JSON, in Python, in URLs and forms, in HTML, in Base64 at any place."""
    for text in (
        canary,
        json.dumps({"a": [canary]}),
        json.dumps({"a": canary}, ensure_ascii=False),
        repr({"a": canary}),
        urlencode({"a": canary}),
        quote(f"/{canary}/"),
        html.escape(canary),
        *(base64.b64encode(f"{'x' * n}{canary}yz".encode()).decode() for n in range(3)),
        base64.urlsafe_b64encode(f":{canary}:".encode()).decode(),
    ):
        assert leaks("", f"before {text} after".encode()), text
    assert leaks("", b"whsec_0123456789")
    assert leaks("", b"whsec_(redacted), sk_test_(redacted)") == []


def test_after_every_command_canaries_are_in_the_sink_alone(mine: Mine) -> None:
    """Every row in every mode, the way a project lives."""
    for path, rows in ROWS.items():
        for row in rows:
            for mode in MODES:
                mine.run(*path, *row, *mode)
    assert mine.run("apply", "--yes")[0] == 0
    assert mine.reveal("token") == OUTPUT
    assert mine.reveal("hook").startswith("whsec_")
    assert mine.everything() == []
    assert OUTPUT.encode() in mine.in_the_sink()
    assert WEBHOOK_SECRET.search(mine.in_the_sink())
    assert mine.run("destroy", "--yes")[0] == 0
    assert mine.everything() == []


def test_a_secret_that_a_person_supplies_is_in_the_sink_alone(
    mine: Mine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In every mode: one that is refused, one for an object of the state, one with an import."""
    supplied = "whsec_CanarySupplied0123456789"
    assert mine.run("apply", "--yes")[0] == 0
    for mode in MODES:
        for secret in (PAYLOAD, supplied):
            for words in ([HOOK], [HOOK, "we_nosuch"], ["stripe_product.pro"], [KEY]):
                monkeypatch.setattr("sys.stdin", io.StringIO(f"{secret}\n"))
                code, _ = mine.run("import", *words, "--secret-from-stdin", *mode)
                assert (code == 0) is (secret == supplied and words == [HOOK])
        assert mine.run("apply", "--yes", *mode)[0] == 0
    assert supplied.encode() in mine.in_the_sink()
    assert mine.reveal("hook") == supplied
    assert mine.everything() == []


@pytest.mark.parametrize("mine", ["file"], indirect=True)
@pytest.mark.parametrize("effect", EFFECTS)
def test_an_error_that_quotes_what_was_sent_tells_nothing(mine: Mine, effect: str) -> None:
    """Whatever request it strikes: none yet, the first write, each later one, all reads."""
    for method, skip in (("*", 0), ("POST", 0), ("POST", 1), ("POST", 3), ("GET", 1)):
        for mode in (["-v"], ["--json"]):
            for words in (
                ["plan"],
                ["apply", "--yes"],
                ["apply", "--yes", *(f"--replace={address}" for address in ADDRESSES)],
                ["import", HOOK, "we_1"],
                ["destroy", "--yes"],
            ):
                mine.emulator.faults.add(EFFECTS[effect], method=method, skip=skip, times=None)
                mine.run(*words, *mode)
                mine.emulator.faults.clear()
    assert mine.everything() == []


@pytest.mark.parametrize("mine", ["file"], indirect=True)
def test_a_wrong_key_is_not_repeated(mine: Mine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by Stripe's own refusal nor by one that quotes it whole."""
    monkeypatch.setenv("SHOP_KEY", WRONG_KEY)
    refused = faults.error(f"Invalid API Key provided: {WRONG_KEY}", status=401)
    for mode in MODES:
        for words in (["plan"], ["apply", "--yes"], ["import", HOOK, "we_1"]):
            assert mine.run(*words, *mode)[0] == 1
            mine.emulator.faults.add(refused, times=None)
            assert mine.run(*words, *mode)[0] == 1
            mine.emulator.faults.clear()
    assert mine.everything() == []


@pytest.mark.parametrize("mine", ["file"], indirect=True)
def test_a_bug_tells_nothing(mine: Mine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A traceback with causes and contexts, from before, amid and after the talk with Stripe."""
    assert mine.run("apply", "--yes")[0] == 0

    def fail(*_: object, **__: object) -> NoReturn:
        try:
            raise KeyError(QUOTED)  # noqa: TRY301 - a chain is wanted
        except KeyError as error:
            raise ValueError(repr([PAYLOAD, KEY, METADATA, TAX_ID])) from error

    real_open = Invocation.open

    def open_and_fail(self: Invocation, **options: Any) -> NoReturn:
        real_open(self, **options)
        raise RuntimeError(f"{KEY} {quote_plus(KEY)} whsec_0123456789abcdef")

    replacing = [f"--replace={address}" for address in ADDRESSES]
    for name in ("read_many", "create", "update", "delete"):
        with monkeypatch.context() as patched:
            patched.setattr(StripeProvider, name, fail)
            for mode in (["-v"], ["--json", "-v"], []):
                mine.run("plan", *mode)
                mine.run("apply", "--yes", *replacing, *mode)
                mine.run("destroy", "--yes", *mode)
    with monkeypatch.context() as patched:
        patched.setattr(Invocation, "open", open_and_fail)
        for path, rows in ROWS.items():
            for row in rows:
                mine.run(*path, *row, "-v")
    assert any(b"Traceback" in text and b"direct cause" in text for _, text in mine.printed)
    assert mine.everything() == []


@pytest.mark.parametrize("mine", ["file"], indirect=True)
def test_what_an_authors_module_raises_tells_nothing(mine: Mine) -> None:
    """It may quote what it has just called sensitive."""
    mine.write("broken", BROKEN)
    for mode in MODES:
        for command in ("validate", "plan"):
            code, _ = mine.run(command, *mode)
            assert code == 1
    assert any(b"bad token" in text for _, text in mine.printed)
    (mine.root / "stacks" / "broken.py").unlink()
    assert mine.everything() == []


def test_runs_that_are_killed_leave_nothing(mine: Mine) -> None:
    """Killed ever later, in the middle of writes too, until one comes through."""
    deaths = 0
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.faults.victim"],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        code, at = -1, 1
        while code != 0:
            order = {"root": str(mine.root), "environ": {}, "at": at, "torn": at % 2 == 0}
            process.stdin.write(json.dumps({**order, "parallelism": 1}) + "\n")
            process.stdin.flush()
            code = json.loads(process.stdout.readline())["code"]
            assert code in {0, -signal.SIGKILL}
            deaths += code != 0
            at += 5
            for path in mine.root.rglob("*.journal"):
                mine.printed.append((f"the journal at {at}", path.read_bytes()))
        out, err = process.communicate()
    mine.printed += [("stdout of the victim", out.encode()), ("its stderr", err.encode())]
    assert deaths > 3
    assert mine.everything() == []
    assert OUTPUT.encode() in mine.in_the_sink()
    assert mine.run("plan", "--detailed-exitcode")[0] == 0


@pytest.mark.parametrize("mine", ["file"], indirect=True)
def test_a_served_emulator_writes_no_key_down(mine: Mine) -> None:
    """It is spoken to with a key and with secrets, and refuses some of them."""
    with subprocess.Popen(
        [sys.executable, "-m", "engine", "emulator", "serve", "-v"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        url = line.split()[-1]
        for key in (KEY, WRONG_KEY):
            for params in ({"name": PAYLOAD}, {"nam": PAYLOAD}):
                request = urllib.request.Request(  # noqa: S310 - loopback
                    f"{url}/v1/products",
                    data=urlencode(params).encode(),
                    headers={"Authorization": f"Bearer {key}"},
                )
                try:
                    urllib.request.urlopen(request).close()  # noqa: S310 - loopback
                except HTTPError as error:
                    error.close()
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate()
    assert process.returncode == 0
    mine.printed += [("its stdout", f"{line}{out}".encode()), ("its stderr", err.encode())]
    assert mine.everything() == []
