"""The vocabulary of plans in plain English: symbols, actions, reasons, removals."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from engine.plan.model import Action, Change, FieldReason, Reason, Step, StepKind
from engine.ports.outcomes import Found, RecoveredStep
from engine.schema.lifecycle import Verb
from engine.schema.resource_type import ResourceType, Schemas
from engine.values.paths import dotted
from engine.values.templates import targets_in

CREATE_FIRST = "+/-"
"""The symbol of a replacement that creates first."""


class _Word(NamedTuple):
    """How an action is written: as a symbol, in a heading, in the summaries of plan and apply."""

    symbol: str
    heading: str = ""
    planned: str = ""
    done: str = ""


_ACTIONS = {
    Action.CREATE: _Word("+", "will be created", "to create", "created"),
    Action.UPDATE: _Word("~", "will be updated in place", "to update", "updated"),
    Action.REPLACE: _Word("-/+", "will be replaced", "to replace", "replaced"),
    Action.DELETE: _Word("-", "", "to remove", "removed"),
    Action.IMPORT: _Word("=", "will be imported", "to import", "imported"),
    Action.REVIVE: _Word("^", "will be revived", "to revive", "revived"),
    Action.READ: _Word("<=", "will be read", "to read", "read"),
    Action.MOVE: _Word(">", "will be moved", "to move", "moved"),
    Action.FORGET: _Word(".", "will be forgotten", "to forget", "forgotten"),
    Action.NO_OP: _Word(" ", "does not change"),
}
_ALWAYS_COUNTED = (Action.CREATE, Action.UPDATE, Action.REPLACE, Action.DELETE)

SYMBOLS = {
    "+": ("create", "green"),
    "~": ("update in place", "yellow"),
    "-": ("remove", "red"),
    "-/+": ("remove, then create the replacement", "magenta"),
    "+/-": ("create the replacement, then remove", "magenta"),
    "<=": ("read", "cyan"),
    "=": ("import", "cyan"),
    "^": ("revive", "green"),
    ">": ("move", "cyan"),
    ".": ("forget", "dim"),
    " ": ("no change", "dim"),
}
"""The meaning and the colour of each symbol, in the order in which a legend lists them."""

# What an operation that removes is doing, and what it did.
_REMOVALS = {
    Verb.DELETE: ("deleting", "deleted"),
    Verb.ARCHIVE: ("archiving", "archived"),
    Verb.DEACTIVATE: ("deactivating", "deactivated"),
    Verb.EXPIRE: ("expiring", "expired"),
    Verb.CANCEL: ("canceling", "canceled"),
    Verb.CLOSE: ("closing", "closed"),
    Verb.RELEASE: ("releasing", "released"),
    Verb.VOID: ("voiding", "voided"),
    Verb.KEEP: ("keeping", "kept"),
}

# Empty where the action says it already.
_REASONS = {
    Reason.DECLARED: "",
    Reason.CHANGED: "",
    Reason.DRIFTED: "it was changed outside of the code",
    Reason.MISSING: "it was deleted outside of the code",
    Reason.ENDED: "it was archived or disabled outside of the code",
    Reason.UNDECLARED: "it is no longer declared",
    Reason.DESTROYED: "",
    Reason.IMMUTABLE: "a field changed that Stripe cannot change in place",
    Reason.DEPENDENCY: "something it refers to is replaced",
    Reason.REMADE: "something it refers to was deleted and is made again",
    Reason.OUTPUT: "an output of another stack that it reads is another one, or has no value now",
    Reason.DIFFERS: "Stripe has another value than the last apply declared",
    Reason.TRIGGERED: "something in its replace_triggered_by changes",
    Reason.REQUESTED: "as requested with --replace",
    Reason.SUPERSEDED: "an earlier replacement did not get to remove the old object",
    Reason.REMEMBERED: "it was removed earlier and still exists on Stripe",
    Reason.ADOPTED: "it exists on Stripe and the declaration takes it over",
    Reason.IMPORTED: "",
    Reason.MOVED: "",
    Reason.RELEASED: "it stays on Stripe, as the stack asks",
    Reason.PAST: "it has ended on Stripe, and nothing is left to remove",
    Reason.DETACHED: "it stops referring to something that is removed",
}

# How the sentences above speak of several resources.
_MANY = tuple(
    (re.compile(rf"\b{one}\b"), several)
    for one, several in (
        ("it is", "they are"),
        ("it was", "they were"),
        ("it has", "they have"),
        ("it exists", "they exist"),
        ("it stays", "they stay"),
        ("it stops", "they stop"),
        ("it refers", "they refer"),
        ("it reads", "they read"),
        ("it replaced", "they replaced"),
        ("takes it over", "takes them over"),
        ("stays", "stay"),
        ("its", "their"),
    )
)

_STEPS = {
    StepKind.CREATE: ("creating", "created", "create"),
    StepKind.UPDATE: ("updating", "updated", "update"),
    StepKind.SETTLE: ("completing", "completed", "complete"),
    StepKind.REMOVE: ("removing", "removed", "remove"),
    StepKind.CALL: ("following up", "followed up", "follow up"),
    StepKind.DETACH: ("detaching", "detached", "detach"),
    StepKind.RECORD: ("recording", "recorded", "record"),
    StepKind.FORGET: ("forgetting", "forgotten", "forget"),
}


def on_account(account: str) -> str:
    """Say which connected account something is on; empty for the key's own."""
    if not account:
        return ""
    target = next(targets_in(account), None)
    return f" on {account}" if target is None else f" on {target} (known after apply)"


