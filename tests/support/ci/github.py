"""A stand-in for GitHub's REST API, as its documentation describes the parts that are used."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from tests.support.ci.web import Answer, Asked, Route, Web, paged

REPOSITORY = "acme/billing"
_R = f"/repos/{REPOSITORY}"
TOKEN = "ghs_0123456789abcdefghij"  # noqa: S105 - opens nothing
_BOT = {"login": "github-actions[bot]", "type": "Bot", "id": 41898282}
_LONGEST = 65536
_FORBIDDEN = Answer(403, {"message": "Resource not accessible by integration"})


class Blobs(Web):
    """Where archives are: another machine, which must not get the token."""

    def __init__(self) -> None:
        """No archive yet."""
        super().__init__()
        self.files: dict[str, bytes] = {}

    def answer(self, asked: Asked) -> Answer:
        """The archive at a path."""
        return Answer(200, raw=self.files[asked.path])


class GitHubStandIn(Web):
    """Pull requests, comments, issues and artifacts of one repository.

    Attributes:
        pulls: Pull requests by number.
        comments: Comments by number of the pull request or issue.
        issues: Issues, oldest first.
        artifacts: Artifacts, oldest first.
        read_only: The token may only read, as that of a fork.
        blobs: Where archives are.
    """

    def __init__(self, blobs: Blobs) -> None:
        """An empty repository."""
        super().__init__()
        self.blobs = blobs
        self.pulls: dict[int, dict[str, Any]] = {}
        self.comments: dict[int, list[dict[str, Any]]] = {}
        self.issues: list[dict[str, Any]] = []
        self.artifacts: list[dict[str, Any]] = []
        self.read_only = False
        self._last_id = 100

    # ── what people and runners do ────────────────────────────────────────────────────────

    def pull(self, number: int, head: str, *, fork: bool = False) -> dict[str, Any]:
        """Open a pull request, or push to it."""
        repository = "mallory/billing" if fork else REPOSITORY
        self.pulls[number] = {
            "number": number,
            "title": "$(touch pwned) `touch pwned` @everyone",
            "head": {"sha": head, "ref": "branch", "repo": {"full_name": repository}},
            "base": {"ref": "main", "repo": {"full_name": REPOSITORY}},
            "merged_at": None,
            "merge_commit_sha": None,
        }
        self.comments.setdefault(number, [])
        return self.pulls[number]

    def merge(self, number: int, commit: str) -> None:
        """Merge a pull request."""
        self.pulls[number].update(merged_at="2026-01-01T00:00:00Z", merge_commit_sha=commit)

    def upload(
        self, name: str, content: bytes, head: str, *, run: str = "1", fork: bool = False
    ) -> None:
        """Keep a file of a run."""
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr(f"{name}.plan", content)
        id = self._id()
        self.blobs.files[f"/{id}"] = archive.getvalue()
        self.artifacts.append(
            {
                "id": id,
                "name": name,
                "expired": False,
                "workflow_run": {
                    "id": int(run),
                    "head_sha": head,
                    "repository_id": 1,
                    "head_repository_id": 2 if fork else 1,
                },
            }
        )

    def say(self, number: int, body: str, login: str = "mallory") -> None:
        """Write a comment as a person."""
        self.comments[number].append(
            {"id": self._id(), "body": body, "user": {"login": login, "type": "User"}}
        )

    # ── the API ───────────────────────────────────────────────────────────────────────────

    def routes(self) -> list[Route]:
        """The paths that are used."""
        return [
            ("GET", f"{_R}/pulls/(\\d+)", lambda _, n: Answer(200, self.pulls[int(n)])),
            ("GET", f"{_R}/commits/(\\w+)/pulls", self._pulls_of),
            ("GET", f"{_R}/issues/(\\d+)/comments", self._list_comments),
            ("POST", f"{_R}/issues/(\\d+)/comments", self._add_comment),
            ("PATCH", f"{_R}/issues/comments/(\\d+)", self._edit_comment),
            ("DELETE", f"{_R}/issues/comments/(\\d+)", self._delete_comment),
            ("GET", f"{_R}/issues", self._list_issues),
            ("POST", f"{_R}/issues", self._open_issue),
            ("PATCH", f"{_R}/issues/(\\d+)", self._edit_issue),
            ("GET", f"{_R}/actions/artifacts", self._list_artifacts),
            ("GET", f"{_R}/actions/runs/(\\d+)/artifacts", self._list_artifacts),
            ("GET", f"{_R}/actions/artifacts/(\\d+)/zip", self._download),
        ]

    def answer(self, asked: Asked) -> Answer:
        """Refuse what the token may not do, then answer."""
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return Answer(401, {"message": "Bad credentials"})
        if asked.path == "/user" or (self.read_only and asked.method != "GET"):
            return _FORBIDDEN
        return super().answer(asked)

    def _pulls_of(self, asked: Asked, commit: str) -> Answer:
        found = [
            pull
            for pull in self.pulls.values()
            if commit in (pull["merge_commit_sha"], pull["head"]["sha"])
        ]
        return Answer(200, paged(found, asked, standard=30))

    def _list_comments(self, asked: Asked, number: str) -> Answer:
        return Answer(200, paged(self.comments[int(number)], asked, standard=30))

    def _add_comment(self, asked: Asked, number: str) -> Answer:
        if len(asked.body["body"]) > _LONGEST:
            return Answer(422, {"message": "Validation Failed"})
        made = {"id": self._id(), "body": asked.body["body"], "user": _BOT}
        self.comments.setdefault(int(number), []).append(made)
        return Answer(201, made)

    def _comment(self, id: str) -> dict[str, Any]:
        return next(one for all in self.comments.values() for one in all if one["id"] == int(id))

    def _edit_comment(self, asked: Asked, id: str) -> Answer:
        self._comment(id).update(asked.body)
        return Answer(200, self._comment(id))

    def _delete_comment(self, _: Asked, id: str) -> Answer:
        for all in self.comments.values():
            all[:] = [one for one in all if one["id"] != int(id)]
        return Answer(204)

    def _list_issues(self, asked: Asked) -> Answer:
        pulls = [{"number": n, "id": n, "pull_request": {}, "body": ""} for n in self.pulls]
        found = [one for one in self.issues if one["state"] == asked.query.get("state", "open")]
        return Answer(200, paged([*pulls, *found], asked, standard=30))

    def _open_issue(self, asked: Asked) -> Answer:
        id = self._id()
        made = {"id": id, "number": id, "state": "open", "user": _BOT, **asked.body}
        self.issues.append(made)
        return Answer(201, made)

    def _edit_issue(self, asked: Asked, number: str) -> Answer:
        issue = next(one for one in self.issues if one["number"] == int(number))
        issue.update(asked.body)
        return Answer(200, issue)

    def _list_artifacts(self, asked: Asked, run: str = "") -> Answer:
        found = [
            one
            for one in reversed(self.artifacts)
            if one["name"] == asked.query.get("name", one["name"])
            and (not run or one["workflow_run"]["id"] == int(run))
        ]
        page = paged(found, asked, standard=30)
        return Answer(200, {"total_count": len(found), "artifacts": page})

    def _download(self, _: Asked, id: str) -> Answer:
        return Answer(302, headers={"Location": f"{self.blobs.url}/{id}"})

    def _id(self) -> int:
        self._last_id += 1
        return self._last_id
