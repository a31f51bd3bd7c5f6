"""GitHub, as a job of GitHub Actions sees it: variables, the event, the REST API.

Source of names and shapes: GitHub's documentation of Actions' variables and of its REST API.
"""

from __future__ import annotations

import functools
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.backends.code_hosts.api import Api
from engine.backends.code_hosts.own_note import ours_among
from engine.ports.ci.code_host import ChangeRequest, CodeHostError, NoSavedPlanError, Remote

_VERSION = "2022-11-28"
_LARGEST_PLAN = 64 * 1024 * 1024


class GitHub:
    """One run of a job of GitHub Actions."""

    def __init__(self, variables: Mapping[str, str], *, token: str) -> None:
        """Args: variables: of the job; token: for the API."""
        self._variables = variables
        self._repository = f"/repos/{variables['GITHUB_REPOSITORY']}"
        self._api = Api(
            variables.get("GITHUB_API_URL") or "https://api.github.com",
            {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": _VERSION},
            token_header="Authorization",  # noqa: S106 - a name
            token=f"Bearer {token}" if token else "",
        )

    # ── the run ───────────────────────────────────────────────────────────────────────────

    @functools.cached_property
    def _event(self) -> Mapping[str, Any]:
        path = self._variables.get("GITHUB_EVENT_PATH")
        if not path:
            return {}
        event: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
        return event

    @property
    def commit(self) -> str:
        """The commit that a plan of this run is of."""
        change = self.change()
        return self._variables["GITHUB_SHA"] if change is None else change.head

    @property
    def run_id(self) -> str:
        """The number of the run."""
        return self._variables.get("GITHUB_RUN_ID", "0")

    @property
    def run_url(self) -> str:
        """The page of the run."""
        server = self._variables.get("GITHUB_SERVER_URL") or "https://github.com"
        return f"{server}/{self._variables['GITHUB_REPOSITORY']}/actions/runs/{self.run_id}"

    @property
    def branch(self) -> str:
        """The branch that the run is of."""
        # Not the short name: a tag can have that of a branch.
        kind, _, name = self._variables.get("GITHUB_REF", "").partition("refs/heads/")
        return "" if kind else name

    @property
    def default_branch(self) -> str:
        """The one that the repository's settings say."""
        return str((self._event.get("repository") or {}).get("default_branch", ""))

    @property
    def by_hand(self) -> bool:
        """Whether a person started the run."""
        return self._variables.get("GITHUB_EVENT_NAME") == "workflow_dispatch"

    @property
    def workspace(self) -> Path:
        """The folder of the checkout."""
        return Path(self._variables.get("GITHUB_WORKSPACE") or ".")

    @property
    def folder(self) -> Path:
        """Where files are kept for later steps."""
        return Path(self._variables.get("RUNNER_TEMP") or ".")

    @property
    def remote(self) -> Remote:
        """Where commits go, and in whose name."""
        # The checkout has left the token for it. The number is the user id of the bot.
        bot = "github-actions[bot]"
        return Remote(address="origin", name=bot, mail=f"41898282+{bot}@users.noreply.github.com")

    def change(self) -> ChangeRequest | None:
        """The change that the run checks."""
        pull = self._event.get("pull_request")
        if pull is None:
            return None
        change = self._change(pull)
        if change.foreign and self._variables.get("GITHUB_EVENT_NAME") == "pull_request_target":
            raise CodeHostError(
                "pull_request_target runs with the secrets of this repository, and this is code of "
                "a fork",
                hint="write `on: pull_request`: a plan evaluates the stacks of the pull request",
            )
        return change

    def is_newest(self, change: ChangeRequest) -> bool:
        """Whether the branch of a change still ends where it did."""
        pull = self._api.get(f"{self._repository}/pulls/{change.number}")
        return bool(pull["head"]["sha"] == change.head)

    def merged(self) -> ChangeRequest | None:
        """The change whose merge made the commit of the run."""
        commit = self._variables["GITHUB_SHA"]
        for pull in self._api.pages(f"{self._repository}/commits/{commit}/pulls"):
            here = pull.get("merge_commit_sha") == commit and pull["base"]["ref"] == self.branch
            if pull.get("merged_at") and here:
                return self._change(pull)
        return None

    def _change(self, pull: Mapping[str, Any]) -> ChangeRequest:
        # The repository of a head is null once its fork was deleted.
        head = (pull["head"].get("repo") or {}).get("full_name")
        return ChangeRequest(
            number=int(pull["number"]),
            head=str(pull["head"]["sha"]),
            foreign=head != pull["base"]["repo"]["full_name"],
        )

    # ── comments and issues ───────────────────────────────────────────────────────────────

    def comment(self, change: ChangeRequest, marker: str, body: str) -> None:
        """Write the one comment on a change, or edit it."""
        path = f"{self._repository}/issues/{change.number}/comments"
        ours = self._ours(self._api.pages(path), marker)
        if not ours:
            self._api.send("POST", path, {"body": body})
            return
        first, *others = ours
        if first["body"] != body:
            where = f"{self._repository}/issues/comments/{first['id']}"
            self._api.send("PATCH", where, {"body": body})
        for other in others:
            self._api.send("DELETE", f"{self._repository}/issues/comments/{other['id']}")

    def issue(self, marker: str, title: str, body: str) -> None:
        """Open the one issue, or edit it."""
        found = self._open_issue(marker)
        if found is None:
            path = f"{self._repository}/issues"
            self._api.send("POST", path, {"title": title, "body": body})
        elif (found["title"], found["body"]) != (title, body):
            path = f"{self._repository}/issues/{found['number']}"
            self._api.send("PATCH", path, {"title": title, "body": body})

    def close_issue(self, marker: str, text: str) -> None:
        """Close the one issue, if it is open."""
        found = self._open_issue(marker)
        if found is None:
            return
        path = f"{self._repository}/issues/{found['number']}"
        self._api.send("POST", f"{path}/comments", {"body": text})
        self._api.send("PATCH", path, {"state": "closed", "state_reason": "completed"})

    def _open_issue(self, marker: str) -> Mapping[str, Any] | None:
        issues = self._api.pages(f"{self._repository}/issues", state="open")
        ours = self._ours((one for one in issues if "pull_request" not in one), marker)
        return ours[0] if ours else None

    def _ours(self, notes: Iterator[Any], marker: str) -> list[Mapping[str, Any]]:
        return ours_among(notes, marker, self._is_own)

    def _is_own(self, note: Mapping[str, Any]) -> bool:
        """Whether we wrote it. Only what is installed in a repository writes there as a bot."""
        user = note.get("user") or {}
        return user.get("type") == "Bot" or (bool(self._login) and user.get("login") == self._login)

    @functools.cached_property
    def _login(self) -> str:
        """Who the token is; empty for that of a job, which may not ask."""
        try:
            return str(self._api.get("/user")["login"])
        except CodeHostError as error:
            if error.is_forbidden:
                return ""
            raise

    # ── files ─────────────────────────────────────────────────────────────────────────────

    def saved_plan(self, change: ChangeRequest | None, name: str) -> bytes:
        """The newest plan file of that name that may be trusted."""
        place = f"/actions/runs/{self.run_id}" if change is None else "/actions"
        path = f"{self._repository}{place}/artifacts"
        found = [
            artifact
            for artifact in self._api.pages(path, within="artifacts", name=name)
            if artifact.get("name") == name and self._is_trusted(artifact, change)
        ]
        kept = [artifact for artifact in found if not artifact["expired"]]
        if not kept:
            why = "it has expired" if found else "no run of this repository has kept it"
            raise NoSavedPlanError(f"there is no saved plan {name}", cause=f"Artifact: {why}.")
        newest = max(kept, key=lambda artifact: int(artifact["id"]))
        return _only_plan(
            self._api.read(f"{self._repository}/actions/artifacts/{newest['id']}/zip")
        )

    def _is_trusted(self, artifact: Mapping[str, Any], change: ChangeRequest | None) -> bool:
        """Whether code of this repository, at the commit that was reviewed, has written a file.

        A run of a fork can keep a file under any name, and a fork can have the same commit.
        """
        run = artifact.get("workflow_run") or {}
        own = run.get("repository_id") is not None and (
            run.get("head_repository_id") == run.get("repository_id")
        )
        return own and (change is None or run.get("head_sha") == change.head)

    def summarize(self, text: str) -> None:
        """Add to the summary of the job."""
        path = self._variables.get("GITHUB_STEP_SUMMARY")
        if path:
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(f"{text}\n")

    def output(self, name: str, value: str) -> None:
        """Set an output of the step."""
        path = self._variables.get("GITHUB_OUTPUT")
        if path:
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(f"{name}={' '.join(value.split())}\n")


def _only_plan(raw: bytes) -> bytes:
    """The one file in an archive; nothing is unpacked to a place that its name says."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            entries = archive.infolist()
            if len(entries) == 1 and entries[0].file_size <= _LARGEST_PLAN:
                return archive.read(entries[0])
    except zipfile.BadZipFile:
        pass
    raise NoSavedPlanError("the artifact is not an archive with one plan in it")
