"""Environments that share an account share its objects; embedded accounts are never shared."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.emulator.core import Emulator
from engine.emulator.doors.server import EmulatorServer
from tests.support.command_line import run_here

COUPON = """
from engine import Lifecycle
from engine.stripe import Coupon

Coupon("c10", id="C10", percent_off=10, duration="once", lifecycle=Lifecycle(adopt=True))
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one stack, in which commands run."""
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "shop.py").write_text(COUPON, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_embedded_accounts_of_two_environments_have_nothing_in_common(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The coupon of one is adopted although the other environment records one of the same id."""
    (folder / "pyproject.toml").write_text(
        "[tool.engine.environments.dev]\nemulator = true\n", encoding="utf-8"
    )
    for environment in ("dev", "local"):
        assert run_here(capfd, "apply", "-e", environment, "--yes").code == 0
    assert run_here(capfd, "state", "rm", "-e", "local", "stripe_coupon.c10", "--yes").code == 0
    planned = run_here(capfd, "plan", "-e", "local")
    assert "1 to import" in planned.out


def test_what_another_environment_of_the_account_records_is_not_adopted(
    folder: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two environments with keys of one account: the refusal names the owner."""
    monkeypatch.setenv("ONE_KEY", "sk_test_shared")
    with Emulator(seed=3) as emulator, EmulatorServer(emulator) as server:
        (folder / "pyproject.toml").write_text(
            "".join(
                f'[tool.engine.environments.{name}]\napi-key = "env:ONE_KEY"\n'
                f'api-base = "{server.url}"\n'
                for name in ("staging", "preview")
            ),
            encoding="utf-8",
        )
        assert run_here(capfd, "apply", "-e", "staging", "--yes").code == 0
        planned = run_here(capfd, "plan", "-e", "preview")
    assert planned.code == 4
    assert "staging/shop:stripe_coupon.c10" in planned.out + planned.err
