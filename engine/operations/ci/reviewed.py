"""The saved plan that was reviewed: finding it after the merge, and holding the code against it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from engine.apply.secrets import secrets_to_come
from engine.errors import GuardError
from engine.operations.ci.scope import Scope
from engine.operations.run.context import Context
from engine.operations.saved_plan.saved_plan import plan_to_save
from engine.operations.validate import graphs_to_plan
from engine.plan.declared import declared_digest
from engine.plan.inputs.options import PlanOptions
from engine.plan.model import Plan
from engine.plan.refusal import PlanRule, Refusal, RefusedError
from engine.plan.saved.file import SavedPlan
from engine.plan.saved.plan_json import PLAN
from engine.ports.ci.code_host import ChangeRequest, CodeHost, NoSavedPlanError

_FINGERPRINT = re.compile(r'"\$sensitive": "[0-9a-f]+"')


def way_on(host: CodeHost) -> str:
    """What to do if a plan that was reviewed cannot be applied."""
    return (
        f"nothing was changed; run this workflow by hand on {host.branch or 'the branch'}: it "
        "plans what is merged, and applies that plan once it is approved"
    )


def check_branch(host: CodeHost, branch: str) -> None:
    """Check that this run is of the branch whose commits are applied.

    A workflow can be started by hand on any branch, and changes are merged into branches of others.

    Args:
        host: The run.
        branch: The branch; empty for the repository's default.

    Raises:
        GuardError: if not.
    """
    wanted = branch or host.default_branch
    if not host.branch or host.branch != wanted:
        raise GuardError(
            f"this run is of {host.branch or 'no branch'}, and what is applied is on "
            f"{wanted or 'the default branch'}",
            hint=f"nothing was changed; run it on {wanted}, or name the branch with --branch",
        )


def reviewed_plan(host: CodeHost, scope: Scope, change: ChangeRequest | None) -> bytes:
    """Find the saved plan that this run is to apply.

    Args:
        host: The run.
        scope: What it works on.
        change: The change that was merged, whose last plan is looked for; None if a person started
            this run, which has made a plan itself.

    Raises:
        RefusedError: if there is none.
    """
    try:
        if not host.by_hand:
            _check_reviewed(host, change)
        return host.saved_plan(
            change, scope.artifact(host.commit if change is None else change.head)
        )
    except NoSavedPlanError as error:
        raise RefusedError(
            error.message,
            [("", Refusal(error.message, PlanRule.NO_SAVED_PLAN))],
            cause=error.cause,
            hint=way_on(host),
        ) from error


def _check_reviewed(host: CodeHost, change: ChangeRequest | None) -> None:
    """Check that a plan of what was merged can have been saved."""
    if change is None:
        raise NoSavedPlanError(
            f"no reviewed change was merged as {host.commit[:7]}, so no plan of it was reviewed"
        )
    if change.foreign:
        raise NoSavedPlanError(
            f"change {change.number} comes from a fork, whose jobs get no key: no plan was saved"
        )


def check_code(context: Context, saved: SavedPlan) -> None:
    """Check that the code which is here declares what a plan was made from.

    Between the review and the merge others may have merged too. What they changed was not in the
    plan that was reviewed.

    Raises:
        GuardError: if a stack declares something else.
    """
    for entry in saved.stacks:
        plan = entry.plan
        if not plan.declared:
            continue  # a part of a stack, or a removal: it was not compared with all of the code
        (graph,) = graphs_to_plan(context, (plan.stack,), destroy=True)
        if declared_digest(graph) != plan.declared:
            message = (
                f"{plan.environment}/{plan.stack}: the code that is merged is not the code that "
                "the plan was made from: something else was merged in between"
            )
            raise RefusedError(message, [(plan.stack, Refusal(message, PlanRule.PLAN_STALE))])


def check_steps(context: Context, saved: SavedPlan, names: Sequence[str]) -> None:
    """Check that the code which is here asks for every step of a plan that was reviewed.

    Who may push a branch may also keep a file under the name of a plan, and its digests have no
    key. What the merged code does not ask for was in no review.

    Args:
        context: The run's ports.
        saved: The plan.
        names: Stacks that the job works on; none means all.

    Raises:
        RefusedError: if a step is not asked for.
    """
    # Without the options in the file: they could ask for anything.
    _, fresh = plan_to_save(context, names, PlanOptions())
    now = {entry.plan.stack: entry.plan for entry in fresh.stacks}
    for entry in saved.stacks:
        plan, other = entry.plan, now.get(entry.plan.stack)
        if other is not None and other.serial and plan.serial != other.serial:
            continue  # it is of another state, which is refused as such
        asked = _parts(other) if other is not None else {}
        for text, what in _parts(plan).items():
            if text not in asked:
                message = (
                    f"{plan.environment}/{plan.stack}: the saved plan has {what}, and the merged "
                    "code does not ask for that now"
                )
                raise RefusedError(message, [(plan.stack, Refusal(message, PlanRule.PLAN_STALE))])


def _parts(plan: Plan) -> Mapping[str, str]:
    """What a plan does: each step, and the rest, as texts; with what each is, in words."""
    document = PLAN.write(plan, plan.lineage)
    steps = [{**step, "after": None} for step in document.get("steps", ())]
    rest = {name: document.get(name) for name in ("moves", "reads", "wanted_outputs")}
    texts = [json.dumps(part, sort_keys=True) for part in (*steps, rest)]
    if not plan.serial:
        # The state begins with this plan, and its lineage is made anew each time.
        texts = [_FINGERPRINT.sub("", text.replace(plan.lineage, "")) for text in texts]
    words = [*(f"the step {step.key}" for step in plan.steps), "other outputs or moves"]
    return dict(zip(texts, words, strict=True))


def check_secrets(context: Context, saved: SavedPlan) -> None:
    """Check that what Stripe returns once is not kept on a machine that is thrown away.

    Raises:
        GuardError: if a plan makes a secret, and secrets go to files.
    """
    environment = context.settings.environment
    if environment.secrets.startswith("command:"):
        return
    for entry in saved.stacks:
        for name in secrets_to_come(entry.plan, context.schemas):
            raise GuardError(
                f"Stripe will return a secret once, {name} of stack {entry.plan.stack}, and this "
                "machine, with its files, is thrown away after the job",
                hint='nothing was changed; write secrets = "command:PROGRAM ..." in '
                f"[tool.engine.environments.{environment.name}]: a program that keeps it elsewhere",
            )


def with_way_on(error: GuardError, host: CodeHost) -> GuardError:
    """A refusal whose hint fits a job, where no person can run a command on the spot."""
    return error.with_hint(way_on(host)) if isinstance(error, RefusedError) else error
