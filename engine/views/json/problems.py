"""Errors and findings as JSON documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.errors import EngineError, Problem, ProblemsError, ProviderError
from engine.explanations.pages import summary_of
from engine.plan.refusal import Refusal, RefusedError
from engine.stack.model import Stack
from engine.views.json.values import FORMAT_VERSION
from engine.views.style import printable


def explanation_document(reference: str, page: str) -> dict[str, Any]:
    """Write the page of a reference as a JSON document."""
    return {"format_version": FORMAT_VERSION, **_explained(reference, page), "page": page}


def explanations_document(pages: Mapping[str, str]) -> dict[str, Any]:
    """Write what each reference means as a JSON document."""
    explained = [_explained(reference, page) for reference, page in pages.items()]
    return {"format_version": FORMAT_VERSION, "explanations": explained}


def _explained(reference: str, page: str) -> dict[str, Any]:
    return {"reference": reference, "summary": summary_of(page)}


def failure_document(error: EngineError) -> dict[str, Any]:
    """Write the error of a command that has no result."""
    return {"format_version": FORMAT_VERSION, "error": error_document(error)}


def validation_document(stacks: Sequence[Stack], problems: Sequence[Problem]) -> dict[str, Any]:
    """Write what a validation found."""
    return {
        "format_version": FORMAT_VERSION,
        "valid": not problems,
        "stacks": [{"stack": stack.name, "resources": len(stack.declarations)} for stack in stacks],
        "problems": [problem_document(problem) for problem in problems],
    }


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
    if isinstance(error, RefusedError):
        document["refused"] = [refusal_document(*one) for one in error.refused]
    if isinstance(error, ProviderError):
        document |= {
            "status": error.status,
            "code": _printable(error.code),
            "param": _printable(error.param),
            "request_id": _printable(error.request_id),
        }
    return document


def refusal_document(stack: str, refusal: Refusal) -> dict[str, Any]:
    """Write one reason why a plan must not be carried out."""
    file, line = refusal.place
    return {
        "reference": refusal.reference,
        "message": printable(refusal),
        "stack": stack or None,
        "address": refusal.address or None,
        "file": file or None,
        "line": line or None,
        "policy": refusal.policy or None,
    }


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
