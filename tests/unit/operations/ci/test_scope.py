"""What comments and artifacts are named after."""

from __future__ import annotations

import re

from engine.operations.ci.scope import Scope


def test_each_choice_has_a_mark_and_a_name_of_its_own() -> None:
    """Environment, folder and stacks; the order of the stacks does not matter."""
    scopes = [
        Scope(environment="live"),
        Scope(environment="test"),
        Scope(environment="live", project="a/b"),
        Scope(environment="live", project="a-b"),
        Scope(environment="live", stacks=("shop",)),
        Scope(environment="live", stacks=("shop", "other")),
    ]
    assert len({scope.marker("plan") for scope in scopes}) == len(scopes)
    assert len({scope.artifact("c") for scope in scopes}) == len(scopes)
    one, other = (Scope(environment="live", stacks=names) for names in (("a", "b"), ("b", "a")))
    assert one.marker("plan") == other.marker("plan")


def test_a_folder_of_any_name_makes_no_harm() -> None:
    """It can neither end the mark nor leave the characters that an artifact's name may have."""
    scope = Scope(environment="live", project='a --> <b> "x"\n/c')
    assert scope.marker("plan").count("-->") == 1
    assert "\n" not in scope.marker("plan")
    assert re.fullmatch(r"[\w.-]+", scope.artifact("c"))


def test_a_fleet_has_a_comment_and_states_of_its_own() -> None:
    """Neither those of its environment nor those of a stack of the same name."""
    fleet = Scope(environment="live", fleet="shops")
    others = (Scope(environment="live"), Scope(environment="live", stacks=("shops",)))
    assert fleet.marker("plan") not in {scope.marker("plan") for scope in others}
    assert (fleet.states, fleet.title) == ("shops", "fleet shops")
    assert others[0].states == "live"
