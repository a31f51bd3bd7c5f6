"""`python -m engine.catalog.generator [--check|--print]`: write, compare or print what it makes.

Where ENGINE_STRIPE_DESCRIPTION names Stripe's API description, the facts that only it has are read
from there; without it they are kept as the shipped catalog has them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from engine.catalog import loader
from engine.catalog.generator.description import HOW_TO_GET_IT, DescriptionError, named_file, read
from engine.catalog.generator.entries import entries
from engine.catalog.generator.face import face_text
from engine.catalog.generator.files import MANAGED, catalog_files, managed_text
from engine.catalog.generator.overlay import Published, Shipped, Source, laid
from engine.catalog.generator.sdk import API_VERSION, SDK_VERSION
from engine.catalog.model import Entry
from engine.catalog.other import encode_catalog
from engine.catalog.semantics.table import AREAS

_ENGINE = Path(__file__).resolve().parents[2]
DATA = _ENGINE / "catalog" / "data"
FACE = _ENGINE / "stripe" / "__init__.pyi"


def source() -> Source:
    """Where the description's facts come from: the description, or the shipped catalog.

    Raises:
        DescriptionError: The named file does not hold the description.
    """
    named = named_file()
    return Shipped() if named is None else Published(read(named))


def described_entries() -> list[Entry]:
    """Every entry, from the installed SDK and the description."""
    return list(laid(entries(), source()))


def catalog() -> Mapping[Path, str]:
    """Text of every file of the catalog by its path, from the SDK, the description and the rows.

    Raises:
        DescriptionError: The named file does not hold the description.
    """
    files = catalog_files(described_entries(), source().version)
    files[MANAGED] = managed_text(AREAS)
    return {DATA / name: text for name, text in files.items()}


def face() -> Mapping[Path, str]:
    """Text of the typed face by its path, from the catalog's files as they are."""
    return {FACE: face_text(loader.schemas().values())}


def differences(files: Mapping[Path, str]) -> list[str]:
    """Names of files that are missing or outdated, sorted."""
    return sorted(
        path.name
        for path, text in files.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    )


def left_over(files: Mapping[Path, str]) -> list[Path]:
    """Files of the catalog that belong to no type, sorted."""
    return sorted(set(DATA.glob("*.json")) - set(files))


def check() -> int:
    """Say on stdout which shipped files are not what the SDK, the description and the rows say.

    Returns:
        0, or 1 if there are any.
    """
    files = catalog()
    # The face is made from the files: while they differ, its own difference says nothing.
    found = [*differences(files), *(path.name for path in left_over(files))]
    if not found:
        found = differences(face())
    for name in found:
        sys.stdout.write(f"{name} is not what the SDK, the description and the rows say\n")
    return 1 if found else 0


def write() -> int:
    """Write every generated file.

    Returns:
        0.
    """
    files = catalog()
    DATA.mkdir(exist_ok=True)
    for path in left_over(files):
        path.unlink()
    _write(files)
    _write(face())
    return 0


def print_catalog() -> int:
    """Print the whole catalog of the SDK that this process imports, as one JSON document.

    Returns:
        0.
    """
    found = {entry.object: entry for entry in laid(entries(), Shipped())}
    document = encode_catalog(found, sdk_version=SDK_VERSION, api_version=API_VERSION)
    json.dump(document, sys.stdout, separators=(",", ":"))
    return 0


def _write(files: Mapping[Path, str]) -> None:
    for path, text in files.items():
        path.write_text(text, encoding="utf-8", newline="\n")


def main(arguments: list[str]) -> int:
    """Run the tool.

    Returns:
        0, or 1 if a check found differences or the arguments make no sense.
    """
    if arguments == ["--print"]:
        return print_catalog()
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: python -m engine.catalog.generator [--check|--print]\n")
        return 1
    if named_file() is None:
        sys.stdout.write(
            "the facts that only Stripe's description has are kept as they are, unchecked: "
            f"{HOW_TO_GET_IT}\n"
        )
    try:
        return check() if arguments else write()
    except DescriptionError as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
