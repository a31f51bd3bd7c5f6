"""The jobs of the GitLab template, in a shell, with a stand-in for GitLab."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.ci.gitlab import TOKEN, GitLabStandIn
from tests.support.ci.pipeline import GitLabTeam
from tests.support.ci.repository import KEY
from tests.support.project import Project
from tests.support.surroundings import served

MONTHLY, YEARLY = "unit_amount=2000,", "unit_amount=20000"


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitLabTeam]:
    """A team whose first version is applied."""
    with served(monkeypatch, 13) as emulator:
        base = os.environ["STRIPE_API_BASE"]
        monkeypatch.delenv("STRIPE_API_BASE")
        with GitLabStandIn() as gitlab:
            team = GitLabTeam(tmp_path, gitlab, emulator, base)
            team.propose(1, 'name="Plan"', 'name="Pro"')
            ended = team.check(1)
            assert ended.code == 0, ended.err
            team.merge(1)
            ended = team.on_main("engine apply")
            assert ended.code == 0, ended.err
            yield team


def test_a_change_of_a_price_goes_from_the_note_to_the_account(team: GitLabTeam) -> None:
    """One note, edited after a second push; exactly that plan is applied, and its state pushed."""
    team.propose(2, MONTHLY, "unit_amount=2400,")
    team.gitlab.say(2, "<!-- engine: plan test . -->\nall is fine")
    team.check(2)
    team.propose(2, "unit_amount=2400,", "unit_amount=2600,")
    ended = team.check(2)
    assert ended.code == 0, ended.err
    (note,) = team.notes(2)
    assert "$26.00 a month, +30 %" in note
    team.propose(3, YEARLY, "unit_amount=24000")
    team.check(3)
    team.merge(2)
    ended = team.on_main("engine apply")
    assert ended.code == 0, ended.err
    assert "### Apply complete" in team.notes(2)[1]
    state = (team.pulled() / "state/test/shop.json").read_text(encoding="utf-8")
    assert '"unit_amount": 2600' in state

    team.merge(3)
    ended = team.on_main("engine apply")
    assert ended.code == 4
    assert "was made from serial" in team.notes(3)[1]
    assert TOKEN not in ended.out + ended.err
    assert KEY not in ended.out + ended.err


def test_drift_is_one_issue(team: GitLabTeam) -> None:
    """Opened, edited, and closed once it is gone."""
    product = change_product(team, "Pro by hand")
    assert team.on_main("engine drift", "schedule").code == 2
    (issue,) = team.gitlab.issues
    assert "Pro by hand" in issue["description"]
    change_product(team, "Pro", product)
    assert team.on_main("engine drift", "schedule").code == 0
    assert [one["state"] for one in team.gitlab.issues] == ["closed"]


def change_product(team: GitLabTeam, name: str, product: str = "") -> str:
    """Change the product's name in the Dashboard; its id."""
    by_hand = Project(team.folder / f"by-hand-{name.replace(' ', '-')}", team.emulator, key=KEY)
    product = product or by_hand.objects("/v1/products")[0]["id"]
    by_hand.call("post", f"/v1/products/{product}", name=name)
    return product
