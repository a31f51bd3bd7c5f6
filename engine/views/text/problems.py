"""Errors and findings as text, without secrets and control characters."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from engine.errors import EngineError, Problem, ProblemsError, ProviderError
from engine.stack.model import Stack
from engine.views.plural import counted
from engine.views.style import Style, printable
from engine.views.text.compact.sentences import sentences

if TYPE_CHECKING:
    from engine.ports.reports import Verified


def error_text(error: EngineError, style: Style, read: Collection[str] = ()) -> str:
    """Write an error: message, cause, hint; of a plan whose refusals were read, their number."""
    mark = style.paint("Error:", "bold", "red")
    if isinstance(error, ProblemsError):
        return "\n".join([f"{mark} {error.message}", "", *map(problem_text, error.problems)])
    reasons = {refusal for _, refusal in getattr(error, "refused", ())}
    if reasons and reasons <= {*read}:
        why = "the reason" if len(reasons) == 1 else f"the {len(reasons)} reasons"
        lines = [f"{mark} the plan is refused, for {why} above"]
    else:
        lines = [f"{mark} {printable(error.message)}", *_causes(error)]
    if isinstance(error, ProviderError) and error.request_id:
        lines.append(f"Request: {printable(error.request_id)}")
    if error.hint:
        lines.append(f"{style.paint('Hint:', 'bold')} {printable(error.hint)}")
    return "\n".join(lines)


def references_of(error: EngineError) -> list[str]:
    """What an error is explained under: each finding, each reason of a refusal, or the error."""
    found = [problem.reference for problem in getattr(error, "problems", ())]
    found += [str(refusal.reference) for _, refusal in getattr(error, "refused", ())]
    return list(dict.fromkeys(found or [error.reference]))


def _causes(error: EngineError) -> Iterator[str]:
    """What led to an error; refusals that say the same of different objects in short."""
    refused = [str(refusal) for _, refusal in getattr(error, "refused", ())]
    if error.cause != "\n".join(refused[1:]):
        yield from [printable(error.cause)] if error.cause else []
        return
    yield from list(sentences([printable(refusal) for refusal in refused], ""))[1:]


def success_text(stacks: Sequence[Stack]) -> str:
    """Say that stacks have no problems."""
    resources = sum(len(stack.declarations) for stack in stacks)
    return (
        f"Success: {counted(len(stacks), 'stack')}, {counted(resources, 'resource')}, no problems."
    )


def verified_text(files: Sequence[Verified]) -> str:
    """Say that state files have no problems."""
    resources = sum(entry.resources for entry in files)
    lines = [
        f"Success: {counted(len(files), 'state')}, {counted(resources, 'resource')}, no problems."
    ]
    lines += [
        f"{entry.file} was merged from two states: the next engine plan compares all of it with "
        "Stripe, and engine apply settles it."
        for entry in files
        if entry.merged
    ]
    return "\n".join(lines)


def problem_text(problem: Problem) -> str:
    """Write one finding as `file:line: message`, its suggestion below."""
    return printable(str(problem))
