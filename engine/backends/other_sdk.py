"""Reads another release of the Stripe SDK, in a process of its own: this one keeps its own release.

That process runs the code of the other release, and gets no key, no variable of the stacks and no
network address of ours. The engine in it is this one, whatever else the folder of the SDK has.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import engine
from engine.catalog import loader
from engine.catalog.other import OtherCatalog
from engine.errors import SettingsError

_LONGEST = 300.0
_MOST = 64 * 2**20
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "LD_LIBRARY_PATH")
_SHOWN = 200
_BEGIN = """
import sys, runpy, engine
sys.path.insert(0, sys.argv[1])
sys.argv[1:] = ["--print"]
runpy.run_module("engine.catalog.generator", run_name="__main__")
"""


def read_sdk(folder: Path | None) -> OtherCatalog:
    """The catalog of another release.

    Args:
        folder: Where `pip install --target FOLDER stripe==X` put it; None for the installed one.

    Raises:
        SettingsError: if there is none, or this engine cannot read it.
    """
    text = printed(folder)
    try:
        catalog = OtherCatalog(json.loads(text))
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        why = f"what was made of it is no catalog ({type(error).__name__})"
        raise _unreadable(_named(folder), why) from error
    known = len(loader.object_names())
    if len(catalog) * 2 < known:
        why = f"{len(catalog)} of the {known} types that this engine knows were found in it"
        raise _unreadable(_named(folder), why)
    return catalog


def printed(folder: Path | None) -> bytes:
    """The same as one JSON document.

    Raises:
        SettingsError: if there is none, or this engine cannot read it.
    """
    if folder is not None and not (folder / "stripe" / "_version.py").is_file():
        raise SettingsError(f"there is no Stripe SDK in {folder}", hint=_way_in(folder))
    where = _named(folder)
    # Also where the engine is not installed, and found by a variable of this process.
    ours = str(Path(engine.__file__).parents[1])
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    try:
        done = subprocess.run(  # noqa: S603 - the person names the SDK, and its code is run
            [sys.executable, "-P", "-c", _BEGIN, str(_place(folder))],
            capture_output=True,
            check=False,
            timeout=_LONGEST,
            stdin=subprocess.DEVNULL,
            env={**kept, "PYTHONPATH": ours, "PYTHONIOENCODING": "utf-8"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SettingsError(f"{where} cannot be read", cause=type(error).__name__) from error
    if done.returncode or len(done.stdout) > _MOST:
        raise _unreadable(where, _last_line(done.stderr))
    return done.stdout


def _place(folder: Path | None) -> Path:
    """The folder that the SDK is imported from."""
    if folder is not None:
        return folder.resolve()
    spec = find_spec("stripe")
    if spec is None or spec.origin is None:
        raise SettingsError("the Stripe SDK is not installed", hint="pip install stripe")
    return Path(spec.origin).parents[1]


def _way_in(folder: Path) -> str:
    """What to name instead of a folder that has no SDK."""
    if folder.is_file():
        return f"pip install --target FOLDER {folder} unpacks it: name that FOLDER"
    if (folder / "_version.py").is_file():
        return f"it is the package itself: name the folder that has it, {folder.parent}"
    return f"pip install --target {folder} stripe==VERSION puts one there"


def _named(folder: Path | None) -> str:
    return "the installed Stripe SDK" if folder is None else f"the Stripe SDK in {folder}"


def _unreadable(where: str, why: str) -> SettingsError:
    return SettingsError(
        f"{where} cannot be read by this engine",
        cause=why or None,
        hint="it may be of a form that only a newer engine, or an older one, knows: compare with "
        "another release",
    )


def _last_line(stderr: bytes) -> str:
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[-1][-_SHOWN:] if lines else ""
