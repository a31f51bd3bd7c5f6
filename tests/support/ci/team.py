"""A team on GitHub: its repository, and the runs of the action."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engine.emulator.core import Emulator
from tests.support.ci.action import Job
from tests.support.ci.github import REPOSITORY, TOKEN, GitHubStandIn
from tests.support.ci.repository import KEY, Repository
from tests.support.command_line import Ended
from tests.support.git import git


class Team(Repository):
    """People with a clone, and jobs that each begin with a clone of their own."""

    def __init__(self, folder: Path, github: GitHubStandIn, emulator: Emulator, base: str) -> None:
        """Make a repository with one stack, on branch main."""
        super().__init__(folder, github, emulator, base)
        self.github = github

    def check(self, number: int, *, command: str = "plan", **inputs: str) -> tuple[Ended, Job]:
        """Run the job of a pull request, on what its merge would be."""
        pull = self.github.pulls[number]
        job = self.job("pull_request", {"number": number, "pull_request": pull}, "main")
        git(job.folder, "merge", "--quiet", "--no-edit", f"origin/change-{number}")
        return job.run(command=command, **inputs), job

    def on_main(
        self, command: str, event: str = "push", commit: str = "", **variables: str
    ) -> tuple[Ended, Job]:
        """Run a job on main, or on a commit of it."""
        job = self.job(event, {}, commit or "main", **variables)
        return job.run(command=command), job

    def by_hand(self) -> tuple[Ended, Job]:
        """Run the workflow by hand on main: a plan, then its apply."""
        planned, job = self.on_main("plan", "workflow_dispatch")
        assert planned.code == 0, planned.err
        run = job.variables["GITHUB_RUN_ID"]
        return self.on_main("apply", "workflow_dispatch", GITHUB_RUN_ID=run)

    def comments(self, number: int) -> list[str]:
        """The comments of jobs on a pull request."""
        found = self.github.comments[number]
        return [one["body"] for one in found if one["user"]["type"] == "Bot"]

    def job(self, event: str, payload: dict[str, Any], commit: str, **variables: str) -> Job:
        """A machine with a checkout, for one run of the action."""
        number, place = self.checkout(commit)
        run = str(number)
        place_of_event = place.with_suffix(".event")
        place_of_event.write_text(
            json.dumps({**payload, "repository": {"default_branch": "main"}}), encoding="utf-8"
        )
        sha = git(place, "rev-parse", "HEAD").strip()

        def keep(name: str, file: Path) -> None:
            head = payload["pull_request"]["head"]["sha"] if payload else sha
            self.github.upload(name, file.read_bytes(), head, run=run)

        return Job(
            folder=place,
            temporary=place.with_suffix(".runner"),
            variables={
                "STRIPE_API_BASE": self.base,
                "STRIPE_TEST_KEY": KEY,
                "GITHUB_API_URL": self.github.url,
                "GITHUB_SERVER_URL": "https://github.example",
                "GITHUB_REPOSITORY": REPOSITORY,
                "GITHUB_EVENT_NAME": event,
                "GITHUB_EVENT_PATH": str(place_of_event),
                "GITHUB_SHA": sha,
                "GITHUB_REF": "refs/pull/1/merge" if event == "pull_request" else "refs/heads/main",
                "GITHUB_RUN_ID": run,
                "GIT_COMMITTER_NAME": "r",
                "GIT_COMMITTER_EMAIL": "r@example.com",
                **variables,
            },
            token=TOKEN,
            keep=keep,
        )
