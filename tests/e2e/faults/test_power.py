"""The power is cut: what was synced survives, and of the rest nothing, or any part.

Once as a model that runs everywhere, and once with a real file system whose device is copied in the
middle of a run, with all that had not reached it lost.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.faults.conftest import Shop, Trying, Victim

KILLED = -signal.SIGKILL
MEGABYTES = 24


def _begun(shop: Shop, before: str, after: str, *, change: bool) -> Path:
    folder = shop.fresh(before)
    if change:
        shop.apply(folder)
        shop.write(folder, after)
    return folder


@pytest.mark.parametrize("survives", ["nothing that was not synced", "some that was not synced"])
@pytest.mark.parametrize("run", ["first apply", "change"])
def test_only_what_was_synced_survives(
    shop: Shop,
    victim: Victim,
    trying: Trying,
    before: str,
    after: str,
    *,
    whole: bool,
    run: str,
    survives: str,
) -> None:
    """At whichever point the power goes, the next run ends as if it had not."""
    change, some = run == "change", survives.startswith("some")
    points = victim.run(_begun(shop, before, after, change=change)).points
    assert points > 60
    stride = 1 if whole else 17
    for at in range(1 + (5 * some + 3 * change) % stride, points + 1, stride):
        with trying(f"power cut, {survives}"):
            folder = _begun(shop, before, after, change=change)
            survivors = folder.with_name(f"{folder.name}-survivors")
            end = victim.run(folder, at=at, survivors=str(survivors), luck=at if some else 0)
            assert end.code == KILLED, end.told
            shutil.rmtree(folder)
            survivors.rename(folder)
            shop.apply(folder)
            shop.check(folder)


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


@pytest.mark.parametrize("run", ["first apply", "change"])
def test_a_file_system_comes_back_after_the_power(
    shop: Shop,
    victim: Victim,
    trying: Trying,
    tmp_path: Path,
    before: str,
    after: str,
    *,
    whole: bool,
    run: str,
) -> None:
    """ext4 on a device of its own, copied in the middle of a run and mounted from the copy."""
    change = run == "change"
    points = victim.run(_begun(shop, before, after, change=change)).points
    blank = tmp_path / "blank"
    with blank.open("wb") as file:
        file.truncate(MEGABYTES << 20)
    _system("mkfs.ext4", "-q", "-F", str(blank))
    tries = 25 if whole else 2
    for number in range(tries):
        at = 1 + (number * points + points // 2) // tries
        image, copy = tmp_path / f"{number}.image", tmp_path / f"{number}.copy"
        shutil.copyfile(blank, image)
        folder = _begun(shop, before, after, change=change)
        with trying("power cut of an ext4"), _mounted(image, tmp_path / f"{number}.disk"):
            project = tmp_path / f"{number}.disk" / "project"
            shutil.copytree(folder, project)
            _system("sync", "-f", str(project))
            end = victim.run(project, at=at, image=(str(image), str(copy)))
            assert end.code == KILLED, end.told
            with _mounted(copy, tmp_path / f"{number}.again"):
                left = tmp_path / f"{number}.again" / "project"
                shop.apply(left)
                shop.check(left)
        image.unlink()
        copy.unlink()
