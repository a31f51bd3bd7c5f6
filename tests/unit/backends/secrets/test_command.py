"""The `command` secret sink: what the program is told, and what becomes of its complaints."""

from __future__ import annotations

import json
import os
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.backends.secrets.command import CommandSink
from engine.errors import SecretSinkError

HOOK = "stripe_webhook_endpoint.events.secret"

SPY = """
    import json, os, sys
    told = {"argv": sys.argv[1:], "stdin": sys.stdin.read(), "variables": dict(os.environ),
            "cwd": os.getcwd(), "leads": os.getsid(0) == os.getpid()}
    open("told.json", "w").write(json.dumps(told))
    print("thanks for", told["stdin"])
"""

Make = Callable[..., CommandSink]


def program(root: Path, text: str, name: str = "spy") -> str:
    """Write a program into the project."""
    path = root / name
    path.write_text(f"#!{sys.executable} -S\n{textwrap.dedent(text)}")
    path.chmod(0o700)
    return f"./{name}"


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Makes a sink of a program's text, and perhaps of a reading program's."""

    def make(text: str, *arguments: str, read: str = "") -> CommandSink:
        return CommandSink(
            [program(tmp_path, text), *arguments],
            read=[program(tmp_path, read, "reader")] if read else [],
            root=tmp_path,
            environment="live",
            key_variable="SHOP_KEY",
        )

    return make


def told(root: Path) -> dict[str, Any]:
    """What the spy was told."""
    found: dict[str, Any] = json.loads((root / "told.json").read_text())
    return found


def test_the_secret_is_on_standard_input_and_nowhere_else(make: Make, tmp_path: Path) -> None:
    """The program runs in the project's folder, its words as they are, no shell among them."""
    make(SPY, "item", "a b", "$HOME").store("shop", HOOK, "whsec_1'\n")
    found = told(tmp_path)
    assert found["stdin"] == "whsec_1'\n"
    assert found["argv"] == ["item", "a b", "$HOME"]
    assert Path(found["cwd"]) == tmp_path.resolve()
    assert not any("whsec" in text for text in found["variables"].values())


