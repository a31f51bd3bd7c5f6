"""Plan files on disk: private, whole or not at all, and in nobody's way."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from engine.backends.plan_files import check_place, read_plan_file, write_plan_file
from engine.errors import PlanFileError
from engine.plan.saved.file import is_plan_file

OURS = b'{"file":"engine-plan","format_version":1}\n'


def test_a_plan_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    """It names every object that is going to change."""
    path = tmp_path / "shop.plan"
    write_plan_file(path, OURS, shown="shop.plan", is_plan=is_plan_file)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_plan_file(path, shown="shop.plan") == OURS
    assert [entry.name for entry in tmp_path.iterdir()] == ["shop.plan"]


@pytest.mark.parametrize("before", [b"", OURS, OURS[:30]])
def test_an_empty_file_and_an_earlier_plan_are_overwritten(tmp_path: Path, before: bytes) -> None:
    """What mktemp made, and a plan that was damaged; and it becomes private."""
    path = tmp_path / "shop.plan"
    path.write_bytes(before)
    path.chmod(0o644)
    write_plan_file(path, OURS, shown="shop.plan", is_plan=is_plan_file)
    assert path.read_bytes() == OURS
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("before", [b"{}", b"notes", b"\x00", b" " + OURS])
def test_any_other_file_is_left_as_it_is(tmp_path: Path, before: bytes) -> None:
    """A slip of the hand must not cost anybody a file."""
    path = tmp_path / "notes.txt"
    path.write_bytes(before)
    with pytest.raises(PlanFileError):
        check_place(path, shown="notes.txt", is_plan=is_plan_file)
    with pytest.raises(PlanFileError) as caught:
        write_plan_file(path, OURS, shown="notes.txt", is_plan=is_plan_file)
    assert caught.value.message == "notes.txt exists and is no plan file, so it is not overwritten"
    assert path.read_bytes() == before


def test_a_folder_is_no_place_for_a_plan(tmp_path: Path) -> None:
    """Nor is one that does not exist, which would be a typo more often than a wish."""
    with pytest.raises(PlanFileError, match="exists and is no plan file"):
        check_place(tmp_path, shown="here", is_plan=is_plan_file)
    with pytest.raises(PlanFileError, match="there is no folder for a/b"):
        check_place(tmp_path / "a" / "b", shown="a/b", is_plan=is_plan_file)
    check_place(tmp_path / "new.plan", shown="new.plan", is_plan=is_plan_file)


def test_what_cannot_be_written_or_read_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the reason that the system gives."""
    with pytest.raises(PlanFileError) as caught:
        read_plan_file(tmp_path / "none.plan", shown="none.plan")
    assert (caught.value.message, caught.value.cause) == (
        "the plan file none.plan cannot be read",
        "No such file or directory",
    )

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("engine.backends.plan_files.write_durably", full)
    with pytest.raises(PlanFileError) as caught:
        write_plan_file(tmp_path / "shop.plan", OURS, shown="shop.plan", is_plan=is_plan_file)
    assert (caught.value.message, caught.value.cause) == (
        "the plan cannot be written to shop.plan",
        "No space left on device",
    )
