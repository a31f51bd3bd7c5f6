"""Tests are where a reader looks for them, and what they share is in `tests/support`."""

from __future__ import annotations

import re
from pathlib import Path

import engine

ENGINE = Path(engine.__file__).parent
UNIT = ENGINE.parent / "tests" / "unit"

OF_NO_MODULE = {
    "catalog/test_money.py": "amounts of money, of all types",
    "emulator/behaviour/test_agreement.py": "parameters that contradict each other, of all types",
    "emulator/test_every_event.py": "the events of every type",
    "emulator/test_every_type.py": "what holds for every type",
    "emulator/testing/test_fault_schedule.py": "faults and gates together",
    "plan/saved/test_step_json_round_trip.py": "what holds for every step, tried with random ones",
    "plan/test_cases.py": "the behaviours of all of plan, from tests/cases",
    "source/edit/test_any_document.py": "what holds for every edit, tried with random ones",
    "source/test_golden.py": "whole modules as people would read them",
    "stack/checks/test_stamp.py": "the room for the stamp, which several checks keep",
    "views/text/test_type_pages.py": "the generated pages of docs/reference/types",
}
"""Tests that belong to no one module, each with what they are about."""


def _has_module(test: Path) -> bool:
    """Whether the module of a test is in the same place below `engine`."""
    folder, name = ENGINE / test.parent, test.stem.removeprefix("test_")
    places = (f"{name}.py", f"{name}_.py", f"{name}.pyi", f"{name}/__init__.py")
    return any((folder / place).exists() for place in places)


def test_a_unit_test_is_where_its_module_is() -> None:
    """Who knows a module finds its tests; what is of no one module is named here."""
    tests = {path.relative_to(UNIT) for path in UNIT.rglob("test_*.py")}
    assert {test.as_posix() for test in tests if not _has_module(test)} == set(OF_NO_MODULE)


def test_nothing_is_imported_from_a_conftest() -> None:
    """What tests share is in `tests/support`; a conftest holds fixtures."""
    modules = UNIT.parent.rglob("*.py")
    importing = re.compile(r"^\s*(from|import) [\w.]*conftest\b", re.MULTILINE)
    assert [path for path in modules if importing.search(path.read_text(encoding="utf-8"))] == []
