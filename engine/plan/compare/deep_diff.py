"""The leaves in which two comparable trees differ. The only module that knows deepdiff."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.frozen import frozen
from engine.values.markers import ABSENT
from engine.values.paths import Path, get_path
from engine.values.secret import Sealed
from engine.values.tree import children, is_scalar_list


@frozen(kw_only=False)
class Difference:
    """One leaf that differs between two comparable trees.

    Attributes:
        path: Where; elements of keyed lists under their key, as text.
        before: ABSENT if only `after` has it.
        after: ABSENT if only `before` has it.
    """

    path: Path
    before: Any
    after: Any


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Difference, ...]:
    """The leaves that differ, in path order; empty without any work if nothing does."""
    if before == after:
        return ()
    # deepdiff costs 60 ms at import: only a plan with differences pays for it.
    from deepdiff import DeepDiff

    found = DeepDiff(
        before,
        after,
        threshold_to_diff_deeper=0,
        ignore_numeric_type_changes=True,
        ignore_private_variables=False,  # a key such as `__a` is a key like any other
        # Not flat rows: those read their paths back from text, which keys with quotes garble.
        view="tree",
    )
    levels = (level for levels in found.values() for level in levels)
    places = (tuple(level.path(output_format="list")) for level in levels)
    paths = {path for place in places for path in _leaf_paths(place, before, after)}
    return tuple(
        Difference(path, get_path(before, path, ABSENT), get_path(after, path, ABSENT))
        for path in sorted(paths, key=_order)
    )


def _leaf_paths(path: Path, before: Any, after: Any) -> Iterator[Path]:
    """The leaves around, at or below a place that DeepDiff reports.

    A list of scalars and a secret are one leaf each, and DeepDiff looks into both.
    """
    for length in range(1, len(path)):
        sides = (get_path(side, path[:length]) for side in (before, after))
        if any(is_scalar_list(side) or isinstance(side, Sealed) for side in sides):
            yield path[:length]
            return
    yield from _leaves_below(path, before, after)


def _leaves_below(path: Path, before: Any, after: Any) -> Iterator[Path]:
    """The leaves at or below a differing place; a list that is no longer declared is one leaf."""
    old, new = (get_path(side, path, ABSENT) for side in (before, after))
    list_ends = (
        isinstance(old, list) and new is ABSENT and get_path(after, path[:-1], ABSENT) is not ABSENT
    )
    sides = [side for side in (old, new) if side is not ABSENT]
    if list_ends or any(is_scalar_list(side) or not _is_nested(side) for side in sides):
        yield path
        return
    for part in dict.fromkeys(key for side in sides for key, _ in children(side)):
        yield from _leaves_below((*path, part), before, after)


def _is_nested(value: Any) -> bool:
    return isinstance(value, (Mapping, list))


def _order(path: Path) -> tuple[tuple[bool, str], ...]:
    return tuple(
        (True, part) if isinstance(part, str) else (False, str(part).zfill(6)) for part in path
    )
