"""The action, the template and the workflows of the documents: thin, and safe to copy."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped] # it has no types of its own

import engine

ROOT = Path(engine.__file__).parents[1]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
TEMPLATE = yaml.safe_load((ROOT / "ci" / "gitlab.yml").read_text(encoding="utf-8"))
WORKFLOWS = {
    path.name: yaml.safe_load(path.read_text(encoding="utf-8"))
    for path in (ROOT / ".github" / "workflows").glob("*.yml")
}
TEXT = (ROOT / "docs" / "how-to" / "ci.md").read_text(encoding="utf-8")
_BLOCK = r"<!-- workflow: {} -->\n\s*```yaml\n(.*?)\n\s*```"


def shown(host: str) -> Any:
    """The workflow that the document shows for a host."""
    match = re.search(_BLOCK.format(host), TEXT, re.DOTALL)
    assert match is not None
    return yaml.safe_load(textwrap.dedent(match[1]))


def texts(value: Any) -> Iterator[str]:
    """Every text in a document."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str):
        yield value


def test_no_input_of_the_action_is_part_of_a_command() -> None:
    """They reach the shell as variables."""
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step.get("run", "")
        assert step.get("uses", "actions/").startswith("actions/")


def steps() -> Iterator[dict[str, Any]]:
    """Every step of our own workflows, and of the action."""
    for workflow in WORKFLOWS.values():
        for job in workflow["jobs"].values():
            yield from job["steps"]
    yield from ACTION["runs"]["steps"]


def test_what_others_wrote_is_named_by_its_commit() -> None:
    """A tag can be moved to code that was not looked at."""
    used = [step["uses"] for step in steps() if "uses" in step]
    assert [name for name in used if not re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", name)] == []


def test_our_workflows_keep_no_token_and_make_no_command_of_an_expression() -> None:
    """Tests install many packages, none of which may push or sign."""
    for step in steps():
        assert "${{" not in step.get("run", "")
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False
    jobs = [job for workflow in WORKFLOWS.values() for job in workflow["jobs"].values()]
    testing = [
        job for job in jobs if any(".ci/run" in step.get("run", "") for step in job["steps"])
    ]
    assert len(testing) == 2
    assert all(job.get("permissions", {}) in ({}, {"contents": "read"}) for job in testing)


def test_every_input_is_used_and_explained() -> None:
    """And none is used that there is not."""
    used = set(re.findall(r"inputs\.([\w-]+)", " ".join(texts(ACTION["runs"]))))
    assert used == set(ACTION["inputs"])
    for name, entry in ACTION["inputs"].items():
        assert entry["description"]
        assert f"| `{name}` |" in TEXT


@pytest.mark.parametrize("job", ["plan", "apply", "drift"])
def test_the_workflow_gives_each_job_what_it_needs_and_no_more(job: str) -> None:
    """Permissions by job; secrets for the step of the action alone; known inputs."""
    workflow = shown("github")
    assert workflow["permissions"] == {"contents": "read"}
    needed = {
        "plan": {"contents": "read", "pull-requests": "write"},
        "apply": {"actions": "read", "contents": "write", "pull-requests": "write"},
        "drift": {"contents": "read", "issues": "write"},
    }
    found = workflow["jobs"][job]
    assert found["permissions"] == needed[job]
    assert "env" not in found
    step = found["steps"][-1]
    assert set(step["with"]) <= set(ACTION["inputs"])
    assert step["with"]["command"] == job


def test_the_workflow_runs_no_code_of_a_fork_with_secrets() -> None:
    """And an apply that was begun is not canceled."""
    workflow = shown("github")
    assert "pull_request_target" not in workflow[True]  # YAML reads `on` as true
    assert workflow["jobs"]["apply"]["concurrency"]["cancel-in-progress"] is False
    assert workflow["jobs"]["apply"]["environment"] == "live"


def test_the_template_of_gitlab_has_the_jobs_that_the_document_names() -> None:
    """An apply waits for others, and commits the state whatever came of it."""
    assert set(shown("gitlab")) - {"include", "variables"} <= set(TEMPLATE)
    assert set(shown("gitlab")["variables"]) <= set(TEMPLATE["variables"])
    apply = TEMPLATE["engine apply"]
    assert apply["resource_group"].startswith("engine-")
    assert any("engine ci commit-state" in line for line in apply["after_script"])
