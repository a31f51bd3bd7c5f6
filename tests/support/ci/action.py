"""Runs the steps of `action.yml` in a shell, as a runner does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped] # it has no types of its own

import engine
from tests.support.command_line import Ended

ROOT = Path(engine.__file__).parents[1]
_EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")
_BOTH = re.compile(r"(?:!cancelled\(\)|(always\(\))) && (\S+) (==|!=) '(\w*)'")


@dataclass
class Job:
    """One run of the action on a machine of its own.

    Attributes:
        folder: The checkout.
        temporary: Files of the runner.
        variables: What the runner sets, and the job's own.
        token: That of the job.
        keep: Keeps a file as an artifact: its name and the file.
        summary: What the job's summary has, after the run.
        codes: Exit codes of the steps, by their names.
    """

    folder: Path
    temporary: Path
    variables: Mapping[str, str]
    token: str
    keep: Callable[[str, Path], None]
    summary: str = ""
    codes: dict[str, int] = field(default_factory=dict)

    def run(self, **inputs: str) -> Ended:
        """Run the steps; how the job ended, with what all of them wrote."""
        action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
        given = {name: one.get("default", "") for name, one in action["inputs"].items()}
        given.update({name.replace("_", "-"): value for name, value in inputs.items()})
        values = {f"inputs.{name}": self._filled(value, {}) for name, value in given.items()}
        self.temporary.mkdir(parents=True, exist_ok=True)
        failed, out, err = 0, "", ""
        for step in action["runs"]["steps"]:
            if not self._due(step.get("if", ""), values, failed=failed > 0):
                continue
            if "uses" in step:
                assert step["uses"].startswith("actions/upload-artifact@")
                with_ = {name: self._filled(text, values) for name, text in step["with"].items()}
                self.keep(with_["name"], Path(with_["path"]))
                continue
            ended = self._shell(step, values)
            self.codes[step["name"]] = ended.code
            failed = failed or ended.code
            out, err = out + ended.out, err + ended.err
        return Ended(failed, out, err)

    def _due(self, condition: str, values: Mapping[str, str], *, failed: bool) -> bool:
        if not condition:
            return not failed
        match = _BOTH.fullmatch(_EXPRESSION.fullmatch(condition)[1])  # type: ignore[index]
        assert match is not None, condition
        equal = values.get(match[2], "") == match[4]
        return equal is (match[3] == "==")

    def _filled(self, text: str, values: Mapping[str, str]) -> str:
        known = {"github.token": self.token, **values}
        return _EXPRESSION.sub(lambda match: known.get(match[1], ""), str(text))

    def _shell(self, step: dict[str, Any], values: dict[str, str]) -> Ended:
        assert "${{" not in step["run"], "an input would be part of a command"
        files = {
            name: self.temporary / name
            for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_PATH")
        }
        for file in files.values():
            file.touch()
        files["GITHUB_OUTPUT"].write_text("", encoding="utf-8")
        script = self.temporary / "step.sh"
        script.write_text(step["run"], encoding="utf-8")
        where = self._filled(step.get("working-directory", "."), values)
        own = {name: self._filled(text, values) for name, text in step.get("env", {}).items()}
        done = subprocess.run(  # noqa: S603 - the steps of the action
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],  # noqa: S607
            cwd=self.folder / where,
            env={
                **_surroundings(),
                **self.variables,
                **{name: str(file) for name, file in files.items()},
                "GITHUB_ACTIONS": "true",
                "GITHUB_ACTION_PATH": str(ROOT),
                "GITHUB_WORKSPACE": str(self.folder),
                "RUNNER_TEMP": str(self.temporary),
                **own,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        if "id" in step:
            for line in files["GITHUB_OUTPUT"].read_text(encoding="utf-8").splitlines():
                name, _, value = line.partition("=")
                values[f"steps.{step['id']}.outputs.{name}"] = value
        self.summary = files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8")
        return Ended(done.returncode, done.stdout, done.stderr)


def _surroundings() -> dict[str, str]:
    """What a runner's machine has: the programs, with engine among them, and no settings of git."""
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
    return {
        **kept,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_SYSTEM": "/dev/null",
    }
