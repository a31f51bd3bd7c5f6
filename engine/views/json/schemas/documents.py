"""Every document that commands print with `--json`: its schema, and which commands print it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from engine.catalog.help.left_out import LeftOut
from engine.plan.model import Action
from engine.schema.attribute import Kind
from engine.schema.lifecycle import Verb
from engine.schema.rules import RuleKind
from engine.views.json.schemas import fleets, plans, states, subscribers, upkeep
from engine.views.json.schemas.build import (
    ANY,
    COUNT,
    FLAG,
    TEXT,
    Named,
    Schema,
    about,
    array,
    by_name,
    document,
    extended,
    maybe,
    record,
    words,
)
from engine.views.json.schemas.shared import ACCOUNT, ERROR, PROBLEM
from engine.views.json.values import FORMAT_VERSION
from engine.views.picture.model import EdgeKind, NodeKind


class Document(NamedTuple):
    """One document.

    Attributes:
        title: What it is, in a sentence.
        schema: Its record.
        commands: The commands that print it, by their words.
    """

    title: str
    schema: Schema
    commands: tuple[str, ...] = ()


_STATE_OF_STACK = record(
    {
        "environment": TEXT,
        "serial": COUNT,
        "resources": maybe(COUNT),
        "archived": maybe(COUNT),
        "outputs": array(TEXT),
        "account": ACCOUNT,
        "held_lock": maybe(states.HELD_LOCK),
        "run": maybe(states.RUN_LOCK),
        "unfinished_run": FLAG,
        "problem": maybe(TEXT),
        "commands": by_name(TEXT),
    }
)
_STACKS = record(
    {
        "environment": TEXT,
        "waves": array(array(TEXT)),
        "stacks": array(
            record(
                {
                    "stack": TEXT,
                    "file": maybe(TEXT),
                    "wave": maybe(COUNT),
                    "reads": array(TEXT),
                    "outputs_read": by_name(array(TEXT)),
                    "read_by": array(TEXT),
                    "outputs": array(TEXT),
                    "states": array(_STATE_OF_STACK),
                    "problems": array(PROBLEM),
                }
            )
        ),
        "problems": array(PROBLEM),
        "locks_unread": maybe(TEXT),
    }
)
_FLEETS = record(
    {
        "fleets": array(
            record(
                {
                    "fleet": TEXT,
                    "environment": TEXT,
                    "accounts_from": TEXT,
                    "stacks": about("Empty for all.", array(TEXT)),
                    "canary": COUNT,
                    "max_failures": COUNT,
                    "held_lock": maybe(states.HELD_LOCK),
                    "members": about(
                        "Null if no fleet was named.",
                        maybe(
                            array(
                                record(
                                    {
                                        "account": TEXT,
                                        "id": maybe(TEXT),
                                        "environment": TEXT,
                                        "key": maybe(record({"variable": TEXT, "is_set": FLAG})),
                                        "variables": by_name(ANY),
                                        "former": FLAG,
                                        "held_lock": maybe(states.HELD_LOCK),
                                        "states": array(extended(_STATE_OF_STACK, {"stack": TEXT})),
                                    }
                                )
                            )
                        ),
                    ),
                }
            )
        )
    }
)
_PLACE = Named("place", record({"stack": TEXT, "address": TEXT}))
_GRAPH = record(
    {
        "nodes": array(
            extended(
                _PLACE.schema,
                {
                    "type": maybe(TEXT),
                    "name": TEXT,
                    "kind": words(NodeKind),
                    "action": about("Null if no plan was drawn.", maybe(words(Action))),
                },
            )
        ),
        "edges": about(
            "From what refers to what it refers to.",
            array(record({"from": _PLACE, "to": _PLACE, "kind": words(EdgeKind)})),
        ),
    }
)
_VALIDATION = record(
    {
        "valid": FLAG,
        "stacks": array(record({"stack": TEXT, "resources": COUNT})),
        "problems": array(PROBLEM),
    }
)
_TYPE = record(
    {
        "type": TEXT,
        "object": TEXT,
        "title": TEXT,
        "class": TEXT,
        "removals": array(record({"verb": words(Verb), "note": maybe(TEXT)})),
        "loses": maybe(TEXT),
        "natural_keys": array(TEXT),
        "lookup": array(TEXT),
        "metadata": FLAG,
    }
)
_FIELD = record(
    {
        "path": TEXT,
        "kind": words(Kind),
        "required": FLAG,
        "declarable": FLAG,
        "immutable": FLAG,
        "clearable": FLAG,
        "write_only": FLAG,
        "sensitive": FLAG,
        "values": array(TEXT),
        "open_values": FLAG,
        "reference": maybe(TEXT),
        "default": ANY,
    }
)
_ONE_TYPE = extended(_TYPE, {"example": TEXT, "fields": array(_FIELD)})
_ONE_FIELD = record(
    {
        "type": TEXT,
        "field": _FIELD,
        "meaning": about("Markdown of Stripe's SDK; null if it has no text.", maybe(TEXT)),
        "sdk_version": about("Null if no SDK is installed.", maybe(TEXT)),
        "words": about("Taken in addition to its kind.", array(ANY)),
        "currency": about(
            "Of an amount in minor units. Its field is null where a key is the currency.",
            maybe(record({"field": maybe(TEXT), "twin": maybe(TEXT)})),
        ),
        "limits": record(
            {
                "min_length": maybe(COUNT),
                "max_length": maybe(COUNT),
                "least": maybe(COUNT),
                "above": maybe(COUNT),
                "most": maybe(COUNT),
                "pattern": maybe(TEXT),
            }
        ),
        "replaces": about(
            "Whether a change forces replacement: always, or from some values.",
            record({"always": FLAG, "from": array(ANY), "because_of": maybe(TEXT)}),
        ),
        "left_out": about("What taking it out of the code does.", words(LeftOut)),
        "rules": array(record({"kind": words(RuleKind), "message": TEXT, "live_only": FLAG})),
        "instead": about("What to write in its place.", maybe(TEXT)),
    }
)
_EMULATED_EVENTS = record(
    {
        "events": array(
            record(
                {
                    "id": TEXT,
                    "type": TEXT,
                    "object": maybe(TEXT),
                    "created": about("Seconds since 1970.", COUNT),
                    "account": about("The connected account it happened in.", maybe(TEXT)),
                    "deliveries": array(
                        record(
                            {
                                "endpoint": about("Null: no endpoint is declared.", maybe(TEXT)),
                                "url": maybe(TEXT),
                                "state": about("pending, succeeded, failed or not_sent.", TEXT),
                                "reason": maybe(TEXT),
                                "attempts": COUNT,
                                "status": about("Of the last answer.", maybe(COUNT)),
                                "error": about("What came instead of an answer.", maybe(TEXT)),
                            }
                        )
                    ),
                }
            )
        )
    }
)
_EXPLANATION = record({"reference": TEXT, "summary": TEXT})
_PROJECT = record(
    {
        "folder": TEXT,
        "made": array(TEXT),
        "left": array(TEXT),
        "environment": record({"name": TEXT, "embedded": FLAG, "livemode": maybe(FLAG)}),
    }
)

DOCUMENTS: Mapping[str, Document] = {
    "plan": Document("What an apply would do.", plans.PLAN, ("plan", "show", "state stamp")),
    "apply": Document("What an apply did.", plans.APPLY, ("apply", "destroy", "state stamp")),
    "promotion": Document(
        "A plan for one environment of what another one has.", plans.PROMOTION, ("promote",)
    ),
    "diff": Document("What differs between two environments.", plans.DIFF, ("diff",)),
    "drift": Document("What was changed on Stripe.", plans.DRIFT_REPORT, ("drift",)),
    "accepted": Document("What was written into modules.", plans.ACCEPTED, ("drift",)),
    "review": Document("What was applied between two commits.", plans.REVIEW, ("review",)),
    "subscribers": Document("Who is on some prices.", subscribers.SUBSCRIBERS, ("subscribers",)),
    "moves": Document(
        "Moves of subscribers to another price.", subscribers.MOVES, ("subscribers", "show")
    ),
    "subscribers-moved": Document(
        "What became of moves of subscribers.", subscribers.MOVED, ("apply",)
    ),
    "states": Document("Whole states.", states.STATES, ("show", "state show")),
    "fleet-plan": Document("What an apply would do on a fleet.", fleets.FLEET_PLAN, ("plan",)),
    "fleet-apply": Document("What an apply did on a fleet.", fleets.FLEET_APPLY, ("apply",)),
    "addresses": Document(
        "What is managed.",
        states.ADDRESSES,
        ("state list", "state rm", "state push", "state restore"),
    ),
    "resource": Document(
        "One resource of a state.", states.RESOURCE, ("state show", "state mv", "import")
    ),
    "migration": Document(
        "States that move to another store.", states.MIGRATION, ("state migrate",)
    ),
    "versions": Document("The versions of a state.", states.VERSIONS, ("state history",)),
    "moved": Document("What moved to another stack.", states.MOVED, ("state mv",)),
    "verified": Document("What was found in states.", states.VERIFIED, ("state verify",)),
    "rebuilt": Document("States that were made again.", states.REBUILT, ("state rebuild",)),
    "outputs": Document("The outputs of stacks.", states.OUTPUTS, ("output",)),
    "output": Document("One output.", states.ONE_OUTPUT, ("output",)),
    "constants": Document("Constants for applications.", states.CONSTANTS, ("output",)),
    "constants-files": Document(
        "Files of constants that were written or are fresh.", states.CONSTANTS_FILES, ("output",)
    ),
    "import": Document("What an import of an account writes.", states.IMPORT, ("import",)),
    "locks": Document("Every lock.", states.LOCKS, ("lock", "unlock")),
    "upgrade": Document("What another API version would change.", upkeep.UPGRADE, ("upgrade",)),
    "diagnosis": Document("What a check of everything found.", upkeep.DIAGNOSIS, ("doctor",)),
    "stacks": Document("The stacks of a project.", _STACKS, ("stacks",)),
    "fleets": Document("The fleets of a project.", _FLEETS, ("fleet",)),
    "graph": Document("Resources and what they refer to.", _GRAPH, ("graph",)),
    "validation": Document("What is wrong with stacks.", _VALIDATION, ("validate",)),
    "types": Document(
        "What can be declared.",
        record({"types": array(_TYPE), "other_objects": COUNT}),
        ("types",),
    ),
    "type": Document("One type, field by field.", _ONE_TYPE, ("types",)),
    "field": Document("One field of a type.", _ONE_FIELD, ("types",)),
    "completion": Document(
        "The completion script of a shell.",
        record(
            {
                "shell": TEXT,
                "script": TEXT,
                "file": about("Where the shell looks for it; null if it was printed.", maybe(TEXT)),
                "change": about("printed, written, unchanged, removed or absent.", TEXT),
            }
        ),
        ("completion",),
    ),
    "explanations": Document(
        "What each error means.",
        record({"explanations": array(_EXPLANATION)}),
        ("explain",),
    ),
    "explanation": Document(
        "What an error means.",
        extended(_EXPLANATION, {"page": about("Markdown.", TEXT)}),
        ("explain",),
    ),
    "project": Document("A project that was begun.", _PROJECT, ("init",)),
    "serving": Document(
        "The emulator, which takes connections.", record({"url": TEXT}), ("emulator serve",)
    ),
    "emulator-events": Document(
        "Events of an emulated account.", _EMULATED_EVENTS, ("emulator events",)
    ),
    "schemas": Document(
        "The documents that have a schema.",
        record(
            {"documents": array(record({"name": TEXT, "title": TEXT, "commands": array(TEXT)}))}
        ),
        ("schema",),
    ),
    "error": Document("Why a command has no result.", record({"error": ERROR})),
}
"""The documents by name. `error` is printed by every command that fails."""


def schema_of(name: str) -> dict[str, Any]:
    """The JSON Schema of a document, which needs no other file."""
    entry = DOCUMENTS[name]
    return document(name, entry.title, FORMAT_VERSION, entry.schema)


def documents_of(command: str) -> tuple[str, ...]:
    """Names of the documents that a command may print."""
    return (*(name for name, entry in DOCUMENTS.items() if command in entry.commands), "error")


def schemas_document() -> dict[str, Any]:
    """Write the list of the documents."""
    return {
        "format_version": FORMAT_VERSION,
        "documents": [
            {"name": name, "title": entry.title, "commands": list(entry.commands)}
            for name, entry in DOCUMENTS.items()
        ],
    }
