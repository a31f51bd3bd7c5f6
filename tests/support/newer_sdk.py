"""A release of the Stripe SDK that does not exist: the installed one, with other parameters."""

from __future__ import annotations

import os
import shutil
import sysconfig
from pathlib import Path

INSTALLED = Path(sysconfig.get_path("purelib")) / "stripe"
SDK, API_VERSION = "17.0.0", "2027-01-27.fern"
_EDITS: dict[str, tuple[tuple[str, str], ...]] = {
    "_version.py": (('"16.1.0"', f'"{SDK}"'),),
    "_api_version.py": (("2026-10-28.endive", API_VERSION),),
    "params/_price_create_params.py": (
        ("    nickname: NotRequired[str]", "    catalog_code: str\n"),
        ("'exclusive', 'inclusive', 'unspecified'", "'exclusive', 'inclusive', 'automatic'"),
    ),
    "params/_price_update_params.py": (
        ("    nickname: NotRequired[str]", ""),
        ("    lookup_key: NotRequired[str]", ""),
        ("'exclusive', 'inclusive', 'unspecified'", "'exclusive', 'inclusive', 'automatic'"),
    ),
    "params/_product_create_params.py": (
        ("    url: NotRequired[str]", "    url: NotRequired[str]\n    shelf: NotRequired[str]"),
    ),
    "params/_product_update_params.py": (
        ("    unit_label: NotRequired", "    shelf: NotRequired[str]\n    unit_label: NotRequired"),
    ),
    "params/_coupon_create_params.py": (
        ("    percent_off: NotRequired[float]", "    percent_off: NotRequired[str]"),
    ),
}
"""Of some files, texts and what is there instead."""


def newer_sdk(folder: Path) -> Path:
    """Make it in a folder, as `pip install --target` would.

    Its files are links to those of the installed release, but for the few that are different.
    """
    made = folder / "stripe"
    shutil.copytree(INSTALLED, made, copy_function=_link)
    for name, edits in _EDITS.items():
        file = made / name
        text = file.read_text(encoding="utf-8")
        for before, after in edits:
            assert before in text, (name, before)
            text = text.replace(before, after)
        file.unlink()
        file.write_text(text, encoding="utf-8")
    return folder


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copyfile(source, target)
