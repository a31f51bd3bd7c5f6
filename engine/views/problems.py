"""Errors as text and as a document, with nothing in them that nobody may see.

What must not live here: exit codes; the command line takes them from the error.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError, Problem, ProblemsError, ProviderError
from engine.redaction import redact
from engine.views.counting import counted
from engine.views.style import Style, inert

if TYPE_CHECKING:
    # Every error is told from here, whatever it is of.
    from engine.ports.reports import Verified
    from engine.stack.model import Stack


def printable(text: str) -> str:
    """Make a text fit for a terminal or a log: no secret in it, and no control characters."""
    return inert(redact(text), "?")


def error_text(error: EngineError, style: Style) -> str:
    """Write an error the way a terminal shows it: message, cause, hint."""
    mark = style.paint("Error:", "bold", "red")
    if isinstance(error, ProblemsError):
        return "\n".join([f"{mark} {error.message}", "", *map(problem_text, error.problems)])
    lines = [f"{mark} {printable(error.message)}"]
    if error.cause:
        lines.append(printable(error.cause))
    if isinstance(error, ProviderError) and error.request_id:
        lines.append(f"Request: {printable(error.request_id)}")
    if error.hint:
        lines.append(f"{style.paint('Hint:', 'bold')} {printable(error.hint)}")
    return "\n".join(lines)


def success_text(stacks: Sequence[Stack]) -> str:
    """Say that stacks were checked and nothing was found."""
    resources = sum(len(stack.declarations) for stack in stacks)
    return (
        f"Success: {counted(len(stacks), 'stack')}, {counted(resources, 'resource')}, no problems."
    )


def verified_text(found: Sequence[Verified]) -> str:
    """Say that state files were verified and nothing was found."""
    resources = sum(entry.resources for entry in found)
    return (
        f"Success: {counted(len(found), 'state')}, {counted(resources, 'resource')}, no problems."
    )


def problem_text(problem: Problem) -> str:
    """Write one finding as `file:line: message`, its suggestion below."""
    return printable(str(problem))


def error_document(error: EngineError) -> dict[str, Any]:
    """Write an error as the `error` of a JSON document."""
    document: dict[str, Any] = {
        "reference": error.reference,
        "message": printable(error.message),
        "cause": _printable(error.cause),
        "hint": _printable(error.hint),
    }
    if isinstance(error, ProblemsError):
        document["problems"] = [problem_document(problem) for problem in error.problems]
    if isinstance(error, ProviderError):
        document |= {
            "status": error.status,
            "code": _printable(error.code),
            "param": _printable(error.param),
            "request_id": _printable(error.request_id),
        }
    return document


def _printable(text: str | None) -> str | None:
    return printable(text) if text else None


def problem_document(problem: Problem) -> dict[str, Any]:
    """Write one finding as a JSON object."""
    return {
        "file": problem.file,
        "line": problem.line or None,
        "message": printable(problem.message),
        "hint": _printable(problem.hint),
        "reference": problem.reference,
        "count": problem.count,
    }
