"""The power is cut: what was synced survives, and of the rest nothing, or any part.

Once as a model that runs everywhere, and once with a real file system whose device is copied in the
middle of a run, with all that had not reached it lost.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.faults.shop import Trial, Trying
from tests.support.faults.victims import Victim

MEGABYTES = 24


@pytest.mark.parametrize("survives", ["nothing that was not synced", "some that was not synced"])
def test_only_what_was_synced_survives(
    trial: Trial,
    victim: Victim,
    trying: Trying,
    *,
    whole: bool,
    survives: str,
) -> None:
    """At whichever point the power goes, the next run ends as if it had not."""
    some = survives.startswith("some")
    points = victim.run(trial.begin()).points
    assert points > 60
    stride = 1 if whole else 17
    for at in range(1 + (5 * some + 3 * trial.change) % stride, points + 1, stride):
        with trying(f"power cut, {survives}"):
            folder = trial.begin()
            survivors = folder.with_name(f"{folder.name}-survivors")
            victim.kill(folder, at, survivors=str(survivors), luck=at if some else 0)
            shutil.rmtree(folder)
            survivors.rename(folder)
            trial.converge(folder)


# ── a real one ───────────────────────────────────────────────────────────────────────────────


def _system(*words: str) -> None:
    """A command of the system; skip where it is not there or not allowed."""
    path = shutil.which(words[0])
    if path is None:
        pytest.skip(f"this system has no {words[0]}")
    done = subprocess.run([path, *words[1:]], capture_output=True, text=True, check=False)  # noqa: S603 - the system's own
    if done.returncode:
        pytest.skip(f"{' '.join(words[:1])}: {done.stderr.strip()}")


@contextlib.contextmanager
def _mounted(image: Path, folder: Path) -> Iterator[None]:
    folder.mkdir()
    _system("mount", "-o", "loop", str(image), str(folder))
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)  # noqa: S603, S607 - `mount` was there


def test_a_file_system_comes_back_after_the_power(
    trial: Trial,
    victim: Victim,
    trying: Trying,
    tmp_path: Path,
    *,
    whole: bool,
) -> None:
    """ext4 on a device of its own, copied in the middle of a run and mounted from the copy."""
    points = victim.run(trial.begin()).points
    blank = tmp_path / "blank"
    with blank.open("wb") as file:
        file.truncate(MEGABYTES << 20)
    _system("mkfs.ext4", "-q", "-F", str(blank))
    tries = 25 if whole else 2
    for number in range(tries):
        at = 1 + (number * points + points // 2) // tries
        image, copy = tmp_path / f"{number}.image", tmp_path / f"{number}.copy"
        shutil.copyfile(blank, image)
        folder = trial.begin()
        with trying("power cut of an ext4"), _mounted(image, tmp_path / f"{number}.disk"):
            project = tmp_path / f"{number}.disk" / "project"
            shutil.copytree(folder, project)
            _system("sync", "-f", str(project))
            victim.kill(project, at, image=(str(image), str(copy)))
            with _mounted(copy, tmp_path / f"{number}.again"):
                left = tmp_path / f"{number}.again" / "project"
                trial.shop.apply(left)
                trial.shop.check(left)
        image.unlink()
        copy.unlink()
