"""Checks of the installation: Python, the engine, the SDK, the libraries."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from engine.operations.doctor.patient import Patient
from engine.operations.doctor.requirements import (
    DISTRIBUTION,
    Requirement,
    installed,
    is_in_range,
    numbers,
    requirements,
)
from engine.ports.upkeep.diagnosis import Finding, note, ok, problem, warning
from engine.version import VERSION

_SDK = "stripe"
_NEWEST = (3, 14)
"""The newest Python that the engine is tested with."""
_EXTRAS: Mapping[str, str] = {
    "edit": "engine drift --accept",
    "cloud": "states in s3://, gs:// and az://",
    "postgres": "states in postgresql://",
    "http": "states in https://",
    "fleet": "--fleet NAME --dask",
}
"""The extras that a command needs, and for what; others are for those who change the engine."""
_VERSION = re.compile(r'^\s*CURRENT = "([^"]+)"', re.MULTILINE)


def python(_: Patient) -> Iterator[Finding]:
    """Python and the system, and whether the engine is tested with them."""
    text = (
        f"Python {platform.python_version()} ({platform.python_implementation()}) on "
        f"{platform.system()} {platform.machine()}"
    )
    if sys.version_info[:2] > _NEWEST:
        newest = ".".join(map(str, _NEWEST))
        yield warning(text, f"the engine is tested up to Python {newest}")
    else:
        yield ok(text)


def engine(_: Patient) -> Iterator[Finding]:
    """The version of the engine, and the one of the installed package."""
    of_package = installed(DISTRIBUTION)
    if not of_package:
        yield note(
            f"engine {VERSION}, run from a folder and not installed",
            "what it needs is not known here: pip install the folder, or the package",
        )
    elif of_package != VERSION:
        yield warning(
            f"engine {VERSION}, installed as {of_package}",
            "install it again: pip install --upgrade the package, or --editable the folder",
        )
    else:
        yield ok(f"engine {VERSION}")


def sdk(patient: Patient) -> Iterator[Finding]:
    """The Stripe SDK: there, in the supported range, and the one that the catalog is made from."""
    version, catalog = installed(_SDK), patient.around.catalog_sdk
    wanted = next((one for one in requirements() if one.name == _SDK and not one.extra), None)
    supported = wanted.range if wanted is not None else ""
    if not version:
        yield problem(
            "the Stripe SDK is not installed", f"pip install '{_SDK}{supported or f'=={catalog}'}'"
        )
    elif not is_in_range(version, supported):
        yield warning(
            f"Stripe SDK {version} is not one that this engine is made for",
            f"pip install '{_SDK}{supported}'",
        )
    elif numbers(version) != numbers(catalog):
        yield note(
            f"Stripe SDK {version}; what can be declared is that of {catalog}",
            "engine upgrade shows what is different",
        )
    else:
        yield ok(f"Stripe SDK {version}, from which the catalog is made")


def libraries(_: Patient) -> Iterator[Finding]:
    """The packages that every part of the engine may need."""
    needed = [one for one in requirements() if not one.extra and one.name != _SDK]
    wrong = [one for one in needed if not one.version or not one.fits]
    for one in wrong:
        yield _missing(one) if not one.version else _unfit(one)
    if needed and not wrong:
        yield ok(f"libraries: {_listed(needed)}")


def _missing(one: Requirement) -> Finding:
    return problem(f"{one.name} is not installed", f"pip install '{one.name}{one.range}'")


def _unfit(one: Requirement, what: str = "") -> Finding:
    return warning(
        f"{one.name} {one.version} is not among the versions {one.range}",
        f"pip install '{what or one.name + one.range}'",
    )


def _listed(packages: list[Requirement]) -> str:
    return ", ".join(f"{one.name} {one.version}" for one in packages)


def extras(_: Patient) -> Iterator[Finding]:
    """Packages for what not everyone uses."""
    present: list[str] = []
    absent: list[str] = []
    for extra, use in _EXTRAS.items():
        needed = [one for one in requirements() if one.extra == extra]
        if not needed:
            continue
        if not all(one.version for one in needed):
            absent.append(f"{extra} ({use})")
            continue
        present.append(f"{extra} ({_listed(needed)})")
        for one in needed:
            if not one.fits:
                yield _unfit(one, f"{DISTRIBUTION}[{extra}]")
    if present:
        yield ok(f"extras: {', '.join(present)}")
    if absent:
        yield note(
            f"extras that are not installed: {', '.join(absent)}",
            f"where one is needed: pip install '{DISTRIBUTION}[NAME]'",
        )


def sdk_version() -> str:
    """The API version of the installed SDK, read from its text; empty if it is not found.

    The SDK is not imported for it: that costs more than everything else in an offline run.
    """
    spec = find_spec(_SDK)
    if spec is None or spec.origin is None:
        return ""
    try:
        text = (Path(spec.origin).parent / "_api_version.py").read_text(encoding="utf-8")
    except OSError:
        return ""
    found = _VERSION.search(text)
    return found[1] if found else ""
