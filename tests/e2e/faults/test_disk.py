"""Disks that are full, broken, read-only or slow to take, at every call that meets them.

The pass rule of each: an error with a name, a cause and the way on, never a traceback; a state that
still loads; and once the disk is well the next run ends as if nothing had happened.
"""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.support.faults.shop import AFTER, BEFORE, Shop, Trial, Trying
from tests.support.faults.victims import Ending, Victim

WRITES = ("write", "pwrite", "posix_fallocate")
SYNCS = ("fsync", "fdatasync")
NAMES = ("replace", "rename", "unlink")

FAULTS: dict[str, dict[str, Any]] = {
    "disk full": {"error": errno.ENOSPC, "calls": WRITES, "lasting": True},
    "disk full for a moment": {"error": errno.ENOSPC, "calls": WRITES},
    "disk full, room set aside": {
        "error": errno.ENOSPC,
        "calls": ("write", "posix_fallocate"),
        "lasting": True,
    },
    "over the user's quota": {"error": errno.EDQUOT, "calls": WRITES, "lasting": True},
    "input/output error": {"error": errno.EIO, "calls": (*WRITES, *SYNCS, *NAMES)},
    "input/output errors": {"error": errno.EIO, "calls": (*WRITES, *SYNCS), "lasting": True},
    "read-only": {"error": errno.EROFS, "calls": (*WRITES, *NAMES), "lasting": True},
    "no file may grow": {"quota": 0, "calls": WRITES},
}


def _is_told(end: Ending) -> bool:
    """Whether what went wrong is told as a person can use it."""
    words = ("cannot be written", "cannot be kept", "cannot be made", "cannot be taken")
    return end.code == 1 and any(text in end.told for text in words) and "Hint: " in end.told


@pytest.mark.parametrize("fault", FAULTS)
def test_whichever_call_the_disk_refuses(
    trial: Trial,
    victim: Victim,
    trying: Trying,
    *,
    whole: bool,
    fault: str,
) -> None:
    """The old state is intact, the error says what to do, and the next run converges."""
    order = FAULTS[fault]
    points = victim.run(trial.begin(), calls=order["calls"]).points
    stride = 1 if whole else 47
    failed = 0
    for at in range(
        1 + (list(FAULTS).index(fault) + 5 * trial.change) % stride, points + 1, stride
    ):
        with trying(fault):
            folder = trial.begin()
            path = folder / "state" / "default" / "shop.json"
            old = path.read_bytes() if trial.change else b""
            end = victim.run(folder, at=at, **order)
            assert end.code == 0 or _is_told(end), end.told
            failed += end.code
            # Where the sync of the folder alone fails, the new state is in place already, whole.
            if order.get("lasting") and end.code and trial.change and "fsync" not in order["calls"]:
                assert path.read_bytes() == old
            elif path.exists():
                trial.shop.state(folder)
            trial.converge(folder)
    assert failed or not whole


@pytest.mark.parametrize("most", [1, 7, 100])
def test_a_disk_that_takes_a_little_at_a_time(
    shop: Shop, victim: Victim, trying: Trying, most: int
) -> None:
    """A write may take less than it was given: the rest is written too."""
    with trying("short writes"):
        folder = shop.fresh(BEFORE)
        assert victim.run(folder, short=most).code == 0
        shop.check(folder)
        shop.write(folder, AFTER)
        assert victim.run(folder, short=most).code == 0
        shop.check(folder)


LIMITED = """
    import resource, sys

    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)),) * 2)
    from engine.cli.main import run

    sys.exit(run())
"""


@pytest.mark.parametrize("most", [0, 300, 4000])
def test_what_a_person_sees_of_a_full_disk(shop: Shop, trying: Trying, most: int) -> None:
    """The command line: exit code 1, what could not be written, why, and the way on."""
    with trying("no file may grow"):
        folder = shop.fresh(BEFORE)
        script = folder / "limited.py"
        script.write_text("\n".join(line[4:] for line in LIMITED.splitlines()))
        done = subprocess.run(  # noqa: S603 - this very interpreter
            [sys.executable, str(script), str(most), "-C", str(folder), "apply", "--yes"],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert f"cannot be {'written' if most else 'made'}" in done.stderr
        assert "File too large" in done.stderr
        assert "run the command again" in done.stderr
        assert not shop.listed("/v1/products")
        shop.apply(folder)
        shop.check(folder)
