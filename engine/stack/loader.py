"""Loading stack modules by file path.

Evaluating a module makes no network call and prints nothing to stdout. Whatever goes wrong in it
becomes a finding with file and line.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import re
import sys
import threading
import traceback
from collections.abc import Callable, Collection, Iterator, Sequence
from contextvars import ContextVar
from importlib.machinery import FileFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from engine.address import is_logical_name
from engine.errors import EngineError, Problem, UsageError
from engine.stack.collector import Collector, FleetMember, collecting
from engine.stack.foreign_words import explained
from engine.stack.model import Stack
from engine.suggest import nearest
from engine.values.markers import UNKNOWN
from engine.values.targets import OutputTarget
from engine.variables import Variables

_NAMESPACE = "engine_stack_modules"
_GUESS = re.compile(r"\. Did you mean '\w+'\?$")
"""What newer Pythons add to an error; the hint says it."""
_PRIVATE = re.compile("_[^_.][^.]*")
"""Names of modules that stacks may import, and that are none themselves."""
_FEW = 20  # at most so many names of a module are listed for one that it does not have
_READS = re.compile(r"""\bvariable\(\s*(?:name\s*=\s*)?["'](\w+)["']""")


def stack_files(folder: Path) -> dict[str, Path]:
    """The stack modules of a folder by name, in order; names with a leading `_` or `.` are none."""
    return {path.stem: path for path in sorted(folder.glob("*.py")) if path.name[0] not in "_."}


def select_stacks(folder: Path, names: Sequence[str]) -> dict[str, Path]:
    """The stack modules a person asked for; all of them if they named none.

    Raises:
        UsageError: if there is no such stack, or no stack at all.
    """
    found = stack_files(folder)
    if not found and not names:
        raise UsageError(
            f"no stacks: {folder} has no modules",
            hint="run engine init here, or engine -C DIR in the project's folder",
        )
    for name in names:
        if name not in found:
            near = nearest(name, found)
            raise UsageError(
                f"there is no stack {name!r} in {folder}",
                hint=f"did you mean {near!r}?" if near else f"stacks: {', '.join(found) or 'none'}",
            )
    return {name: path for name, path in found.items() if not names or name in names}


def mentioned_variables(folder: Path) -> tuple[str, ...]:
    """Names of the variables that the modules of a folder read, as far as their text shows."""
    found: dict[str, None] = {}
    for path in sorted(folder.glob("*.py")):
        with contextlib.suppress(OSError, UnicodeDecodeError):
            if path.is_file():
                found |= dict.fromkeys(_READS.findall(path.read_text(encoding="utf-8")))
    return tuple(found)


def load_stack(
    path: Path,
    *,
    root: Path,
    environment: str,
    variables: Variables,
    fleet: FleetMember | None = None,
    environments: Collection[str] = (),
    shape_of: Callable[[OutputTarget], Any] = lambda _: UNKNOWN,
) -> Stack:
    """Evaluate one module.

    Args:
        path: The module's file.
        root: Project folder, to shorten paths in messages.
        environment: What `engine.environment` says in it.
        variables: Values for `variable`.
        fleet: Whom `fleet_variable` is about; None outside of a fleet.
        environments: The names of all environments; none if that is not known.
        shape_of: Returns the shape of another stack's output; it may load that stack's module.

    Returns:
        What it declared; what went wrong is in `problems`.
    """
    collector = Collector(
        name=path.stem,
        file=shown(path, root),
        root=root,
        environment=environment,
        variables=variables,
        fleet=fleet,
        environments=environments,
        shape_of=shape_of,
    )
    if not is_logical_name(path.stem):
        collector.problems.append(
            Problem(
                collector.file,
                0,
                f"{path.stem!r} cannot name a stack",
                "stack files are named [a-z0-9][a-z0-9_-]*.py",
                "bad-name",
            )
        )
    evaluate_module(path, collector)
    return collector.stack()


def evaluate_module(path: Path, collector: Collector) -> None:
    """Evaluate a module; what it declares and what went wrong in it is in the collector."""
    if path.is_file():
        with collecting(collector):
            _evaluate(path, collector)
        return
    # Opening a named pipe would wait until another program writes to it.
    collector.problems.append(
        Problem(
            f"{shown(path.parent, collector.root)}/{path.name}",
            0,
            "it is a folder, a pipe, a device or a link that leads nowhere, and no module",
            "a stack is a file of Python; give what is not one another name",
            "no-module",
        )
    )


def shown(path: Path, root: Path) -> str:
    """A path as an author would type it, from the project folder if it is in it."""
    with contextlib.suppress(ValueError):
        return str(path.resolve().relative_to(root.resolve()))
    return str(path)


def _evaluate(path: Path, collector: Collector) -> None:
    name = f"{_NAMESPACE}.{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path, loader=_Loader(name, str(path)))
    if spec is None or spec.loader is None:  # pragma: no cover - a .py file always has a loader
        raise UsageError(f"{path} is not a Python module")
    module = importlib.util.module_from_spec(spec)
    with (
        _one_at_a_time,
        _as_main_program_sees_it(path.parent),
        contextlib.redirect_stdout(sys.stderr),
    ):
        try:
            spec.loader.exec_module(module)
        except SyntaxError as error:
            collector.problems.append(_syntax_problem(error, collector))
        except EngineError as error:
            collector.problems.append(_raised_problem(error, collector, error.message, error.hint))
        except ImportError as error:
            collector.problems.append(_import_problem(error, collector))
        except BaseException as error:
            if type(error) is KeyboardInterrupt:
                raise  # the person's, and no author's
            hint = explained(error, vars(module))
            collector.problems.append(_raised_problem(error, collector, _text(error), hint))


_one_at_a_time = threading.RLock()
"""Modules change what a whole process has: its modules, its path, its stdout."""


@functools.lru_cache(maxsize=256)
def _compiled(source: bytes, path: str) -> CodeType:
    return compile(source, path, "exec", dont_inherit=True)


class _Loader(SourceFileLoader):
    """Compiles the same source once in a process: a fleet evaluates it for each account."""

    def get_code(self, fullname: str) -> CodeType:
        """The code of the module."""
        del fullname
        return _compiled(self.get_data(self.path), self.path)


def _text(error: BaseException) -> str:
    """What an author's error says; it may fail to say anything."""
    name = type(error).__name__
    try:
        return _GUESS.sub("", f"{name}: {error}")
    except Exception:  # noqa: BLE001 - authors' code may raise anything
        return name


@contextlib.contextmanager
def _as_main_program_sees_it(folder: Path) -> Iterator[None]:
    """Let modules import their neighbours, and leave no trace of them or of byte code behind.

    Neighbours are imported anew: another module, while this one is loaded for it, may have imported
    them, and a program that calls the engine may have those of another project, or of an hour ago.
    """
    before = _before.get()
    hidden = _namesakes(folder) if before is None else _neighbours(folder, before)
    if before is None:
        before = frozenset(sys.modules).difference(hidden)
    _look_again(folder)
    for name in hidden:
        del sys.modules[name]
    token = _before.set(before)
    wrote = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    # Another list, since other threads may be looking for a module along the one that is there: an
    # entry that is taken out of it would make them skip the next one.
    sys.path = [str(folder), *sys.path]
    try:
        yield
    finally:
        sys.path = list(sys.path)
        sys.path.remove(str(folder))
        sys.dont_write_bytecode = wrote
        _before.reset(token)
        for name in _neighbours(folder, before):
            del sys.modules[name]
        sys.modules.update(hidden)


_before: ContextVar[frozenset[str] | None] = ContextVar("engine_modules_before", default=None)
"""Names of the modules that had been imported before the first stack module was evaluated."""


def _neighbours(folder: Path, before: frozenset[str]) -> dict[str, ModuleType]:
    """What stack modules have imported from their folder, by name."""
    return {
        name: module
        for name, module in list(sys.modules.items())
        if name not in before
        and (file := getattr(module, "__file__", None))
        and Path(file).is_relative_to(folder)
    }


def _namesakes(folder: Path) -> dict[str, ModuleType]:
    """Modules of this process by the names of a folder's neighbours, wherever they are from."""
    # It is these few that are looked for, and not what is in the folder, which may be a lot.
    private = (name for name in list(sys.modules) if name[0] == "_" and _PRIVATE.fullmatch(name))
    names = {
        name
        for name in private
        if name not in sys.stdlib_module_names
        and ((folder / f"{name}.py").exists() or (folder / name).is_dir())
    }
    return {
        name: module
        for name, module in (list(sys.modules.items()) if names else ())
        if name.partition(".")[0] in names
    }


def _look_again(folder: Path) -> None:
    """Let Python list a folder again: it goes by a time that two changes may have in common."""
    finder = sys.path_importer_cache.get(str(folder))
    if isinstance(finder, FileFinder):
        finder.invalidate_caches()


def _import_problem(error: ImportError, collector: Collector) -> Problem:
    """What a misspelt import most likely meant, in the words of the module it was asked of."""
    if isinstance(error, ModuleNotFoundError):
        known = [path.stem for path in (collector.root / collector.file).parent.glob("*.py")]
        hint = _did_you_mean(error.name or "", known)
        return _raised_problem(error, collector, f"ModuleNotFoundError: {error}", hint)
    module = sys.modules.get(error.name or "")
    wanted = re.match(r"cannot import name '(\w+)'", str(error))
    if module is not None and wanted is not None:
        try:
            getattr(module, wanted[1])
        except AttributeError as missing:
            text = f"there is no {wanted[1]!r} in {error.name}"
            names = getattr(module, "__all__", dir(module))
            hint = _did_you_mean(wanted[1], names)
            # What the module knows it explains; what it does not know is a typo.
            answer = str(missing)
            meant = answer if "cannot be declared" in answer else answer.partition("; ")[2]
            if not (meant or hint) and len(names) <= _FEW:
                answer = f"{error.name} has: {', '.join(names)}"
            return _raised_problem(error, collector, text, meant or hint or answer)
    return _raised_problem(error, collector, f"{type(error).__name__}: {error}", None)


def _did_you_mean(word: str, known: Sequence[str]) -> str | None:
    near = nearest(word, known)
    return f"did you mean {near!r}?" if near else None


def _syntax_problem(error: SyntaxError, collector: Collector) -> Problem:
    file = collector.shorten(error.filename or collector.file)
    text = (error.text or "").strip()
    return Problem(
        file,
        error.lineno or 0,
        f"syntax error: {error.msg}" + (f": {text}" if text else "") + _via(error, collector, file),
        "Python cannot read the module, so nothing after this was checked",
        "syntax-error",
    )


def _raised_problem(
    error: BaseException, collector: Collector, text: str, hint: str | None
) -> Problem:
    """Where the authors' code was when it raised, with the line of the stack that led there."""
    frames = _frames(error, collector)
    own = [entry for entry in frames if entry[0] == collector.file]
    folder = str(Path(collector.file).parent)
    near = [entry for entry in frames if str(Path(entry[0]).parent) == folder] or own
    file, line = near[-1] if near else (collector.file, 0)
    return Problem(
        file,
        line,
        text + _via(error, collector, file),
        hint or "the module stopped here, so nothing after this line was checked",
        "exception",
    )


def _frames(error: BaseException, collector: Collector) -> list[tuple[str, int]]:
    return [
        (collector.shorten(frame.filename), frame.lineno or 0)
        for frame in traceback.extract_tb(error.__traceback__)
    ]


def _via(error: BaseException, collector: Collector, file: str) -> str:
    """The stack module's line that led to another file."""
    own = [entry for entry in _frames(error, collector) if entry[0] == collector.file]
    return f" (from {own[-1][0]}:{own[-1][1]})" if own and own[-1][0] != file else ""
