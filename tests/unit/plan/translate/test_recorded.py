"""What state records of an object of which some leaves are accepted."""

from __future__ import annotations

from typing import Any

from engine.catalog.loader import schemas
from engine.plan.compare.normalize import Normalizer
from engine.plan.translate.recorded import as_accepted
from engine.state.model import ResourceState
from engine.values.paths import Path


def _accept(declared: dict[str, Any], *paths: Path, left: tuple[Path, ...] = ()) -> ResourceState:
    seen = {"name": "A", "description": "B", "metadata": {"a": "1"}}
    prior = ResourceState(
        type="stripe_product", id="prod_1", declared=seen, attributes={**seen, "created": 1}
    )
    actual = {"name": "X", "description": None, "metadata": {"a": "2"}, "created": 1}
    return as_accepted(
        *(Normalizer("l"), schemas()["stripe_product"], prior, declared, actual),
        *({"created"}, paths, left),
    )


def test_a_leaf_is_recorded_and_the_others_stay_as_they_were_seen() -> None:
    """What still differs is drift of the next plan, too."""
    code = {"name": "X", "description": "B", "metadata": {"a": "1"}}
    left: tuple[Path, ...] = (("description",), ("metadata", "a"))
    record = _accept(code, ("name",), left=left)
    assert record.declared == {"name": "X", "description": "B", "metadata": {"a": "1"}}
    assert record.attributes == {**record.declared, "created": 1}


def test_what_is_taken_out_is_forgotten() -> None:
    """With what is empty then."""
    record = _accept({"name": "A"}, ("description",), ("metadata", "a"), left=(("name",),))
    assert record.declared == {"name": "A"}
    assert record.attributes == {"name": "A", "created": 1}


def test_a_change_of_the_code_that_is_not_accepted_is_not_recorded() -> None:
    """The next plan makes it."""
    code = {"name": "N", "description": "B", "metadata": {"a": "2"}}
    record = _accept(code, ("metadata", "a"), left=(("name",), ("description",)))
    assert record.declared == {"name": "A", "description": "B", "metadata": {"a": "2"}}
    assert record.attributes == {**record.declared, "created": 1}