def test_variables_say_which_secret_it_is(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Name, stack and environment."""
    for name in [name for name in os.environ if name.startswith("ENGINE_")]:
        monkeypatch.delenv(name)
    make(SPY).store("shop", HOOK, "whsec_1")
    variables = told(tmp_path)["variables"]
    assert {name: text for name, text in variables.items() if name.startswith("ENGINE_")} == {
        "ENGINE_SECRET_NAME": HOOK,
        "ENGINE_SECRET_STACK": "shop",
        "ENGINE_SECRET_ENVIRONMENT": "live",
    }


def test_no_key_of_stripes_is_handed_on(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not the usual one, not the configured one, not one by another name; nor what stacks read."""
    for name in ("STRIPE_API_KEY", "SHOP_KEY"):
        monkeypatch.setenv(name, "odd-key")
    monkeypatch.setenv("OTHER", "x sk_live_51Habc")
    monkeypatch.setenv("ENGINE_VAR_PASSWORD", "hunter2")
    monkeypatch.setenv("VAULT_TOKEN", "needed")
    make(SPY).store("shop", HOOK, "whsec_1")
    variables = told(tmp_path)["variables"]
    hidden = {"STRIPE_API_KEY", "SHOP_KEY", "OTHER", "ENGINE_VAR_PASSWORD"}
    assert hidden.isdisjoint(variables)
    assert variables["VAULT_TOKEN"] == "needed"  # noqa: S105 - the point of the test


def test_a_ctrl_c_of_the_run_is_not_the_programs(make: Make, tmp_path: Path) -> None:
    """It leads a session of its own, so the terminal's signals do not reach it."""
    make(SPY).store("shop", HOOK, "whsec_1")
    assert told(tmp_path)["leads"]


def test_what_it_writes_to_standard_output_is_dropped(
    make: Make, capfd: pytest.CaptureFixture[str]
) -> None:
    """Vaults print what they took."""
    make(SPY).store("shop", HOOK, "whsec_1")
    assert capfd.readouterr() == ("", "")


def test_a_failure_names_the_program_and_its_code(make: Make) -> None:
    """What it complained of is quoted without the secret, however short, and without arguments."""
    sink = make(
        "import sys; value = sys.stdin.read(); print('no', repr(value), file=sys.stderr);"
        "print(value); sys.exit(7)",
        "--token=abc",
    )
    with pytest.raises(SecretSinkError) as raised:
        sink.store("shop", HOOK, "s'1")
    error = raised.value
    assert error.message == (
        "./spy failed with exit code 7; it was run for the secret live/shop " + HOOK
    )
    assert error.cause == 'no "(sensitive)"'
    assert "run the command again" in str(error.hint)
    assert "abc" not in str(error)


def test_a_long_complaint_is_cut_after_the_secret_is_out(make: Make) -> None:
    """Half a secret would not be found any more."""
    sink = make(
        "import sys; print('x' * 2000 + sys.stdin.read() + 'y' * 495, file=sys.stderr);sys.exit(1)"
    )
    with pytest.raises(SecretSinkError) as raised:
        sink.store("shop", "output.token", "a-secret-of-some-length")
    assert str(raised.value.cause) == "tive)" + "y" * 495


def test_a_program_that_is_killed_has_not_kept_it(make: Make) -> None:
    """A signal is named."""
    sink = make("import os; os.kill(os.getpid(), 9)")
    with pytest.raises(SecretSinkError, match=r"\./spy was ended by signal 9"):
        sink.store("shop", HOOK, "whsec_1")


def test_a_program_that_does_not_read_is_not_waited_for(make: Make) -> None:
    """It said that it succeeded."""
    make("import sys; sys.stdin.close()").store("shop", HOOK, "whsec_1" * 100_000)


@pytest.mark.parametrize("words", ["no-such-program-here", "./no-such-file", "./plain"])
def test_a_program_that_is_not_there_is_found_out_before(tmp_path: Path, words: str) -> None:
    """On the path, in the project, or there but not executable."""
    (tmp_path / "plain").write_text("")
    sink = CommandSink([words, "x"], root=tmp_path, environment="live")
    uses: tuple[Callable[[], object], ...] = (
        sink.check,
        lambda: sink.store("shop", HOOK, "whsec_1"),
    )
    for use in uses:
        with pytest.raises(SecretSinkError) as raised:
            use()
        assert raised.value.message == f"secrets cannot be passed to {words}"


def test_a_reading_program_is_looked_for_too(make: Make, tmp_path: Path) -> None:
    """Before the object is created, as the other."""
    sink = make(SPY, read=SPY)
    sink.check()
    (tmp_path / "reader").unlink()
    with pytest.raises(SecretSinkError, match=r"\./reader"):
        sink.check()


def test_a_program_that_cannot_be_run_at_all(tmp_path: Path) -> None:
    """The system's reason is told."""
    path = tmp_path / "spy"
    path.write_text("#!/no/such/interpreter\n")
    path.chmod(0o700)
    sink = CommandSink(["./spy"], root=tmp_path, environment="live")
    with pytest.raises(SecretSinkError, match="could not be run") as raised:
        sink.store("shop", HOOK, "whsec_1")
    assert raised.value.cause == "No such file or directory"


def test_without_a_reading_program_only_this_run_knows_it(make: Make) -> None:
    """References to a new secret work in the run that made it; the next is told where it is."""
    sink = make(SPY)
    sink.store("shop", HOOK, "whsec_1")
    assert sink.load("shop", HOOK) == "whsec_1"
    assert make(SPY).load("shop", HOOK) is None
    assert sink.where("shop", HOOK) == f"./spy was given it as live/shop {HOOK}"


@pytest.mark.parametrize(
    ("written", "found"),
    [
        (b"whsec_1", "whsec_1"),
        (b"whsec_1\n", "whsec_1"),
        (b"whsec_1\r\n", "whsec_1"),
        (b"a\nb\n\n", "a\nb\n"),
        (b"\n", None),
        (b"", None),
    ],
)
def test_one_newline_is_the_reading_programs_own(
    make: Make, written: bytes, found: str | None
) -> None:
    """Nearly all of them end their output with one; nothing else means that there is nothing."""
    sink = make(SPY, read=f"import sys; sys.stdout.buffer.write({written!r})")
    assert sink.load("shop", HOOK) == found


def test_a_reading_program_that_fails_is_no_missing_secret(make: Make) -> None:
    """A vault that is locked is said to be."""
    sink = make(SPY, read="import sys; print('locked', file=sys.stderr); sys.exit(1)")
    with pytest.raises(SecretSinkError) as raised:
        sink.load("shop", HOOK)
    assert "./reader failed with exit code 1" in raised.value.message
    assert raised.value.cause == "locked"


def test_a_secret_has_to_be_text(make: Make) -> None:
    """What is not UTF-8 is no secret of Stripe's, and is not shown."""
    sink = make(SPY, read=r"import sys; sys.stdout.buffer.write(b'\xff\xfe')")
    with pytest.raises(SecretSinkError, match="not UTF-8"):
        sink.load("shop", HOOK)
