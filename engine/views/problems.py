"""Errors as text and as a document, with nothing in them that nobody may see.

What must not live here: exit codes; the command line takes them from the error.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from engine.errors import EngineError, Problem, ProblemsError, ProviderError
from engine.plan.verify import Verified
from engine.stack.model import Stack
from engine.views import words
from engine.views.style import Style

# A bare `sk_` may begin somebody's logical name, so it has to look like a key to be taken for one.
_SECRET = re.compile(
    r"(?<![A-Za-z0-9])(?:(?P<kind>(?:sk|rk|ek)_(?:test|live|org)|whsec)_[A-Za-z0-9_*]+"
    r"|(?P<bare>sk|rk|ek)_[A-Za-z0-9*]{16,})"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def redact(text: str) -> str:
    """Take keys and webhook secrets out of a text, and control characters with them."""
    return _CONTROL.sub("?", _SECRET.sub(_redacted, text))


def _redacted(match: re.Match[str]) -> str:
    return f"{match['kind'] or match['bare']}_(redacted)"


def error_text(error: EngineError, style: Style) -> str:
    """Write an error the way a terminal shows it: message, cause, hint."""
    mark = style.paint("Error:", "bold", "red")
    if isinstance(error, ProblemsError):
        return "\n".join([f"{mark} {error.message}", "", *map(problem_text, error.problems)])
    lines = [f"{mark} {redact(error.message)}"]
    if error.cause:
        lines.append(redact(error.cause))
    if isinstance(error, ProviderError) and error.request_id:
        lines.append(f"Request: {redact(error.request_id)}")
    if error.hint:
        lines.append(f"{style.paint('Hint:', 'bold')} {redact(error.hint)}")
    return "\n".join(lines)


def success_text(stacks: Sequence[Stack]) -> str:
    """Say that stacks were checked and nothing was found."""
    resources = sum(len(stack.declarations) for stack in stacks)
    return (
        f"Success: {words.count(len(stacks), 'stack')}, {words.count(resources, 'resource')}, "
        "no problems."
    )


def verified_text(found: Sequence[Verified]) -> str:
    """Say that state files were verified and nothing was found."""
    resources = sum(entry.resources for entry in found)
    return (
        f"Success: {words.count(len(found), 'state')}, {words.count(resources, 'resource')}, "
        "no problems."
    )


def problem_text(problem: Problem) -> str:
    """Write one finding as `file:line: message`, its suggestion below."""
    return redact(str(problem))


def error_document(error: EngineError) -> dict[str, Any]:
    """Write an error as the `error` of a JSON document."""
    document: dict[str, Any] = {
        "reference": error.reference,
        "message": redact(error.message),
        "cause": redact(error.cause) if error.cause else None,
        "hint": redact(error.hint) if error.hint else None,
    }
    if isinstance(error, ProblemsError):
        document["problems"] = [problem_document(problem) for problem in error.problems]
    if isinstance(error, ProviderError):
        document |= {
            "status": error.status,
            "code": error.code,
            "param": error.param,
            "request_id": error.request_id,
        }
    return document


def problem_document(problem: Problem) -> dict[str, Any]:
    """Write one finding as a JSON object."""
    return {
        "file": problem.file,
        "line": problem.line or None,
        "message": redact(problem.message),
        "hint": redact(problem.hint) or None,
        "reference": problem.reference,
    }
