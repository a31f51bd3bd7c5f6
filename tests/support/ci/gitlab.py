"""A stand-in for GitLab's REST API, as its documentation describes the parts that are used."""

from __future__ import annotations

from typing import Any

from tests.support.ci.web import Answer, Asked, Route, Web, paged

PROJECT = "77"
_P = f"/projects/{PROJECT}"
TOKEN = "glpat-0123456789abcdefghij"  # noqa: S105 - opens nothing
_USER = {"id": 900, "username": "project_77_bot"}


class GitLabStandIn(Web):
    """Merge requests, notes, issues and the artifacts of jobs of one project.

    Attributes:
        requests: Merge requests by number.
        notes: Notes by number of the merge request.
        issues: Issues, oldest first.
        pipelines: Pipelines by number of the merge request, newest first, as GitLab lists them.
        files: Files of jobs, by job and name.
    """

    def __init__(self) -> None:
        """An empty project."""
        super().__init__()
        self.requests: dict[int, dict[str, Any]] = {}
        self.notes: dict[int, list[dict[str, Any]]] = {}
        self.issues: list[dict[str, Any]] = []
        self.pipelines: dict[int, list[dict[str, Any]]] = {}
        self.files: dict[tuple[int, str], bytes] = {}
        self._last_id = 100

    def pull(self, number: int, head: str, *, fork: bool = False) -> None:
        """Open a merge request, or push to it."""
        self.requests[number] = {
            "iid": number,
            "sha": head,
            "state": "opened",
            "target_branch": "main",
            "merge_commit_sha": None,
            "squash_commit_sha": None,
            "source_project_id": 78 if fork else int(PROJECT),
            "target_project_id": int(PROJECT),
        }
        self.notes.setdefault(number, [])
        self.pipelines.setdefault(number, [])

    def merge(self, number: int, commit: str) -> None:
        """Merge a merge request."""
        self.requests[number].update(state="merged", merge_commit_sha=commit)

    def upload(self, number: int, pipeline: int, name: str, content: bytes) -> None:
        """Keep a file of the one job of a pipeline."""
        self.pipelines[number].insert(0, {"id": pipeline, "project_id": int(PROJECT)})
        self.files[pipeline, name] = content

    def say(self, number: int, body: str) -> None:
        """Write a note as a person."""
        author = {"id": 5, "username": "mallory"}
        self.notes[number].append({"id": self._id(), "body": body, "author": author})

    # ── the API ───────────────────────────────────────────────────────────────────────────

    def routes(self) -> list[Route]:
        """The paths that are used."""
        m = f"{_P}/merge_requests/(\\d+)"
        return [
            ("GET", "/user", lambda _: Answer(200, _USER)),
            ("GET", m, lambda _, n: Answer(200, self.requests[int(n)])),
            ("GET", f"{_P}/repository/commits/(\\w+)/merge_requests", self._requests_of),
            ("GET", f"{m}/notes", self._list_notes),
            ("POST", f"{m}/notes", self._add_note),
            ("PUT", f"{m}/notes/(\\d+)", self._edit_note),
            ("GET", f"{m}/pipelines", self._list_pipelines),
            ("GET", f"{_P}/pipelines/(\\d+)/jobs", self._jobs),
            ("GET", f"{_P}/jobs/(\\d+)/artifacts/(.+)", self._file),
            ("GET", f"{_P}/issues", self._list_issues),
            ("POST", f"{_P}/issues", self._open_issue),
            ("PUT", f"{_P}/issues/(\\d+)", self._edit_issue),
            ("POST", f"{_P}/issues/(\\d+)/notes", lambda *_: Answer(201, {})),
        ]

    def answer(self, asked: Asked) -> Answer:
        """Refuse who has no token, then answer."""
        if asked.headers.get("private-token") != TOKEN:
            return Answer(401, {"message": "401 Unauthorized"})
        return super().answer(asked)

    def _requests_of(self, asked: Asked, commit: str) -> Answer:
        found = [one for one in self.requests.values() if commit == one["merge_commit_sha"]]
        return Answer(200, paged(found, asked, standard=20))

    def _list_notes(self, asked: Asked, number: str) -> Answer:
        return Answer(200, paged(self.notes[int(number)][::-1], asked, standard=20))

    def _add_note(self, asked: Asked, number: str) -> Answer:
        made = {"id": self._id(), "body": asked.body["body"], "author": _USER}
        self.notes[int(number)].append(made)
        return Answer(201, made)

    def _edit_note(self, asked: Asked, number: str, id: str) -> Answer:
        note = next(one for one in self.notes[int(number)] if one["id"] == int(id))
        note.update(asked.body)
        return Answer(200, note)

    def _list_pipelines(self, asked: Asked, number: str) -> Answer:
        return Answer(200, paged(self.pipelines[int(number)], asked, standard=20))

    def _jobs(self, asked: Asked, pipeline: str) -> Answer:
        jobs = [{"id": int(pipeline), "name": "engine plan", "artifacts": []}]
        return Answer(200, paged(jobs, asked, standard=20))

    def _file(self, _: Asked, job: str, name: str) -> Answer:
        found = self.files.get((int(job), name))
        return Answer(404, {"message": "404 Not Found"}) if found is None else Answer(raw=found)

    def _list_issues(self, asked: Asked) -> Answer:
        found = [one for one in self.issues if one["state"] == asked.query.get("state")]
        return Answer(200, paged(found, asked, standard=20))

    def _open_issue(self, asked: Asked) -> Answer:
        id = self._id()
        made = {"id": id, "iid": id, "state": "opened", "author": _USER, **asked.body}
        self.issues.append(made)
        return Answer(201, made)

    def _edit_issue(self, asked: Asked, number: str) -> Answer:
        issue = next(one for one in self.issues if one["iid"] == int(number))
        if asked.body.get("state_event") == "close":
            issue["state"] = "closed"
        issue.update({name: value for name, value in asked.body.items() if name != "state_event"})
        return Answer(200, issue)

    def _id(self) -> int:
        self._last_id += 1
        return self._last_id
