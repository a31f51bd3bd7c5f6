"""Finding the line of one argument inside a call that spans many, and what is wrong there.

Runs only when there is something to report: the frame knows the line of the call, the source
knows the line of the keyword.
"""

from __future__ import annotations

import ast
import functools
from pathlib import Path

from engine.errors import Problem
from engine.stack.model import Declaration, Location, Lookup
from engine.values.paths import Path as LeafPath


def problem_of(
    declared: Declaration | Lookup,
    path: LeafPath,
    root: Path,
    message: str,
    hint: str,
    reference: str,
) -> Problem:
    """What is wrong with an argument of a declaration, which the message names by its address."""
    return problem_at(
        declared.location, path, root, f"{declared.address}: {message}", hint, reference
    )


def problem_at(
    location: Location, path: LeafPath, root: Path, message: str, hint: str, reference: str
) -> Problem:
    """What is wrong with an argument of a call, with its line and the line that led there.

    Args:
        location: Where the call is.
        path: As for `line_of`.
        root: As for `line_of`.
        message: What is wrong.
        hint: What would be right.
        reference: Stable identifier of the kind of problem.
    """
    via = f" (from {location.via})" if location.via else ""
    return Problem(location.file, line_of(location, path, root), f"{message}{via}", hint, reference)


def line_of(location: Location, path: LeafPath, root: Path) -> int:
    """The line of a nested argument; the call's own line where it is not written out literally.

    Args:
        location: Where the call is.
        path: Keyword, then keys and indexes inside its value.
        root: Project folder that the location's file is relative to.
    """
    if not path:
        return location.line
    keyword = _keyword_at(root / location.file, location.line, path[0])
    if keyword is None:
        return location.line
    return _descend(keyword.value, path[1:], keyword.lineno)


def _descend(node: ast.expr, path: LeafPath, line: int) -> int:
    for part in path:
        if isinstance(node, ast.Dict) and isinstance(part, str):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == part:
                    line, node = key.lineno, value
                    break
            else:
                return line
        elif (
            isinstance(node, (ast.List, ast.Tuple))
            and isinstance(part, int)
            and part < len(node.elts)
        ):
            node = node.elts[part]
            line = node.lineno
        else:
            return line
    return line


def _keyword_at(file: Path, line: int, name: str | int) -> ast.keyword | None:
    tree = _parsed(file)
    if tree is None:
        return None
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.lineno == line]
    # Of the calls that begin on the line, the outermost that has the keyword is the declaration:
    # `prices.append(Price(...))` wraps one, and the calls inside it are its values.
    calls.sort(key=lambda call: (-(call.end_lineno or 0), call.col_offset))
    return next((word for call in calls for word in call.keywords if word.arg == name), None)


@functools.lru_cache(maxsize=64)
def _parsed(file: Path) -> ast.Module | None:
    try:
        return ast.parse(file.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError):
        return None
