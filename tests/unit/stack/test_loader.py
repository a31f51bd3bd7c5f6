"""Loading modules by path: what they may do, and what is left behind."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import engine
from engine.errors import UsageError
from engine.stack.collector import Collector, collecting
from engine.stack.loader import load_stack, mentioned_variables, select_stacks, stack_files
from engine.variables import Variables
from tests.support.stack_project import StackProject


def test_stacks_are_the_modules_without_an_underscore(project: StackProject) -> None:
    """In name order; other files and folders are none."""
    for name in ("b", "a", "_shared", "__init__"):
        project.write("", name)
    folder = project.root / "stacks"
    (folder / "notes.md").write_text("")
    (folder / "package").mkdir()
    assert list(stack_files(folder)) == ["a", "b"]


def test_stacks_are_selected_by_name(project: StackProject) -> None:
    """In name order, whatever order they were asked for; no name means all."""
    for name in ("a", "b", "c"):
        project.write("", name)
    folder = project.root / "stacks"
    assert list(select_stacks(folder, ())) == ["a", "b", "c"]
    assert list(select_stacks(folder, ("c", "a"))) == ["a", "c"]


@pytest.mark.parametrize(
    ("names", "hint"),
    [(("catalog",), "did you mean 'catalogue'?"), (("x",), "stacks: catalogue")],
)
def test_a_stack_that_does_not_exist(
    project: StackProject, names: tuple[str, ...], hint: str
) -> None:
    """The nearest name, or all of them."""
    project.write("", "catalogue")
    with pytest.raises(UsageError, match="there is no stack") as raised:
        select_stacks(project.root / "stacks", names)
    assert raised.value.hint == hint


def test_no_stacks_at_all(tmp_path: Path) -> None:
    """An empty or missing folder says how to begin."""
    with pytest.raises(UsageError, match="no stacks") as raised:
        select_stacks(tmp_path / "stacks", ())
    assert "engine init" in str(raised.value.hint)
    with pytest.raises(UsageError) as raised:
        select_stacks(tmp_path / "stacks", ("a",))
    assert raised.value.hint == "stacks: none"


def test_neighbours_can_be_imported(project: StackProject) -> None:
    """Private modules, packages, and their constants."""
    project.write("WORD = 'shared'\n", "_shared")
    package = project.root / "stacks" / "_lib"
    package.mkdir()
    (package / "__init__.py").write_text("from _shared import WORD\n")
    stack = project.load(
        """
        from engine import output
        from _lib import WORD
        import _shared

        output("word", WORD + _shared.WORD)
        """
    )
    assert stack.problems == ()
    assert stack.outputs["word"].value == "sharedshared"


def test_every_stack_gets_its_neighbours_afresh(project: StackProject) -> None:
    """What a helper remembers of one stack is not there for the next."""
    project.write("seen = []\n", "_shared")
    text = """
        from engine import output
        from _shared import seen

        seen.append(1)
        output("count", len(seen))
    """
    assert project.load(text, "a").outputs["count"].value == 1
    assert project.load(text, "b").outputs["count"].value == 1


def test_projects_with_helpers_of_the_same_name_do_not_meet(
    project: StackProject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The helper is the one beside the stack."""
    other = type(project)(tmp_path_factory.mktemp("other"))
    text = "from engine import output\nfrom _shared import WORD\noutput('word', WORD)\n"
    for place, word in ((project, "here"), (other, "there")):
        place.write(f"WORD = {word!r}\n", "_shared")
    assert project.load(text).outputs["word"].value == "here"
    assert other.load(text).outputs["word"].value == "there"


@pytest.mark.parametrize("ending", ["", "raise ValueError('no')", "x = ("])
def test_nothing_is_left_behind(project: StackProject, ending: str) -> None:
    """No byte code, no module, no path entry, however the module ended."""
    before_path, before_modules = list(sys.path), set(sys.modules)
    before_bytecode = sys.dont_write_bytecode
    project.write("import json\n", "_shared")
    project.load(f"import _shared\n{ending}\n")
    assert sys.path == before_path
    assert sys.dont_write_bytecode is before_bytecode
    gone = {"_shared", "shop", "engine_stack_modules.shop"}
    assert not gone & (set(sys.modules) - before_modules)
    assert [path.name for path in project.root.rglob("*") if path.name == "__pycache__"] == []


