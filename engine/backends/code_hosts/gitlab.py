"""GitLab, as a job of GitLab CI sees it: predefined variables, and the REST API.

Source of names and shapes: GitLab's documentation of predefined variables and of its REST API.
"""

from __future__ import annotations

import base64
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from engine.backends.code_hosts.api import Api
from engine.backends.code_hosts.own_note import ours_among
from engine.ports.ci.code_host import ChangeRequest, CodeHostError, NoSavedPlanError, Remote
from engine.redaction import remember

_EXPIRED = "it has expired, or the job that made it has failed"


class GitLab:
    """One run of a job of GitLab CI."""

    def __init__(self, variables: Mapping[str, str], *, token: str) -> None:
        """Args: variables: of the job; token: of a project or a group, with the scope `api`."""
        self._variables = variables
        # The pipeline of a fork's merge request runs in the fork.
        self._id = variables.get("CI_MERGE_REQUEST_PROJECT_ID") or variables["CI_PROJECT_ID"]
        self._project = f"/projects/{self._id}"
        self._token = token
        self._api = Api(
            variables["CI_API_V4_URL"],
            {},
            token_header="PRIVATE-TOKEN",  # noqa: S106 - a name
            token=token,
        )

    # ── the run ───────────────────────────────────────────────────────────────────────────

    @property
    def commit(self) -> str:
        """The commit that a plan of this run is of."""
        change = self.change()
        return self._variables["CI_COMMIT_SHA"] if change is None else change.head

    @property
    def run_id(self) -> str:
        """The number of the run."""
        return self._variables.get("CI_PIPELINE_ID", "0")

    @property
    def run_url(self) -> str:
        """The page of the run."""
        return self._variables.get("CI_JOB_URL", "")

    @property
    def branch(self) -> str:
        """The branch that the run is of."""
        return self._variables.get("CI_COMMIT_BRANCH", "")

    @property
    def default_branch(self) -> str:
        """The one that the project's settings say."""
        return self._variables.get("CI_DEFAULT_BRANCH", "")

    @property
    def by_hand(self) -> bool:
        """Whether a person started the run."""
        return self._variables.get("CI_PIPELINE_SOURCE") == "web"

    @property
    def workspace(self) -> Path:
        """The folder of the checkout."""
        return Path(self._variables.get("CI_PROJECT_DIR") or ".")

    @property
    def folder(self) -> Path:
        """Where files are kept for later steps."""
        return self.workspace  # artifacts are in it

    @property
    def remote(self) -> Remote:
        """Where commits go, and in whose name."""
        # The clone's own remote has the token of the job, which may not push.
        address = f"{self._variables['CI_PROJECT_URL']}.git"
        login = base64.b64encode(f"engine:{self._token}".encode()).decode()
        remember(login)
        return Remote(
            address=address,
            name="engine",
            mail=f"engine@noreply.{self._variables.get('CI_SERVER_HOST', 'localhost')}",
            settings={f"http.{address}.extraHeader": f"Authorization: Basic {login}"},
        )

    def change(self) -> ChangeRequest | None:
        """The change that the run checks."""
        number = self._variables.get("CI_MERGE_REQUEST_IID")
        if not number:
            return None
        # In a pipeline of merged results the commit is one that GitLab made for it.
        head = self._variables.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "")
        source = self._variables.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID")
        return ChangeRequest(
            number=int(number),
            head=head if head.strip("0") else self._variables["CI_COMMIT_SHA"],
            foreign=source != self._id,
        )

    def is_newest(self, change: ChangeRequest) -> bool:
        """Whether the branch of a change still ends where it did."""
        return bool(self._request(change)["sha"] == change.head)

    def merged(self) -> ChangeRequest | None:
        """The change whose merge made the commit of the run."""
        commit = self._variables["CI_COMMIT_SHA"]
        path = f"{self._project}/repository/commits/{commit}/merge_requests"
        for request in self._api.pages(path):
            made = {request.get("merge_commit_sha"), request.get("squash_commit_sha")}
            fast_forward = not any(made) and request.get("sha") == commit
            here = request.get("target_branch") == self.branch
            if request.get("state") == "merged" and here and (commit in made or fast_forward):
                return ChangeRequest(
                    number=int(request["iid"]),
                    head=str(request["sha"]),
                    foreign=request["source_project_id"] != request["target_project_id"],
                )
        return None

    def _request(self, change: ChangeRequest) -> Any:
        return self._api.get(f"{self._project}/merge_requests/{change.number}")

    # ── notes and issues ──────────────────────────────────────────────────────────────────

    def comment(self, change: ChangeRequest, marker: str, body: str) -> None:
        """Write the one comment on a change, or edit it."""
        path = f"{self._project}/merge_requests/{change.number}/notes"
        ours = self._ours(path, marker)
        if not ours:
            self._api.send("POST", path, {"body": body})
            return
        first, *others = ours
        if first["body"] != body:
            self._api.send("PUT", f"{path}/{first['id']}", {"body": body})
        for other in others:
            self._api.send("DELETE", f"{path}/{other['id']}")

    def issue(self, marker: str, title: str, body: str) -> None:
        """Open the one issue, or edit it."""
        path = f"{self._project}/issues"
        found = self._open_issue(marker)
        if found is None:
            self._api.send("POST", path, {"title": title, "description": body})
        elif (found["title"], found["description"]) != (title, body):
            self._api.send("PUT", f"{path}/{found['iid']}", {"title": title, "description": body})

    def close_issue(self, marker: str, text: str) -> None:
        """Close the one issue, if it is open."""
        found = self._open_issue(marker)
        if found is None:
            return
        path = f"{self._project}/issues/{found['iid']}"
        self._api.send("POST", f"{path}/notes", {"body": text})
        self._api.send("PUT", path, {"state_event": "close"})

    def _open_issue(self, marker: str) -> Mapping[str, Any] | None:
        issues = self._api.pages(f"{self._project}/issues", state="opened")
        notes = ({**one, "body": one.get("description")} for one in issues)
        ours = ours_among(notes, marker, self._is_own)
        return ours[0] if ours else None

    def _ours(self, path: str, marker: str) -> list[Mapping[str, Any]]:
        return ours_among(self._api.pages(path), marker, self._is_own)

    def _is_own(self, note: Mapping[str, Any]) -> bool:
        return bool((note.get("author") or {}).get("id") == self._user)

    @functools.cached_property
    def _user(self) -> int:
        """The user of the token; a token of a project has one of its own."""
        return int(self._api.get("/user")["id"])

    # ── files ─────────────────────────────────────────────────────────────────────────────

    def saved_plan(self, change: ChangeRequest | None, name: str) -> bytes:
        """The newest plan file of that name that may be trusted."""
        pipelines = (
            [{"id": self.run_id}]
            if change is None
            else list(self._api.pages(f"{self._project}/merge_requests/{change.number}/pipelines"))
        )
        why = "no pipeline of the merge request has kept it"
        # A pipeline of a fork's merge request can run in the fork, which has another project.
        own = [one for one in pipelines if self._is_own_pipeline(one)]
        for pipeline in sorted(own, key=lambda one: -int(one["id"])):
            path = f"{self._project}/pipelines/{pipeline['id']}/jobs"
            for job in self._api.pages(path):
                try:
                    file = f"{self._project}/jobs/{job['id']}/artifacts/{quote(name)}.plan"
                    return self._api.read(file)
                except CodeHostError as error:
                    if not error.is_forbidden:
                        raise
                    if job.get("artifacts"):
                        why = _EXPIRED
        raise NoSavedPlanError(f"there is no saved plan {name}", cause=f"Artifact: {why}.")

    def _is_own_pipeline(self, pipeline: Mapping[str, Any]) -> bool:
        project = pipeline.get("project_id")
        return project is None or str(project) == self._id

    def summarize(self, text: str) -> None:
        """GitLab shows no summary of a job but its log."""

    def output(self, name: str, value: str) -> None:
        """Steps of a job of GitLab share files; there is nothing to give."""
