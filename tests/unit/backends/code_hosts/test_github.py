"""What a job of GitHub Actions reads around it, and whose comments it takes for its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.backends.code_hosts.github import GitHub
from engine.ports.ci.code_host import ChangeRequest, CodeHostError, NoSavedPlanError
from tests.support.ci.github import REPOSITORY, TOKEN, Blobs, GitHubStandIn
from tests.support.ci.web import Answer, Asked

MARKER = "<!-- engine: plan live . -->"
BODY = f"{MARKER}\nplan"
CHANGE = ChangeRequest(number=2, head="a" * 40)


@pytest.fixture
def host() -> Iterator[GitHubStandIn]:
    """A repository with a pull request."""
    with Blobs() as blobs, GitHubStandIn(blobs) as stand_in:
        stand_in.pull(2, CHANGE.head)
        yield stand_in


def job(host: GitHubStandIn, **variables: str) -> GitHub:
    """A job in it."""
    given = {
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_API_URL": host.url,
        "GITHUB_SHA": "c" * 40,
        "GITHUB_REF": "refs/heads/main",
        **variables,
    }
    return GitHub(given, token=TOKEN)


def event(folder: Path, document: Any) -> str:
    """The file of an event."""
    file = folder / "event.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return str(file)


def test_of_several_comments_of_ours_one_is_left(host: GitHubStandIn) -> None:
    """Two runs may have begun one at the same time."""
    bot = {"login": "github-actions[bot]", "type": "Bot"}
    host.comments[2] = [{"id": id, "body": f"{MARKER}\nold", "user": bot} for id in (7, 5)]
    job(host).comment(CHANGE, MARKER, BODY)
    assert [(one["id"], one["body"]) for one in host.comments[2]] == [(5, BODY)]


def test_a_comment_that_says_the_same_is_not_edited(host: GitHubStandIn) -> None:
    """An edit is shown to readers."""
    job(host).comment(CHANGE, MARKER, BODY)
    before = len(host.asked)
    job(host).comment(CHANGE, MARKER, BODY)
    assert {asked.method for asked in host.asked[before:]} == {"GET"}


class OfAPerson(GitHubStandIn):
    """The token is a person's, who may ask who that is."""

    def answer(self, asked: Asked) -> Answer:
        """The person is ada."""
        if asked.path == "/user":
            return Answer(200, {"login": "ada", "id": 3})
        return super().answer(asked)


def test_the_comment_of_a_persons_token_is_found_by_its_login() -> None:
    """Another person's is not."""
    with Blobs() as blobs, OfAPerson(blobs) as host:
        host.pull(2, CHANGE.head)
        host.say(2, BODY, "mallory")
        host.say(2, f"{MARKER}\nold", "ada")
        job(host).comment(CHANGE, MARKER, BODY)
        assert [one["body"] for one in host.comments[2]] == [BODY, BODY]
        assert host.comments[2][1]["user"]["login"] == "ada"


@pytest.mark.parametrize(
    ("ref", "branch"),
    [("refs/heads/main", "main"), ("refs/heads/a/b", "a/b"), ("refs/tags/main", "")],
)
def test_a_tag_is_no_branch(host: GitHubStandIn, ref: str, branch: str) -> None:
    """Though it has the name of one."""
    assert job(host, GITHUB_REF=ref).branch == branch


def test_a_merge_into_another_branch_is_none(host: GitHubStandIn) -> None:
    """Changes can be merged into changes."""
    host.merge(2, "c" * 40)
    assert job(host).merged() == CHANGE
    assert job(host, GITHUB_REF="refs/heads/feature").merged() is None
    host.pulls[2]["merged_at"] = None
    assert job(host).merged() is None


def test_a_deleted_fork_is_a_fork(host: GitHubStandIn, tmp_path: Path) -> None:
    """Its repository is null."""
    pull = {**host.pulls[2], "head": {"sha": CHANGE.head, "repo": None}}
    path = event(tmp_path, {"pull_request": pull})
    change = job(host, GITHUB_EVENT_PATH=path).change()
    assert change is not None
    assert change.foreign


def test_pull_request_target_of_a_fork_is_refused(host: GitHubStandIn, tmp_path: Path) -> None:
    """It would run the fork's code with secrets."""
    path = event(tmp_path, {"pull_request": host.pull(3, "b" * 40, fork=True)})
    variables = {"GITHUB_EVENT_PATH": path, "GITHUB_EVENT_NAME": "pull_request_target"}
    with pytest.raises(CodeHostError, match="pull_request_target"):
        job(host, **variables).change()


def test_the_newest_plan_of_the_commit_is_taken(host: GitHubStandIn) -> None:
    """A job can be run again."""
    for content in (b"first", b"second"):
        host.upload("p", content, CHANGE.head)
    host.upload("p", b"of a fork", CHANGE.head, fork=True)
    host.upload("p", b"of another commit", "d" * 40)
    assert job(host).saved_plan(CHANGE, "p") == b"second"


def test_an_archive_that_is_none_is_no_plan(host: GitHubStandIn) -> None:
    """Nor is one with more in it."""
    host.upload("p", b"x", CHANGE.head)
    for path in host.blobs.files:
        host.blobs.files[path] = b"PK"
    with pytest.raises(NoSavedPlanError, match="not an archive"):
        job(host).saved_plan(CHANGE, "p")


def test_an_output_is_one_line(host: GitHubStandIn, tmp_path: Path) -> None:
    """Else a value could set another output."""
    file = tmp_path / "output"
    job(host, GITHUB_OUTPUT=str(file)).output("plan", "a\nartifact=b")
    assert file.read_text(encoding="utf-8") == "plan=a artifact=b\n"