def test_another_thread_looks_for_modules_everywhere_meanwhile(
    project: StackProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An import that began while a module was evaluated skips no entry of the path afterwards."""
    monkeypatch.setattr(sys, "search", None, raising=False)
    entries = list(sys.path)
    project.load("import sys\nsys.search = iter(sys.path)\nnext(sys.search)\n")
    assert list(vars(sys)["search"]) == entries


def test_what_a_module_prints_goes_to_stderr(
    project: StackProject, capsys: pytest.CaptureFixture[str]
) -> None:
    """Stdout is for results."""
    project.load("print('hello')\n")
    assert capsys.readouterr() == ("", "hello\n")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("x = 1\nraise SystemExit(3)", 2, "SystemExit: 3"),
        ("import sys\n\nsys.exit('bye')", 3, "SystemExit: bye"),
        ("class Stop(BaseException): ...\n\nraise Stop('now')", 3, "Stop: now"),
        ("class Stop(KeyboardInterrupt): ...\n\nraise Stop('now')", 3, "Stop: now"),
        ("raise GeneratorExit", 1, "GeneratorExit"),
        ("class Odd(Exception):\n    __str__ = None\n\nraise Odd", 4, "Odd"),
        ("assert False, 'never'", 1, "AssertionError: never"),
        ("def f():\n    f()\nf()", 2, "RecursionError: maximum recursion depth exceeded"),
        ("import nothing_like_this", 1, "ModuleNotFoundError: No module named"),
        ("from json import lodas", 1, "there is no 'lodas' in json"),
        ("from json import zzzzzz", 1, "there is no 'zzzzzz' in json"),
        ("raise ImportError(\"cannot import name 'loads'\", name='json')", 1, "cannot import"),
        ("from engine.address import parse_address\n\nparse_address('x')", 3, "not an address"),
    ],
)
def test_whatever_a_module_raises_is_a_finding(
    project: StackProject, text: str, line: int, message: str
) -> None:
    """With the author's own line, and never an end of the program."""
    (problem,) = project.load(text + "\n").problems
    assert (problem.file, problem.line) == ("stacks/shop.py", line)
    assert message in problem.message
    assert problem.hint


def test_a_ctrl_c_while_a_module_is_read_is_the_persons(project: StackProject) -> None:
    """It ends the run, and is no finding in the module."""
    with pytest.raises(KeyboardInterrupt):
        project.load("raise KeyboardInterrupt\n")


def test_helpers_that_import_each_other(project: StackProject) -> None:
    """A circle of imports is told in Python's own words, with both places."""
    project.write("from _b import B\nA = 1\n", "_a")
    project.write("from _a import A\nB = 1\n", "_b")
    (problem,) = project.load("import _a\n").problems
    assert (problem.file, problem.line) == ("stacks/_b.py", 1)
    assert "most likely due to a circular import" in problem.message
    assert "did you mean" not in problem.hint
    assert problem.message.endswith("(from stacks/shop.py:1)")


def test_a_person_who_stops_the_run_stops_it(project: StackProject) -> None:
    """Ctrl-C inside a module is no finding."""
    with pytest.raises(KeyboardInterrupt):
        project.load("raise KeyboardInterrupt\n")


@pytest.mark.parametrize(
    "raw", [b"x = 1\0\n", b"x = '\xff\xfe'\n", b"\xef\xbb\xbfx = 1\n", "ü = 'ß'\r\n".encode()]
)
def test_odd_bytes_are_findings_or_fine(project: StackProject, raw: bytes) -> None:
    """A module that Python cannot read is a finding; a byte order mark and CRLF are fine."""
    path = project.root / "stacks" / "odd.py"
    path.write_bytes(raw)
    stack = load_stack(path, root=project.root, environment="test", variables=Variables())
    readable = b"\0" not in raw and b"\xff" not in raw
    assert (stack.problems == ()) is readable
    assert all(found.file == "stacks/odd.py" for found in stack.problems)


@pytest.mark.parametrize("name", ["Shop", "my shop", "2.0"])
def test_a_file_whose_name_cannot_name_a_stack(project: StackProject, name: str) -> None:
    """The name would be in state files and references."""
    (problem,) = project.load("", name).problems
    assert problem.message == f"{name!r} cannot name a stack"
    assert problem.reference == "bad-name"


def test_the_names_of_a_module(project: StackProject) -> None:
    """`__file__` is the file; `__name__` is not `__main__`."""
    stack = project.load(
        """
        from engine import output

        output("main", __name__ == "__main__")
        output("file", __file__.endswith("shop.py"))
        """
    )
    assert (stack.outputs["main"].value, stack.outputs["file"].value) == (False, True)


def test_a_project_beside_the_engine_is_no_part_of_it(tmp_path: Path) -> None:
    """A folder whose path merely begins like the engine's own is an author's."""
    file = f"{Path(engine.__file__).parent}-demo/stacks/shop.py"
    collector = Collector(
        name="shop", file=file, root=tmp_path, environment="e", variables=Variables()
    )
    code = compile("from engine.stripe import Product\n\nProduct('pro', name='P')\n", file, "exec")
    with collecting(collector):
        exec(code, {})  # noqa: S102 - as if it were loaded from there
    (declared,) = collector.stack().declarations.values()
    assert str(declared.location) == f"{file}:3"


def test_variables_that_modules_mention(project: StackProject) -> None:
    """In stacks and in what they share, also where no run reads them; what is no file is passed."""
    project.write("if False:\n    x = variable(\"one\", 1) + variable(\n        'two')\n")
    project.write("variable(name); my_variable('other'); variable(name='three')", name="_shared")
    (project.root / "stacks" / "broken.py").write_bytes(b'variable("\xff")')
    (project.root / "stacks" / "folder.py").mkdir()
    assert mentioned_variables(project.root / "stacks") == ("three", "one", "two")