def symbol(change: Change) -> str:
    """The symbol a change is listed under."""
    if change.action is Action.REPLACE and change.create_first:
        return CREATE_FIRST
    return _ACTIONS[change.action].symbol


def counts(actions: Sequence[Action], *, done: bool, always: bool = True) -> list[str]:
    """Count actions: `3 to create`, or `3 created` once they are done.

    Args:
        actions: The action of each change.
        done: They are done.
        always: Count the usual actions also if there are none.
    """
    return [
        f"{actions.count(action)} {word.done if done else word.planned}"
        for action, word in _ACTIONS.items()
        if word.planned and (action in actions or (always and action in _ALWAYS_COUNTED))
    ]


def heading(change: Change, schemas: Schemas, *, many: bool = False) -> str:
    """Say in words what happens to a resource and why, without its name.

    Args:
        change: The change.
        schemas: Resource types by name.
        many: Say it of several resources, to all of which the same happens.
    """
    if _recorded_only(change):
        action = "will be recorded: nothing is sent to Stripe"
    elif change.reasons == (Reason.SUPERSEDED,):
        action = "stays as it is, and what it replaced will be removed"
    elif change.action is Action.DELETE:
        action = _removal_heading(change)
    else:
        action = _ACTIONS[change.action].heading
    reasons = [text for reason in change.reasons if (text := _reason(reason, change))]
    if many:
        action, reasons = of_many(action), [of_many(reason) for reason in reasons]
    why = _why_not_deleted(change, schemas) if change.action is Action.DELETE else ""
    if why:
        action += f": {why}"
    if change.moved_from is not None and not many:
        action += f" (was {change.moved_from})"
    if not reasons:
        return action
    return f"{action}{'; ' if ': ' in action else ': '}{'; '.join(reasons)}"


def in_the_past(text: str, *, many: bool = False) -> str:
    """The words for a change that is to be made, as words for one that was made.

    Args:
        text: The words.
        many: They are of several resources.
    """
    past = text.replace("will be ", "were " if many else "was ")
    return past.replace(" is ", " was ").replace(" are ", " were ")


def of_many(sentence: str) -> str:
    """Say of several resources what a sentence of this module says of one."""
    for one, several in _MANY:
        sentence = one.sub(several, sentence)
    return sentence


def order_of_replacement(change: Change, schemas: Schemas, *, many: bool = False) -> str:
    """Say which of the two objects of a replacement is first, and what happens to the old one.

    Args:
        change: The change.
        schemas: Resource types by name.
        many: Say it of several replacements.
    """
    if change.action is not Action.REPLACE:
        return ""
    one, is_, stays = ("ones", "are", "stay") if many else ("one", "is", "stays")
    if change.removal is None:
        return f"the old {one} {is_} gone already"
    end = ended(change.removal.verb)
    why = _why_not_deleted(change, schemas)
    tail = f" ({why})" if why else ""
    if change.removal.verb is Verb.KEEP:
        return f"the old {one} {stays} on Stripe{tail}"
    if change.create_first:
        return f"the new {one} first, then the old {one} {is_} {end}{tail}"
    return f"the old {one} {is_} {end} first, then the new {one} {is_} created{tail}"


def ended(verb: Verb) -> str:
    """The participle of a removal: `archived`."""
    return _REMOVALS[verb][1]


