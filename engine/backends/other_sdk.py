"""Reads another release of the Stripe SDK, in a process of its own: this one keeps its own release.

That process runs the code of the other release, and gets no key, no variable of the stacks and no
network address of ours.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import engine
from engine.catalog.other import OtherCatalog
from engine.errors import SettingsError

_LONGEST = 300.0
_MOST = 64 * 2**20
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "LD_LIBRARY_PATH")
_SHOWN = 200


def read_sdk(folder: Path | None) -> OtherCatalog:
    """The catalog of another release.

    Args:
        folder: Where `pip install --target FOLDER stripe==X` put it; None for the installed one.

    Raises:
        SettingsError: if there is none, or this engine cannot read it.
    """
    text = printed(folder)
    try:
        return OtherCatalog(json.loads(text))
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        why = f"what was made of it is no catalog ({type(error).__name__})"
        raise _unreadable(_named(folder), why) from error


def printed(folder: Path | None) -> bytes:
    """The same as one JSON document.

    Raises:
        SettingsError: if there is none, or this engine cannot read it.
    """
    if folder is not None and not (folder / "stripe" / "_version.py").is_file():
        raise SettingsError(
            f"there is no Stripe SDK in {folder}",
            hint=f"pip install --target {folder} stripe==VERSION puts one there",
        )
    where = _named(folder)
    # Also where either of them is not installed, and found by a variable of this process.
    paths = [str(_place(folder)), str(Path(engine.__file__).parents[1])]
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "engine.catalog.generator", "--print"],
            capture_output=True,
            check=False,
            timeout=_LONGEST,
            stdin=subprocess.DEVNULL,
            env={**kept, "PYTHONPATH": os.pathsep.join(paths), "PYTHONIOENCODING": "utf-8"},
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
