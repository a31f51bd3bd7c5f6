"""What programs may rely on is listed in the documentation, and the list is that of the code."""

from __future__ import annotations

import inspect
import re
import types
from pathlib import Path

import pytest

import engine
from engine import api, testing
from engine.testing import plugin
from tests.support.generated import section
from tools.site.words import section as described

REFERENCE = Path(engine.__file__).parents[1] / "docs" / "reference"
PAGES = {"python-api": api, "testing": testing}


@pytest.mark.parametrize("name", PAGES)
def test_the_public_names_and_signatures_are_those_of_the_page(name: str) -> None:
    """A change of one is seen in a review: it is a promise (semantic versioning)."""
    module = PAGES[name]
    own = [one for one in module.__all__ if _is_own(module, one)]
    listed = "".join(f"\n{described(one, getattr(module, one))}\n" for one in own)
    wanted = f"{listed}\n".replace("```python", "```text")  # no type checker reads signatures
    assert section(REFERENCE / f"{name}.md", name, wanted=wanted) == wanted


def _is_own(module: types.ModuleType, name: str) -> bool:
    """Whether a name is not that of the emulator, which has a page of its own."""
    found = getattr(module, name)
    home = getattr(found, "__module__", "") or getattr(found, "__name__", "")
    return not home.startswith("engine.emulator")


def test_the_page_lists_the_fixtures() -> None:
    """All of them, and no other ones."""
    source = inspect.getsource(plugin)
    fixtures = re.findall(r"^@pytest\.fixture\ndef (engine_\w+)", source, re.MULTILINE)
    page = (REFERENCE / "testing.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| `(engine_\w+)` \|", page, re.MULTILINE)) == sorted(fixtures)


@pytest.mark.parametrize("module", PAGES.values(), ids=lambda module: module.__name__)
def test_each_name_has_a_home(module: types.ModuleType) -> None:
    """What the face says it has, it finds."""
    homes = [name for names in module._HOMES.values() for name in names]
    assert sorted(homes) == sorted(module.__all__)