def stays(change: Change) -> bool:
    """Whether a resource is removed from the state, and nothing from Stripe."""
    return (
        change.action is Action.DELETE
        and change.removal is not None
        and change.removal.verb is Verb.KEEP
    )


def staying(removed: Iterable[Change]) -> str:
    """Count the removals that remove nothing from Stripe."""
    number = sum(map(stays, removed))
    return f" ({number} of them {'stays' if number == 1 else 'stay'} on Stripe)" if number else ""


def endings(removed: Sequence[Change]) -> str:
    """Count how objects end: `2 deleted, 1 archived, 1 stays on Stripe`."""
    numbers: dict[str, int] = {}
    for change in removed:
        verb = change.removal.verb if change.removal is not None else None
        text = ended(verb) if verb is not None else "gone from Stripe already"
        numbers[text] = numbers.get(text, 0) + 1
    kept = numbers.pop(ended(Verb.KEEP), 0)
    texts = [f"{number} {text}" for text, number in numbers.items()]
    if kept:
        texts.append(f"{kept} {'stays' if kept == 1 else 'stay'} on Stripe")
    return ", ".join(texts)


def doing(step: Step) -> str:
    """What an operation is doing: `creating`."""
    if step.removal is not None and step.kind is StepKind.REMOVE:
        return _REMOVALS[step.removal.verb][0]
    return _STEPS[step.kind][0]


def done(step: Step) -> str:
    """What an operation did: `created`."""
    if step.removal is not None and step.kind is StepKind.REMOVE:
        return ended(step.removal.verb)
    return _STEPS[step.kind][1]


def to_do(step: Step) -> str:
    """What an operation was to do: `create`."""
    if step.removal is not None and step.kind is StepKind.REMOVE:
        return step.removal.verb.value
    return _STEPS[step.kind][2]


def with_article(noun: str) -> str:
    """Put `a` or `an` before a noun."""
    return f"{'an' if noun[:1] in 'aeio' else 'a'} {noun}"


def cannot_delete(kind: ResourceType) -> str:
    """Say that Stripe deletes no object of a type; empty if it does."""
    if not kind.life.removals or any(removal.verb is Verb.DELETE for removal in kind.life.removals):
        return ""
    return f"Stripe cannot delete {with_article(kind.title)}"


def _removal_heading(change: Change) -> str:
    if change.removal is None:
        return "will be dropped from the state: it is gone from Stripe"
    if change.removal.verb is Verb.KEEP:
        return "stays on Stripe"
    return f"will be {ended(change.removal.verb)}"


def _why_not_deleted(change: Change, schemas: Schemas) -> str:
    if change.removal is None or change.removal.verb is Verb.DELETE:
        return ""
    if change.removal.note:
        return change.removal.note
    kind = schemas.get(change.type)
    return cannot_delete(kind) if kind is not None else ""


_NOT_SENT = (FieldReason.STAYS, FieldReason.GOES)


def _recorded_only(change: Change) -> bool:
    return (
        change.action is Action.UPDATE
        and bool(change.fields)
        and all(entry.reason in _NOT_SENT for entry in change.fields)
    )


def _reason(reason: Reason, change: Change) -> str:
    if reason is Reason.IMMUTABLE:
        names = [dotted(entry.path) for entry in change.fields if entry.forces_replacement]
        if names:
            return f"{_listed(names)} cannot be changed in place"
    if reason is Reason.RELEASED and change.notes:
        return "it stays on Stripe"  # the note says who has it from now on
    if reason is Reason.ENDED and Reason.REMEMBERED in change.reasons:
        return ""  # it was this stack that ended it
    return _REASONS[reason]


def _listed(names: list[str]) -> str:
    if len(names) > 3:  # noqa: PLR2004 - the leaves below the heading name them all
        return f"{', '.join(names[:2])} and {len(names) - 2} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


_FINDINGS = {
    Found.RECORDED: "it was done, and the journal recorded it{id}",
    Found.CONFIRMED: "sent again, and Stripe confirmed it{id}",
    Found.DISCOVERED: "the object it created was found on the account{id}",
    Found.NOT_DONE: "it was not done; the plan decides again",
    Found.LEFT: "the plan finds out whether it was done, and decides again",
}


def what_happened(finding: RecoveredStep) -> str:
    """What became of an operation of an unfinished run."""
    return _FINDINGS[finding.what].format(id=f" [{finding.id}]" if finding.id else "")
