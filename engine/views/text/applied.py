"""The result of an apply as text. Each number is counted from the report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from engine.errors import EngineError, ProviderError
from engine.plan.model import Change, Plan
from engine.ports.outcomes import ApplyReport, ApplyResult, Outcome, StepResult
from engine.views import vocabulary
from engine.views.plural import counted
from engine.views.style import Style, printable
from engine.views.text.states import output_values


def apply_text(
    report: ApplyReport, style: Style, *, operation: str = "Apply", verbose: bool = False
) -> str:
    """Write what an apply did: the summary line, then the outputs.

    Args:
        report: What was done.
        style: Decoration.
        operation: The word the summary begins with.
        verbose: Add the number of requests made.
    """
    lines = [style.paint(summary_line(report, operation=operation), "bold"), _only_state(report)]
    lines += ended_lines(report)
    blocks = ["\n".join(filter(None, lines))]
    if verbose:
        blocks.append(
            f"{counted(report.requests, 'request')} made to Stripe, "
            f"{report.writes} of them could change something."
        )
    outputs = list(output_lines(report))
    if outputs:
        blocks.append("\n".join([style.paint("Outputs:", "bold"), *outputs]))
    return "\n\n".join(blocks)


def failure_text(report: ApplyReport, style: Style, *, operation: str = "Apply") -> str:
    """Write what failed, why, what was skipped because of it, and what to do next."""
    return "\n\n".join(failure_blocks(report, style, operation=operation))


def failure_blocks(report: ApplyReport, style: Style, *, operation: str = "Apply") -> Iterator[str]:
    """What failed, why, what was skipped because of it, and what to do next, one after another.

    Args:
        report: What was done.
        style: Decoration.
        operation: The command to run again, as the summary names it.
    """
    results = [result for stack in report.results for result in stack.results]
    mark = style.paint("Error:", "bold", "red")
    unsaved = [result for result in report.results if result.unsaved is not None]
    failures = [failure for failure in report.failures if not _is_unsaved(failure, unsaved)]
    if failures:
        yield f"{mark} {counted(len(failures), 'operation')} failed"
        lines = _declared_at(report)
        yield from ("\n".join(_failure(entry, results, lines, style)) for entry in failures)
    yield from ("\n".join(_unsaved(result, mark)) for result in unsaved)
    interrupted = any(result.interrupted for result in report.results)
    if interrupted:
        yield (f"{mark} the run was stopped; what was under way was finished")
    if report.not_begun:
        stacks = ", ".join(f"stack {name}" for name in report.not_begun)
        yield f"Not begun: {stacks}."
    advice = "" if interrupted and not failures else "Fix what failed, then run"
    # A saved plan no longer fits the state, which it has changed itself.
    command = "plan" if report.plan.saved else operation.lower()
    if not unsaved:
        yield (
            f"What was done is recorded. {advice or 'Run'} engine {command} again: "
            "it goes on from here."
        )


def summary_line(report: ApplyReport, *, operation: str = "Apply") -> str:
    """Count what was done, `Apply complete: 3 created, 1 updated, 0 replaced, 0 removed.`."""
    done = [change for _, change in done_changes(report)]
    counts = ", ".join(
        vocabulary.counts([change.action for change in done], done=True)
    ) + vocabulary.staying(done)
    if report.is_whole:
        return f"{operation} complete: {counts}."
    outcomes = [result.outcome for stack in report.results for result in stack.results]
    failed, skipped = outcomes.count(Outcome.FAILED), outcomes.count(Outcome.SKIPPED)
    return f"{operation} incomplete: {counts}; {failed} failed, {skipped} skipped."


def ended_lines(report: ApplyReport) -> Iterator[str]:
    """Say what became of the states of stacks without a module of which nothing is managed."""
    for stack, count in report.ended.items():
        if not count:
            yield f"Nothing of stack {stack} is left, so its state was removed."
            continue
        yield (
            f"The state of stack {stack} stays: it records {counted(count, 'archived object')}, "
            f"for the case that the module comes back. To remove it: engine state rm {stack}:"
        )


def _only_state(report: ApplyReport) -> str:
    """Say what a run did that sent nothing to Stripe; empty if it did anything else."""
    plans = report.plan.plans
    if not (report.plan.has_changes and report.is_whole):
        return ""
    if all(plan.refresh_only for plan in plans):
        drifted = counted(sum(len(plan.drift) for plan in plans), "resource")
        return f"The state was updated to what Stripe has ({drifted}); nothing was sent to Stripe."
    if not any(plan.pending for plan in plans):
        return "Only the state or its outputs changed; nothing was sent to Stripe."
    return ""


def done_changes(report: ApplyReport) -> Iterator[tuple[str, Change]]:
    """The changes that were carried out whole, each with its stack."""
    results = {result.stack: result for result in report.results}
    for plan in report.plan.plans:
        if plan.stack in results:
            yield from ((plan.stack, change) for change in _done(plan, results[plan.stack]))


def _done(plan: Plan, result: ApplyResult) -> Iterator[Change]:
    """The changes all of whose operations were applied."""
    outcomes: dict[str, list[Outcome]] = {}
    for entry in result.results:
        outcomes.setdefault(entry.step.address, []).append(entry.outcome)
    for change in plan.pending:
        if all(outcome is Outcome.APPLIED for outcome in outcomes.get(change.address, ())):
            yield change


def secret_outputs(report: ApplyReport, stack: str) -> set[str]:
    """The outputs of a stack that the plan declares as sensitive."""
    plan = next(plan for plan in report.plan.plans if plan.stack == stack)
    return {name for name, (_, hide) in (plan.wanted_outputs or {}).items() if hide}


def output_lines(report: ApplyReport) -> Iterator[str]:
    """The outputs of the stacks that were begun, as they are now."""
    several = len(report.results) > 1
    for result in report.results:
        lines = output_values(result.state, secret_outputs(report, result.stack))
        if several and lines:
            yield f"  {result.stack}"
        yield from (f"{'    ' if several else '  '}{line}" for line in lines)


def _declared_at(report: ApplyReport) -> Mapping[str, str]:
    """Where each resource is declared, by address."""
    return {
        change.address: change.line
        for plan in report.plan.plans
        for change in plan.changes
        if change.line
    }


def _failure(
    failure: StepResult, results: Sequence[StepResult], lines: Mapping[str, str], style: Style
) -> Iterator[str]:
    step = failure.step
    name = style.paint(step.address, "bold")
    place = lines.get(step.address)
    at = style.paint(f"  {place}", "dim") if place else ""
    where = vocabulary.on_account(step.account)
    yield f"  {name} could not be {vocabulary.done(step)}{where}{at}"
    if failure.error is not None:
        yield from (f"    {line}" for line in _error_lines(failure.error))
    skipped = [entry for entry in results if _root_cause(entry, results) == step.key]
    if skipped:
        yield "    Skipped because of it:"
        yield from (
            f"      {vocabulary.to_do(entry.step)} {entry.step.address}" for entry in skipped
        )


def _is_unsaved(failure: StepResult, unsaved: Sequence[ApplyResult]) -> bool:
    """Whether an operation failed only because the state could not be written after it."""
    return any(failure.error is result.unsaved for result in unsaved)


def _unsaved(result: ApplyResult, mark: str) -> Iterator[str]:
    yield f"{mark} the state of stack {result.stack} could not be written"
    if result.unsaved is not None:
        yield from (f"  {line}" for line in _error_lines(result.unsaved))
    for entry in result.results:
        if _is_unsaved(entry, (result,)):
            yield f"  Done on Stripe, not recorded: {entry.step.key} [{entry.id}]"


def _error_lines(error: EngineError) -> Iterator[str]:
    yield from printable(error.message).splitlines()
    if error.cause:
        yield from printable(error.cause).splitlines()
    if isinstance(error, ProviderError):
        facts = {
            "HTTP status": error.status,
            "code": error.code,
            "parameter": error.param,
            "request": error.request_id,
        }
        known = [f"{name} {value}" for name, value in facts.items() if value]
        if known:
            yield printable(f"({', '.join(known)})")
    if error.hint:
        yield f"Hint: {printable(error.hint)}"


def _root_cause(result: StepResult, results: Sequence[StepResult]) -> str:
    """The first failure in the chain that made an operation be skipped."""
    by_key = {entry.step.key: entry for entry in results}
    seen: set[str] = set()
    because = result.because
    while because in by_key and because not in seen and by_key[because].because:
        seen.add(because)
        because = by_key[because].because
    return because
