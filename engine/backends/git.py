"""Where a repository keeps its own files, without asking git."""

from __future__ import annotations

from pathlib import Path


def work_tree(path: Path) -> Path:
    """The folder around a path that git keeps; the path itself outside of git."""
    for folder in (path, *path.parents):
        if (folder / ".git").exists():
            return folder
    return path


def git_common_dir(path: Path) -> Path | None:
    """The git directory that all worktrees around a path share; None outside of git."""
    marker = work_tree(path.resolve()) / ".git"
    if marker.is_dir():
        return marker
    try:
        text = marker.read_text(encoding="utf-8").strip()
    except OSError:
        return None
    own = (marker.parent / text.removeprefix("gitdir:").strip()).resolve()
    try:
        shared = (own / "commondir").read_text(encoding="utf-8").strip()
    except OSError:
        return own if own.is_dir() else None
    return (own / shared).resolve()
