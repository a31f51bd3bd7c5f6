"""What every `engine.ports.secret_sink.SecretSink` MUST do, one suite for all of them."""

from __future__ import annotations

import stat
import sys
import textwrap
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.backends.secrets.command import CommandSink
from engine.backends.secrets.env_file import EnvFileSink
from engine.backends.secrets.file import FileSink
from engine.errors import SecretSinkError
from engine.ports.secret_sink import SecretSink
from engine.redaction import forget, redact

HOOK = "stripe_webhook_endpoint.events.secret"
OTHER = "stripe_v2_core_event_destination.events.webhook_endpoint.signing_secret"
OUTPUT = "output.webhook_secret"

VAULT = """
    import os, pathlib, sys
    verb, folder = sys.argv[1:]
    kept = pathlib.Path(folder, *(os.environ[f"ENGINE_SECRET_{part}"]
                                  for part in ("ENVIRONMENT", "STACK", "NAME")))
    if verb == "store":
        os.umask(0o077)
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(sys.stdin.buffer.read())
    elif kept.exists():
        sys.stdout.buffer.write(kept.read_bytes() + b"\\n")
"""
"""A vault such as a team may have: a program that takes secrets and gives them back."""


@dataclass(frozen=True)
class Place:
    """A sink as it is configured.

    Attributes:
        open: Makes the sink of an environment, as another run would.
        breaks: Makes the place unusable.
    """

    open: Callable[[str], SecretSink]
    breaks: Callable[[], object]


def _file(root: Path) -> Place:
    private = root / ".engine"

    def breaks() -> None:
        private.mkdir()
        (private / "secrets").write_text("in the way")

    return Place(lambda environment: FileSink(private, environment), breaks)


def _env_file(root: Path) -> Place:
    def opened(environment: str) -> SecretSink:
        path = root / f"{environment}.env"
        return EnvFileSink(path, private=root / ".engine", environment=environment)

    return Place(opened, (root / "live.env").mkdir)


def _command(root: Path) -> Place:
    program = root / "vault.py"
    program.write_text(f"#!{sys.executable} -S\n{textwrap.dedent(VAULT)}")
    program.chmod(0o700)

    def opened(environment: str) -> SecretSink:
        words = {verb: (str(program), verb, str(root / "vault")) for verb in ("store", "read")}
        return CommandSink(words["store"], read=words["read"], root=root, environment=environment)

    return Place(opened, lambda: program.chmod(0o600))


