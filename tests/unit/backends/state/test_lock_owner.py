"""Who holds a lock, in a container too."""

from __future__ import annotations

import dataclasses
import os
import re
import socket
import subprocess

import pytest

from engine.backends.state.lock_errors import locked_by_another, still_running
from engine.backends.state.lock_owner import has_ended, run_page, this_run
from engine.errors import LockHeldError


def test_this_process_names_itself() -> None:
    """User and host, process, start in UTC to the second, and an id of its own."""
    owner = this_run("destroy")
    assert owner.operation == "destroy"
    assert owner.who.endswith(f"@{socket.gethostname()}")
    assert owner.pid == os.getpid()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", owner.since)
    assert re.fullmatch(r"[0-9a-f]{8}", owner.id)
    assert this_run("destroy").id != owner.id


def test_a_user_without_a_name_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Containers run as users that nobody has heard of."""

    def unknown() -> str:
        raise KeyError("getpwuid(): uid not found: 12345")

    monkeypatch.setattr("getpass.getuser", unknown)
    assert this_run("plan").who == f"{os.getuid()}@{socket.gethostname()}"


def test_a_refusal_without_a_name() -> None:
    """A holder that left no word is another run."""
    refusal = locked_by_another("shop", "live", None)
    assert isinstance(refusal, LockHeldError)
    assert refusal.message == "live/shop is locked by another run"


# ── the page of a run ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("environ", "page"),
    [
        ({}, ""),
        (
            {
                "GITHUB_SERVER_URL": "https://github.com",
                "GITHUB_REPOSITORY": "o/r",
                "GITHUB_RUN_ID": "7",
            },
            "https://github.com/o/r/actions/runs/7",
        ),
        ({"GITHUB_RUN_ID": "7"}, ""),
        ({"CI_JOB_URL": "https://gitlab.com/o/r/-/jobs/7"}, "https://gitlab.com/o/r/-/jobs/7"),
        ({"BUILD_URL": "http://jenkins/job/7/"}, "http://jenkins/job/7/"),
        ({"BUILD_URL": "seven"}, ""),
        ({"BUILD_URL": "https://x/\x1b[31m"}, ""),
        ({"BUILD_URL": "https://x/" + "y" * 500}, ""),
        ({"BUILD_URL": "no", "CI_JOB_URL": "https://gitlab.com/1"}, "https://gitlab.com/1"),
    ],
)
def test_the_page_of_a_ci_run_is_known(environ: dict[str, str], page: str) -> None:
    """From the variables that each system sets; what is no address is left out."""
    assert run_page(environ) == page


# ── the living and the dead ───────────────────────────────────────────────────────────────


def test_this_process_is_not_gone() -> None:
    """Nor is one whose start nobody wrote down."""
    assert not has_ended(this_run("apply"))
    assert not has_ended(dataclasses.replace(this_run("apply"), started=""))


def test_a_process_that_ended_is_gone() -> None:
    """With or without the time of its start; also while nobody has asked for its exit code."""
    with subprocess.Popen(
        ["cat"],  # noqa: S607 - whichever the machine has
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        alive = dataclasses.replace(this_run("apply"), pid=process.pid, started="1")
        assert has_ended(alive), "another process got its number"
        nameless = dataclasses.replace(alive, started="")
        assert not has_ended(nameless)
        process.kill()
        process.stdout.read()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert has_ended(alive)
    assert has_ended(nameless)


def test_a_number_that_another_process_got_is_gone() -> None:
    """The start tells them apart."""
    assert has_ended(dataclasses.replace(this_run("apply"), started="1"))


def test_before_the_last_boot_is_gone() -> None:
    """Whatever runs under that number now."""
    before = dataclasses.replace(this_run("apply"), boot="another-boot/pid:[1]")
    assert has_ended(before)


def test_elsewhere_nothing_is_known() -> None:
    """Neither of another host, nor of another container, nor of a host that tells nothing."""
    here = this_run("apply")
    boot = here.boot.partition("/")[0]
    for elsewhere in (
        dataclasses.replace(here, host="elsewhere", started="1"),
        dataclasses.replace(here, boot=f"{boot}/pid:[1]", started="1"),
        dataclasses.replace(here, boot="", started="1"),
    ):
        assert not has_ended(elsewhere)


def test_a_system_that_tells_no_boot_is_asked_for_the_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Then the number has to do; one of somebody else's is there."""
    monkeypatch.setattr("engine.backends.state.lock_owner._boot", lambda: "")
    with subprocess.Popen(["true"]) as process:  # noqa: S607 - whichever the machine has
        pass
    here = dataclasses.replace(this_run("apply"), started="")
    assert not has_ended(here)
    assert has_ended(dataclasses.replace(here, pid=process.pid))

    def refused(_: int, __: int) -> None:
        raise PermissionError

    monkeypatch.setattr("os.kill", refused)
    assert not has_ended(here)


def test_a_run_that_is_still_there_is_to_be_stopped_first() -> None:
    """The process is named, and its host if it is another."""
    here = this_run("apply")
    refusal = still_running("shop", "live", here)
    assert refusal.exit_code == 3
    assert f"kill {here.pid}:" in str(refusal.hint)
    assert f"engine unlock {here.id} --force" in str(refusal.hint)
    elsewhere = dataclasses.replace(here, host="desk")
    assert f"kill {here.pid} on desk:" in str(still_running("shop", "live", elsewhere).hint)
