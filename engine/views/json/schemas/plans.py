"""Schemas of the documents of plan, apply, promote, diff and drift."""

from __future__ import annotations

from engine.plan.drifted import CodeIs, DriftKind
from engine.plan.model import Action
from engine.views.json.schemas.build import (
    ANY,
    COUNT,
    FLAG,
    TEXT,
    Named,
    about,
    array,
    by_name,
    extended,
    maybe,
    record,
    words,
)
from engine.views.json.schemas.shared import (
    ACCOUNT,
    CHANGE,
    DRIFT,
    IMPACT,
    ORPHAN,
    OUTCOME,
    POLICY,
    PROBLEM,
    REFUSED,
    RENAME,
)

_OUTPUT_CHANGE = Named(
    "output_change",
    record({"before": ANY, "after": ANY, "after_unknown": ANY, "sensitive": FLAG}),
)
_STACK = Named(
    "stack",
    record(
        {
            "stack": TEXT,
            "serial": about("Serial of the state that the plan was made from.", COUNT),
            "changes": array(CHANGE),
            "drift": array(DRIFT),
            "outputs": by_name(_OUTPUT_CHANGE),
            "summary": about(
                "How many resources undergo each action.",
                record({str(action.value): COUNT for action in Action}),
            ),
            "warnings": array(TEXT),
            "refusals": about("Each rule that forbids the plan, in a sentence.", array(TEXT)),
            "refused": about("The same with what each is about.", array(REFUSED)),
        }
    ),
)
PLAN = record(
    {
        "environment": TEXT,
        "account": ACCOUNT,
        "stacks": about("In the order in which they are applied.", array(_STACK)),
        "notes": about("What to know of the run, that asks for nothing.", array(TEXT)),
        "policies": about("What policies have against the plans.", array(POLICY)),
        "renames": array(RENAME),
        "without_module": array(ORPHAN),
        "impact_asked": about("What uses the objects was counted.", FLAG),
        "impacts": array(IMPACT),
        "requests": about("Requests made to Stripe so far.", COUNT),
    },
    optional={"server": about("Address, if it is not Stripe itself.", TEXT)},
)
APPLY = extended(
    PLAN,
    {
        "saved_plan": about("The plan came from a file.", FLAG),
        "writes": about("How many of the requests could change something.", COUNT),
        "ended": by_name(COUNT),
        "outcomes": array(OUTCOME),
    },
)
REVIEW = record(
    {
        "base": about("The earlier commit.", TEXT),
        "head": about("The later commit, or the working tree.", TEXT),
        "valid": about("There is no finding.", FLAG),
        "stacks": about(
            "The states that differ.",
            array(
                record(
                    {
                        "environment": TEXT,
                        "stack": TEXT,
                        "file": TEXT,
                        "account": ACCOUNT,
                        "serial": about(
                            "Null where there is no state.",
                            record({"before": maybe(COUNT), "after": maybe(COUNT)}),
                        ),
                        "compared": about("Both states could be read.", FLAG),
                        "changes": about("What was applied.", array(CHANGE)),
                        "outputs": by_name(_OUTPUT_CHANGE),
                        "notes": array(TEXT),
                    }
                )
            ),
        ),
        "findings": array(PROBLEM),
        "unchecked": about("What could not be checked, and why.", array(TEXT)),
    }
)

_FOUND = maybe(record({"id": maybe(TEXT), "gone": FLAG}))
_COMPARED_STACK = record(
    {
        "stack": TEXT,
        "recorded": array(FLAG),
        "unfinished": array(FLAG),
        "compared": COUNT,
        "resources": array(
            record(
                {
                    "address": TEXT,
                    "type": TEXT,
                    "only_in": maybe(TEXT),
                    "found": array(_FOUND),
                    "hint": maybe(TEXT),
                    "fields": array(record({"path": TEXT, "values": array(ANY), "declared": FLAG})),
                }
            )
        ),
    }
)
DIFF = record(
    {
        "environments": about(
            "The first one first, as in each pair of the document.",
            array(record({"environment": TEXT, "account": ACCOUNT}, optional={"server": TEXT})),
        ),
        "refreshed": FLAG,
        "differs": FLAG,
        "stacks": array(_COMPARED_STACK),
        "undeclared": COUNT,
        "requests": COUNT,
    }
)
PROMOTION = extended(
    PLAN,
    {
        "promoted_from": TEXT,
        "remaining": about(
            "What will still differ after it.", extended(DIFF, {"format_version": TEXT})
        ),
    },
)

_DRIFTED = record(
    {
        "address": TEXT,
        "type": TEXT,
        "name": TEXT,
        "id": maybe(TEXT),
        "account": maybe(TEXT),
        "kind": words(DriftKind),
        "location": maybe(TEXT),
        "action": maybe(words(Action)),
        "leaves": array(
            record(
                {
                    "path": TEXT,
                    "code": ANY,
                    "code_unknown": FLAG,
                    "code_is": words(CodeIs),
                    "applied": ANY,
                    "stripe": ANY,
                }
            )
        ),
        "causes": array(
            record(
                {
                    "event": TEXT,
                    "type": TEXT,
                    "at": about("In UTC, as in ISO 8601.", TEXT),
                    "request": maybe(TEXT),
                    "paths": array(TEXT),
                }
            )
        ),
        "cause_unknown": maybe(TEXT),
        "ways_out": record(
            {
                "put_back": maybe(TEXT),
                "accept": by_name(TEXT),
                "accept_all": maybe(TEXT),
                "ignore": maybe(TEXT),
            }
        ),
    }
)
_UNMANAGED = record(
    {
        "type": TEXT,
        "account": maybe(TEXT),
        "count": COUNT,
        "at_least": FLAG,
        "problem": maybe(TEXT),
        "objects": array(
            record(
                {
                    "id": TEXT,
                    "name": maybe(TEXT),
                    "created": maybe(COUNT),
                    "address": TEXT,
                    "import": TEXT,
                }
            )
        ),
    }
)
DRIFT_REPORT = record(
    {
        "environment": TEXT,
        "account": ACCOUNT,
        "stacks": array(
            record(
                {
                    "stack": TEXT,
                    "serial": COUNT,
                    "objects": COUNT,
                    "has_module": FLAG,
                    "drifted": array(_DRIFTED),
                    "warnings": array(TEXT),
                }
            )
        ),
        "unmanaged": array(_UNMANAGED),
        "unmanaged_listed": FLAG,
        "summary": by_name(COUNT),
        "requests": COUNT,
    },
    optional={"server": TEXT},
)
ACCEPTED = record(
    {
        "environment": TEXT,
        "written": about("All of it was written; else nothing was.", FLAG),
        "accepted": array(
            record({"stack": TEXT, "place": TEXT, "file": TEXT, "code": maybe(TEXT)})
        ),
        "refused": array(
            record(
                {
                    "stack": TEXT,
                    "place": TEXT,
                    "file": TEXT,
                    "line": COUNT,
                    "why": TEXT,
                    "by_hand": TEXT,
                }
            )
        ),
        "serials": by_name(COUNT),
        "command": maybe(TEXT),
    }
)
