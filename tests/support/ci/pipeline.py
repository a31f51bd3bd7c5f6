"""Runs the jobs of `ci/gitlab.yml` in a shell, as a runner does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import yaml  # type: ignore[import-untyped] # it has no types of its own

import engine
from engine.emulator.core import Emulator
from tests.support.ci.gitlab import PROJECT, TOKEN, GitLabStandIn
from tests.support.ci.repository import KEY, Repository
from tests.support.command_line import Ended
from tests.support.git import git

TEMPLATE = Path(engine.__file__).parents[1] / "ci" / "gitlab.yml"


class GitLabTeam(Repository):
    """People with a clone, and jobs that each begin with a clone of their own."""

    def __init__(self, folder: Path, gitlab: GitLabStandIn, emulator: Emulator, base: str) -> None:
        """Make a repository with one stack, on branch main."""
        super().__init__(folder, gitlab, emulator, base)
        self.gitlab = gitlab

    def check(self, number: int) -> Ended:
        """Run the job of a merge request."""
        request = self.gitlab.requests[number]
        pipeline, folder = self.checkout(f"origin/change-{number}")
        variables = {
            "CI_PIPELINE_SOURCE": "merge_request_event",
            "CI_MERGE_REQUEST_IID": str(number),
            "CI_MERGE_REQUEST_PROJECT_ID": PROJECT,
            "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": str(request["source_project_id"]),
            "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": "",
        }
        ended = self._run("engine plan", folder, pipeline, variables)
        for file in folder.glob("engine-plan-*.plan"):
            self.gitlab.upload(number, pipeline, file.name, file.read_bytes())
        return ended

    def on_main(self, job: str, source: str = "push") -> Ended:
        """Run a job on main."""
        pipeline, folder = self.checkout("main")
        variables = {"CI_PIPELINE_SOURCE": source, "CI_COMMIT_BRANCH": "main"}
        return self._run(job, folder, pipeline, variables)

    def notes(self, number: int) -> list[str]:
        """The notes of jobs on a merge request."""
        found = self.gitlab.notes[number]
        return [one["body"] for one in found if one["author"]["username"] != "mallory"]

    def _run(self, name: str, folder: Path, pipeline: int, variables: dict[str, str]) -> Ended:
        template = yaml.safe_load(TEMPLATE.read_text(encoding="utf-8"))
        job = {**template[template[name]["extends"]], **template[name]}
        around = {
            **template["variables"],
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_SYSTEM": "/dev/null",
            "GITLAB_CI": "true",
            "CI_API_V4_URL": self.gitlab.url,
            "CI_PROJECT_ID": PROJECT,
            "CI_PROJECT_DIR": str(folder),
            "CI_PROJECT_URL": str(self.origin).removesuffix(".git"),
            "CI_DEFAULT_BRANCH": "main",
            "CI_COMMIT_SHA": git(folder, "rev-parse", "HEAD").strip(),
            "CI_PIPELINE_ID": str(pipeline),
            "CI_JOB_URL": f"https://gitlab.example/jobs/{pipeline}",
            "ENGINE_CI_TOKEN": TOKEN,
            "STRIPE_API_BASE": self.base,
            "STRIPE_TEST_KEY": KEY,
            **variables,
        }
        done = _shell([*job["before_script"], *job["script"]], folder, around)
        after = _shell(job.get("after_script", []), folder, around)
        return Ended(done.returncode, done.stdout + after.stdout, done.stderr + after.stderr)


def _shell(
    lines: list[str], folder: Path, variables: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - the lines of the template
        ["bash", "-eo", "pipefail", "-c", "\n".join(lines)],  # noqa: S607 - that of the machine
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
