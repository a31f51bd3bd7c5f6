"""The README's examples are what the program prints.

`ENGINE_UPDATE=1 python -m pytest tests/e2e/test_readme.py` writes them anew.
"""

from __future__ import annotations

import dataclasses
import io
import re
from pathlib import Path

from engine.bootstrap.project import open_project
from engine.catalog import loader
from engine.emulator.core import Emulator
from engine.emulator.doors.transport import InProcessTransport
from engine.operations.apply import apply_stacks
from engine.operations.plan import plan_stacks
from engine.operations.run.context import Context
from engine.plan.inputs.options import PlanOptions
from engine.stripe.http.client import ClientOptions, StripeHTTP
from engine.stripe.provider import StripeProvider
from engine.values.secret import Sensitive
from engine.views.progress.lines import LineProgress
from engine.views.style import PLAIN
from engine.views.text.applied import apply_text
from engine.views.text.plan import plan_text
from tests.support.generated import updating

REPOSITORY = Path(__file__).parents[2]
README = REPOSITORY / "README.md"
KEY = "sk_test_embedded"
NOON = 1_790_000_000  # any moment: the examples do not depend on the day they are made


def test_the_examples_are_what_the_program_prints(tmp_path: Path) -> None:
    """Applying the portals, then the README's change, prints the README's text."""
    text = README.read_text(encoding="utf-8")
    plan, apply = _printed(tmp_path, _example(text, "diff"))
    wanted = {
        "plan": f"$ engine plan portals\n{plan}",
        "apply": f"$ engine apply portals --yes --parallelism 1\n{apply}",
    }
    if updating():
        for name, block in wanted.items():
            text = text.replace(_example(text, name), block + "\n")
        README.write_text(text, encoding="utf-8")
    for name, block in wanted.items():
        assert _example(text, name) == block + "\n"


def test_the_stack_in_the_readme_is_valid(tmp_path: Path) -> None:
    """The module that the README shows can be applied as it stands."""
    text = README.read_text(encoding="utf-8")
    found = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert found is not None
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "readme.py").write_text(found[1], encoding="utf-8")
    with Emulator(seed=1, clock=lambda: NOON) as emulator:
        context = _context(tmp_path, emulator, LineProgress(io.StringIO()))
        report = apply_stacks(context, [], PlanOptions(), lambda _: True)
    assert report.failures == ()


def _example(text: str, name: str) -> str:
    found = re.search(rf"<!-- example: {name} -->\n```\w+\n(.*?)```", text, re.DOTALL)
    assert found is not None
    return found[1]


def _printed(root: Path, diff: str) -> tuple[str, str]:
    """What plan and apply print after the README's change of the portals."""
    stacks = root / "stacks"
    stacks.mkdir()
    module = (REPOSITORY / "stacks" / "portals.py").read_text(encoding="utf-8")
    (stacks / "portals.py").write_text(module, encoding="utf-8")
    with Emulator(seed=1, clock=lambda: NOON) as emulator:
        progress = io.StringIO()
        context = _context(root, emulator, LineProgress(progress))
        apply_stacks(context, [], PlanOptions(), lambda _: True)
        removed = re.findall(r"^-(.*)$", diff, re.MULTILINE)
        added = re.findall(r"^\+(.*)$", diff, re.MULTILINE)
        for old, new in zip(removed, added, strict=True):
            assert old in module
            module = module.replace(old, new, 1)
        (stacks / "portals.py").write_text(module, encoding="utf-8")
        plan = plan_text(plan_stacks(context, [], PlanOptions()), context.schemas, PLAIN)
        progress.seek(0)
        progress.truncate()
        report = apply_stacks(context, [], PlanOptions(), lambda _: True)
        return plan, f"{progress.getvalue()}\n{apply_text(report, PLAIN)}"


def _context(root: Path, emulator: Emulator, hook: LineProgress) -> Context:
    options = ClientOptions(api_key=Sensitive(KEY), transport=InProcessTransport(emulator))
    opened = open_project(root, environment="local", parallelism=1, hook=hook)
    return dataclasses.replace(
        opened,
        connect=lambda: StripeProvider(StripeHTTP(options), loader.schemas(), api_key=KEY),
    )
