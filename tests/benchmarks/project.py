"""A project folder whose engine speaks to a served account, and its twin in Terraform."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.benchmarks.account import KEY, Answered, serve_account, write_stack
from tests.benchmarks.harness import Command, Ran
from tests.benchmarks.served import Server, running


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project whose stack declares so many objects.

    Attributes:
        root: Its folder.
        objects: How many.
        server: The account it speaks to.
    """

    root: Path
    objects: int
    server: Server

    def command(self, *words: str, **environ: str) -> Command:
        """A command of the engine; `environ` is set beside what it needs."""
        return Command(
            words=(*engine(), *words),
            folder=self.root,
            environ={
                **bare_environ(self.root),
                "STRIPE_API_KEY": KEY,
                "STRIPE_API_BASE": self.server.url,
                **environ,
            },
        )

    def settle(self) -> Ran:
        """Put the objects on the account, and the state beside the stack.

        The state is rebuilt from what the objects are stamped with: an apply would give the same,
        and takes a minute for 10,000.
        """
        self.server.ask("own", self.objects)
        rebuilt = self.command("state", "rebuild").run()
        planned = self.command("plan", "--detailed-exitcode").run()
        if "No changes" not in planned.output:
            raise RuntimeError(planned.output[-2000:])
        self.answered()
        return rebuilt

    def answered(self) -> Answered:
        """What the account answered since."""
        found: Answered = self.server.ask("answered")
        return found


def engine() -> tuple[str, ...]:
    """The words that start the engine as its users do."""
    script = Path(sys.executable).with_name("engine")
    return (str(script),) if script.exists() else (sys.executable, "-m", "engine")


def bare_environ(home: Path) -> dict[str, str]:
    """What any program needs, and nothing that a person may have set."""
    return {"PATH": os.environ.get("PATH", ""), "HOME": str(home), "LC_ALL": "C.UTF-8"}


@contextmanager
def project(objects: int, *, rate: float | None = None, latency: float = 0.0) -> Iterator[Project]:
    """A project in front of an account of its own, which is empty.

    Args:
        objects: How many its stack declares.
        rate: Requests a second that the account lets through; None for any.
        latency: Seconds that every answer is on its way.
    """
    with (
        TemporaryDirectory(prefix="benchmark-") as folder,
        running(serve_account, rate, latency) as server,
    ):
        root = Path(folder)
        write_stack(root, objects)
        yield Project(root=root, objects=objects, server=server)


# ── Terraform ─────────────────────────────────────────────────────────────────────────────

_PAIR = """
resource "terraform_data" "p{number}" {{
  input = {{ name = "Product {number}", number = "{number}" }}
}}

resource "terraform_data" "p{number}-monthly" {{
  input = {{
    product     = terraform_data.p{number}.id
    currency    = "usd"
    unit_amount = {amount}
    interval    = "month"
    lookup_key  = "p{number}_monthly"
  }}
}}
"""
_BUILT_IN = 'provider["terraform.io/builtin/terraform"]'


def terraform_twin(program: str, root: Path, objects: int) -> Command:
    """A Terraform project of as many objects that refer to each other in the same way.

    Its state is written down, and not applied: an apply of 10,000 takes hours.

    Returns:
        The command that plans it without reading anything.

    Raises:
        RuntimeError: if Terraform finds that the state is not what the files declare.
    """
    pairs = range(objects // 2)
    # Bit by bit: what this process holds at most is the least that those it starts are told to.
    with (root / "main.tf").open("w", encoding="utf-8") as declared:
        declared.writelines(_PAIR.format(number=one, amount=1000 + one) for one in pairs)
    state = {
        "version": 4,
        "terraform_version": "1.11.0",
        "serial": 1,
        "lineage": "0b5e55ed-0000-4000-8000-000000000000",
        "outputs": {},
        "check_results": None,
    }
    with (root / "terraform.tfstate").open("w", encoding="utf-8") as stored:
        stored.write(json.dumps(state).removesuffix("}") + ', "resources": [')
        entries = (entry for number in pairs for entry in _terraform_pair(number))
        for index, entry in enumerate(entries):
            stored.write((",\n" if index else "\n") + json.dumps(entry))
        stored.write("\n]}\n")
    environ = {**bare_environ(root), "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
    Command(words=(program, "init", "-no-color"), folder=root, environ=environ).run()
    planning = (program, "plan", "-refresh=false", "-no-color", "-input=false")
    found = Command(words=planning, folder=root, environ=environ)
    told = found.run().output
    if "No changes" not in told:
        raise RuntimeError(told[-2000:])
    return found


def _terraform_pair(number: int) -> Iterator[dict[str, Any]]:
    id = f"83042f83-45f8-4336-1ded-{number:012d}"
    value: dict[str, Any] = {"name": f"Product {number}", "number": str(number)}
    yield _terraform_data(f"p{number}", id, value, [])
    value = {
        "product": id,
        "currency": "usd",
        "unit_amount": 1000 + number,
        "interval": "month",
        "lookup_key": f"p{number}_monthly",
    }
    needs = [f"terraform_data.p{number}"]
    yield _terraform_data(f"p{number}-monthly", f"8bfc4c67-{id[9:]}", value, needs)


def _terraform_data(name: str, id: str, value: dict[str, Any], needs: list[str]) -> dict[str, Any]:
    types = {key: "number" if isinstance(inner, int) else "string" for key, inner in value.items()}
    typed = {"value": value, "type": ["object", types]}
    instance = {
        "schema_version": 0,
        "attributes": {"id": id, "input": typed, "output": typed, "triggers_replace": None},
        "sensitive_attributes": [],
        "dependencies": needs,
    }
    return {
        "mode": "managed",
        "type": "terraform_data",
        "name": name,
        "provider": _BUILT_IN,
        "instances": [instance],
    }
