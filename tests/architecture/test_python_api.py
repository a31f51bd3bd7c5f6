"""What programs may rely on is listed in the documentation, and the list is that of the code."""

from __future__ import annotations

from pathlib import Path

import engine
from engine import api
from tests.support.generated import section
from tests.support.public_names import listing

PAGE = Path(engine.__file__).parents[1] / "docs" / "reference" / "python-api.md"


def test_the_public_names_and_signatures_are_those_of_the_page() -> None:
    """A change of one is seen in a review: it is a promise (semantic versioning)."""
    wanted = listing(api, api.__all__)
    assert section(PAGE, "python-api", wanted=wanted) == wanted


def test_each_name_has_a_home() -> None:
    """What the face says it has, it finds."""
    homes = [name for names in api._HOMES.values() for name in names]
    assert sorted(homes) == sorted(api.__all__)
