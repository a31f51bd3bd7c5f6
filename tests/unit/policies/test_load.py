"""Finding the policies of a project, and everything that is wrong with them."""

from __future__ import annotations

import os
import sys
import textwrap
from pathlib import Path

import pytest

from engine.policies.declare import Policies, policy
from engine.policies.load import load_policies
from engine.settings.load import load_settings

HEAD = "from engine.policies import Plan, policy\n"
GOOD = """
@policy
def no_deep_cuts(plan):
    \"\"\"No price is cut by more than 20 %.

    Finance is asked first.
    \"\"\"
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An empty project."""
    (tmp_path / "stacks").mkdir()
    return tmp_path


def loaded(root: Path, text: str | None = None, table: str = "") -> Policies:
    """The policies of a project with these files."""
    if text is not None:
        (root / "stacks" / "_policies.py").write_text(HEAD + textwrap.dedent(text), "utf-8")
    if table:
        (root / "pyproject.toml").write_text(table, "utf-8")
    return load_policies(load_settings(root, environ={}))


def problems(found: Policies) -> list[str]:
    """What is wrong, each with its place."""
    return [f"{one.file}:{one.line}: {one.message}" for one in found.problems]


def test_a_project_without_policies_has_none(root: Path) -> None:
    """Nothing is asked, and nothing is wrong."""
    assert not loaded(root)


def test_a_policy_is_known_by_its_function(root: Path) -> None:
    """Its name, whether it is mandatory, what it holds, and the line of its decorator."""
    text = f'{GOOD}\n@policy(mandatory=False)\ndef named(plan: Plan):\n    "Names are long."\n'
    first, second = loaded(root, text).declared
    assert (first.name, first.mandatory) == ("no-deep-cuts", True)
    assert first.about == "No price is cut by more than 20 %."
    assert first.defined_at == "stacks/_policies.py:3"
    assert (second.name, second.mandatory, second.about) == ("named", False, "Names are long.")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("raise ValueError('no')", 2, "ValueError: no"),
        ("import sys; sys.exit()", 2, "SystemExit: "),
        ("def broken(:\n    pass", 2, "syntax error: invalid syntax: def broken(:"),
        ("from engine.policies import polcy", 2, "there is no 'polcy' in engine.policies"),
        ("@policy\ndef p(plan):\n    pass", 2, "p has no docstring"),
        ("@policy\ndef p():\n    'x'", 2, "p does not take a plan alone"),
        ("@policy\ndef p(plan, limit):\n    'x'", 2, "p does not take a plan alone"),
        ("@policy\nasync def p(plan):\n    'x'", 2, "p is async"),
        (
            "@policy(mandatory='no')\ndef p(plan):\n    'x'",
            2,
            "p is neither mandatory nor advisory",
        ),
        ("policy(lambda plan: None)", 2, "<lambda> has no name that a policy can have"),
        ("x = 1", 0, "it declares no policy"),
        (
            "@policy\ndef p(plan):\n    'x'\n@policy\ndef p(plan):\n    'x'",
            5,
            "policy p is declared twice, first at stacks/_policies.py:2",
        ),
        (
            "import engine.stripe as s\ns.Product('a', name='A')\n@policy\ndef p(plan):\n    'x'",
            0,
            "it declares resources or outputs",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_line(
    root: Path, text: str, line: int, message: str
) -> None:
    """All of it is a problem, none of it an exception, and nothing is passed over."""
    found = problems(loaded(root, text))
    assert any(one.startswith(f"stacks/_policies.py:{line}: {message}") for one in found), found


@pytest.mark.parametrize("kind", ["folder", "link", "pipe"])
def test_what_is_no_file_is_a_problem(root: Path, kind: str) -> None:
    """A link that leads nowhere is not the same as no policies."""
    path = root / "stacks" / "_policies.py"
    if kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to(root / "nowhere.py")
    else:
        os.mkfifo(path)
    (found,) = problems(loaded(root))
    assert "stacks/_policies.py:0: it is a folder, a pipe" in found


def test_it_may_import_its_neighbours_and_leaves_nothing_behind(root: Path) -> None:
    """As a stack module does: no module of it stays loaded."""
    (root / "stacks" / "_limits.py").write_text("LIMIT = 5\n", "utf-8")
    (root / "stacks" / "_more.py").write_text(HEAD + GOOD, "utf-8")
    found = loaded(root, "from _limits import LIMIT\nfrom _more import no_deep_cuts\nassert LIMIT")
    assert [one.defined_at for one in found.declared] == ["stacks/_more.py:3"]
    assert not found.problems
    assert {"_limits", "_more", "_policies"}.isdisjoint(sys.modules)


@pytest.mark.parametrize(
    "name",
    [
        "stacks/_policy.py",
        "stacks/_policies/prices.py",
        "stacks/_Policies.py",
        "stacks/rules/_policies.py",
        "_policies.py",
    ],
)
def test_policies_under_another_name_are_a_problem(root: Path, name: str) -> None:
    """They would not be asked, and their author would not know."""
    path = root / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(HEAD + GOOD, "utf-8")
    (found,) = problems(loaded(root))
    assert found == f"{name}:0: it declares policies that are not asked"


def test_a_module_that_only_uses_the_words_is_none(root: Path) -> None:
    """Helpers of policies import their types."""
    (root / "stacks" / "_help.py").write_text("from engine.policies import Change\n", "utf-8")
    assert not loaded(root, GOOD).problems


def test_a_required_policy_has_to_be_there(root: Path) -> None:
    """A file that is ignored by git is missing in a pipeline."""
    table = '[tool.engine.policies]\nrequired = ["no-deep-cuts"]\n'
    assert not loaded(root, GOOD, table).problems
    (root / "stacks" / "_policies.py").unlink()
    (found,) = problems(loaded(root))
    assert "policy no-deep-cuts is required, and stacks/_policies.py does not declare it" in found
    (found,) = problems(loaded(root, table='[tool.engine.policies]\nrequired = "x"\n'))
    assert "takes a list of names" in found


def test_a_shipped_name_is_taken(root: Path) -> None:
    """Two policies of one name would be one too few in what is read of them."""
    text = '@policy\ndef https_only(plan):\n    "x"\n'
    found = loaded(root, text, '[tool.engine.policies]\nhttps-only = "mandatory"\n')
    assert problems(found) == ["pyproject.toml:2:0: policy https-only is in _policies.py too"]


def test_an_environment_has_settings_of_its_own(root: Path) -> None:
    """They come before those of all: another limit, or off."""
    table = """
    [tool.engine.policies]
    https-only = "advisory"
    lookup-keys = "mandatory"
    [tool.engine.environments.local.policies]
    https-only = "mandatory"
    lookup-keys = false
    """
    (found,) = loaded(root, table=textwrap.dedent(table)).declared
    assert (found.name, found.mandatory, found.defined_at) == (
        "https-only",
        True,
        "pyproject.toml:6",
    )


def test_a_decorated_function_stays_what_it_is() -> None:
    """Tests import it and call it."""

    @policy
    def named(plan: object) -> None:
        """Names are long."""

    @policy(mandatory=False)
    def other(plan: object) -> None:
        """Names are long."""

    assert (named.__name__, other.__name__) == ("named", "other")
    assert named(None) is None
