"""Showing a page where a change is reviewed: as its one comment, or else with the run alone."""

from __future__ import annotations

from engine.ports.ci.code_host import ChangeRequest, CodeHost, CodeHostError


def publish(
    host: CodeHost, change: ChangeRequest | None, marker: str, page: str, *, summary: str
) -> str:
    """Show a page.

    Args:
        host: The run.
        change: The change under review; None if there is none.
        marker: What the comment begins with.
        page: The page, below the size of a comment.
        summary: The page for the run itself, which may be longer.

    Returns:
        Where it is shown, and why not elsewhere: a sentence.
    """
    host.summarize(summary)
    if change is None:
        return "It is shown with this run."
    try:
        if not host.is_newest(change):
            return (
                f"The branch has newer commits than {change.head[:7]}: the comment is left to "
                "their run, and this one is shown with the run alone."
            )
        host.comment(change, marker, f"{marker}\n{page}")
    except CodeHostError as error:
        # A fork's token may only read; what this job found must not be lost with that.
        return f"It is shown with this run alone, since it cannot be a comment: {_why(error)}"
    return f"It is the comment on change {change.number}."


def _why(error: CodeHostError) -> str:
    if error.is_forbidden:
        return (
            "this job's token may not write there, as that of a fork may not (it needs "
            "pull-requests: write on GitHub, the scope api on GitLab). " + error.message
        )
    return " ".join(filter(None, [error.message, error.cause]))
