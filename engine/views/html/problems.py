"""An error as a page: what happened, to what, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import htpy as h

from engine.errors import EngineError, Problem, ProblemsError, ProviderError
from engine.views.html import parts


def error_page(error: EngineError) -> Mapping[str, Any]:
    """The page of an error that ended a command without a result."""
    return parts.page(
        f"Error: {error.message}",
        parts.top("Error", [error.message], [("Reference", error.reference)]),
        *_details(error),
    )


def _details(error: EngineError) -> Iterator[parts.Section]:
    if isinstance(error, ProblemsError):
        yield parts.panel("Problems", parts.listed(map(problem, error.problems)), tone="red")
    if error.cause:
        yield parts.panel("Cause", h.pre[error.cause], tone="red")
    if isinstance(error, ProviderError) and error.request_id:
        yield parts.panel("Request", h.code[error.request_id])
    if error.hint:
        yield parts.panel("What to do next", h.pre[error.hint], name="hint")


def problem(found: Problem) -> h.Node:
    """One finding, its place first."""
    place, _, rest = str(found).partition(": ")
    return h.span(".place")[place], " ", h.pre[rest]