PLACES: dict[str, Callable[[Path], Place]] = {
    "file": _file,
    "env-file": _env_file,
    "command": _command,
}


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty place for secrets."""
    return PLACES[request.param](tmp_path)


@pytest.fixture
def sink(place: Place) -> SecretSink:
    """The sink of the environment `live`."""
    return place.open("live")


# ── 1. keeps secrets ──────────────────────────────────────────────────────────────────────


def test_1_1_nothing_is_there_at_first(sink: SecretSink) -> None:
    """A secret that was never kept is None, also after a check."""
    assert sink.load("shop", HOOK) is None
    sink.check()
    sink.check("shop", [HOOK, OTHER, OUTPUT])
    assert sink.load("shop", HOOK) is None


@pytest.mark.parametrize(
    "value",
    [
        "whsec_4eC39HqLyjWDarjtT1zdp7dc",
        "two words",
        "a # no comment",
        "trailing \\",
        'double " quote',
        "single ' quote",
        "both \" and '",
        "$HOME ${HOME} `id` $(id) and 'more'",
        "back\\slash \\n \\\\ 'more'",
        "-----BEGIN KEY-----\nMIIE\nFAKE=1\n-----END KEY-----",
        "it's\nNAME=value",
        "ümläut €",
        "=starts with it",
    ],
)
def test_1_2_what_is_read_is_what_was_kept(place: Place, value: str) -> None:
    """Whatever is in it, by the same run and by the next."""
    first = place.open("live")
    first.check("shop", [HOOK])
    first.store("shop", HOOK, value)
    first.store("shop", OTHER, "something else")
    assert first.load("shop", HOOK) == value
    assert place.open("live").load("shop", HOOK) == value
    assert place.open("live").load("shop", OTHER) == "something else"


def test_1_3_the_last_one_counts(place: Place) -> None:
    """A new secret takes the place of an earlier one, for every reader."""
    for value in ("whsec_1", "whsec_2'\n", "whsec_3"):
        sink = place.open("live")
        sink.check("shop", [HOOK])
        sink.store("shop", HOOK, value)
    assert place.open("live").load("shop", HOOK) == "whsec_3"


def test_1_4_stacks_environments_and_names_are_kept_apart(place: Place) -> None:
    """The same name elsewhere is another secret."""
    kept = {
        (environment, stack, name): f"{environment} {stack} {name}"
        for environment in ("live", "test")
        for stack in ("shop", "blog")
        for name in (HOOK, OTHER, OUTPUT)
    }
    for (environment, stack, name), value in kept.items():
        place.open(environment).store(stack, name, value)
    found = {key: place.open(key[0]).load(key[1], key[2]) for key in kept}
    assert found == kept


def test_1_5_runs_at_once_lose_nothing(place: Place) -> None:
    """Two stacks applied at the same time each keep their own."""
    names = [f"stripe_webhook_endpoint.hook-{number}.secret" for number in range(12)]
    with ThreadPoolExecutor(max_workers=6) as pool:
        list(pool.map(lambda name: place.open("live").store("shop", name, f"of {name}"), names))
    assert [place.open("live").load("shop", name) for name in names] == [
        f"of {name}" for name in names
    ]


def test_1_6_what_is_let_go_of_is_gone(place: Place, tmp_path: Path) -> None:
    """And that alone; a place that only takes secrets keeps them."""
    sink = place.open("live")
    for name in (HOOK, OTHER):
        sink.store("shop", name, f"whsec of {name}")
    sink.remove("shop", HOOK)
    sink.remove("shop", HOOK)
    place.open("live").remove("blog", HOOK)
    assert place.open("live").load("shop", OTHER) == f"whsec of {OTHER}"
    if not isinstance(sink, CommandSink):
        assert sink.load("shop", HOOK) is None
        assert place.open("live").load("shop", HOOK) is None
        files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
        assert not any(b"whsec of stripe_webhook" in content for content in files)
    sink.store("shop", HOOK, "whsec_new")
    assert sink.load("shop", HOOK) == "whsec_new"


# ── 2. tells nobody ───────────────────────────────────────────────────────────────────────


def test_2_1_only_the_user_can_read_it(sink: SecretSink, tmp_path: Path) -> None:
    """Every file with the secret in it is 0600, however open a place was."""
    sink.store("shop", HOOK, "whsec_1")
    for path in tmp_path.rglob("*"):
        if path.is_file() and b"whsec" in path.read_bytes():
            path.chmod(0o644)
    sink.store("shop", HOOK, "whsec_canary")
    holders = [
        path
        for path in tmp_path.rglob("*")
        if path.is_file() and b"whsec_canary" in path.read_bytes()
    ]
    assert len(holders) == 1
    if not isinstance(sink, CommandSink):  # whose files are the program's affair
        assert stat.S_IMODE(holders[0].stat().st_mode) == 0o600


def test_2_2_what_passes_through_is_hidden_from_then_on(place: Place) -> None:
    """In every message of the run, whether it was kept or read back."""
    place.open("live").store("shop", HOOK, "open-sesame")
    assert redact("it is open-sesame") == "it is (sensitive)"
    forget()
    assert place.open("live").load("shop", HOOK) == "open-sesame"
    assert redact("it is open-sesame") == "it is (sensitive)"


def test_2_3_where_it_is_can_be_told(sink: SecretSink) -> None:
    """Without telling it."""
    sink.store("shop", HOOK, "open-sesame")
    assert "shop" in sink.where("shop", HOOK).lower()
    assert "open-sesame" not in sink.where("shop", HOOK)


# ── 3. refuses in time ────────────────────────────────────────────────────────────────────


def test_3_1_a_check_leaves_nothing(sink: SecretSink, tmp_path: Path) -> None:
    """No file stays behind, however often it is asked."""
    sink.check("shop", [HOOK])
    before = sorted(tmp_path.rglob("*"))
    sink.check("shop", [HOOK])
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("use", ["check", "check with names", "store", "load", "remove"])
def test_3_2_a_place_that_cannot_be_used_is_refused(place: Place, use: str) -> None:
    """With what is wrong and what to do; the secret is not in the text."""
    place.breaks()
    sink = place.open("live")
    if use == "remove" and isinstance(sink, CommandSink):
        return  # nobody asks the program
    calls: dict[str, Callable[[], object]] = {
        "check": sink.check,
        "check with names": lambda: sink.check("shop", [HOOK]),
        "store": lambda: sink.store("shop", HOOK, "open-sesame"),
        "load": lambda: sink.load("shop", HOOK),
        "remove": lambda: sink.remove("shop", HOOK),
    }
    with pytest.raises(SecretSinkError) as raised:
        calls[use]()
    assert raised.value.cause
    assert raised.value.hint
    assert "open-sesame" not in str(raised.value)
