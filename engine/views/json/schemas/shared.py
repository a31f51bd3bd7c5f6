"""Schemas of what several documents have."""

from __future__ import annotations

from engine.plan.model import Action, FieldReason, Reason, StepKind
from engine.plan.refusal import PlanRule
from engine.ports.outcomes import Outcome
from engine.schema.lifecycle import Verb
from engine.views.json.schemas.build import (
    ANY,
    COUNT,
    FLAG,
    TEXT,
    TREE,
    Named,
    about,
    array,
    by_name,
    maybe,
    record,
    words,
)

ACCOUNT = Named(
    "account",
    record(
        {
            "id": about("Null before the first apply, or if Stripe was not asked.", maybe(TEXT)),
            "livemode": about("True where money is real; null if not known.", maybe(FLAG)),
        }
    ),
)
PROBLEM = Named(
    "problem",
    record(
        {
            "file": TEXT,
            "line": about("1-based; null if only the file is known.", maybe(COUNT)),
            "message": TEXT,
            "hint": maybe(TEXT),
            "reference": about("Stable name of the kind of problem.", TEXT),
            "count": about("How often it was found at this line.", COUNT),
        }
    ),
)
REFUSED = Named(
    "refusal",
    record(
        {
            "reference": about("The rule.", words(PlanRule)),
            "message": TEXT,
            "stack": about("Null if it is about no stack alone.", maybe(TEXT)),
            "address": maybe(TEXT),
            "file": maybe(TEXT),
            "line": maybe(COUNT),
            "policy": about("Name of the policy that refuses it.", maybe(TEXT)),
        }
    ),
)
POLICY = Named(
    "policy_finding",
    record(
        {
            "policy": about("Name of the policy.", TEXT),
            "mandatory": about("It refuses the plan; if not, it is a warning.", FLAG),
            "message": TEXT,
            "stack": about("Null if it is about no stack alone.", maybe(TEXT)),
            "address": maybe(TEXT),
            "file": maybe(TEXT),
            "line": maybe(COUNT),
            "defined_at": about("Where the policy is, `stacks/_policies.py:12`.", TEXT),
        }
    ),
)
ERROR = Named(
    "error",
    record(
        {
            "reference": about("Stable name of the kind of error.", TEXT),
            "message": TEXT,
            "cause": maybe(TEXT),
            "hint": maybe(TEXT),
        },
        optional={
            "problems": array(PROBLEM),
            "refused": array(REFUSED),
            "status": about("Of Stripe's answer; null if there was none.", maybe(COUNT)),
            "code": maybe(TEXT),
            "param": maybe(TEXT),
            "request_id": maybe(TEXT),
        },
    ),
)
OUTPUT = Named("output", record({"value": ANY, "sensitive": FLAG}))
FIELD = Named(
    "field",
    record(
        {
            "path": about("Where it is in the declaration, `features.products[0].prices`.", TEXT),
            "before": ANY,
            "after": ANY,
            "reason": words(FieldReason),
            "forces_replacement": FLAG,
        }
    ),
)
CHANGE = Named(
    "change",
    record(
        {
            "address": TEXT,
            "type": TEXT,
            "name": TEXT,
            "action": words(Action),
            "reasons": array(words(Reason)),
            "id": maybe(TEXT),
            "before": maybe(TREE),
            "after": maybe(TREE),
            "after_unknown": about("True in the place of each value that is not known yet.", TREE),
            "paths": about("The leaves that differ.", array(FIELD)),
            "create_first": FLAG,
            "removal": maybe(words(Verb)),
            "moved_from": maybe(TEXT),
            "notes": array(TEXT),
            "location": about("File and line of the declaration.", maybe(TEXT)),
            "account": about("Connected account; null for the key's own.", maybe(TEXT)),
            "dependencies": about("Addresses that it refers to.", array(TEXT)),
        }
    ),
)
DRIFT = Named(
    "drift",
    record(
        {
            "address": TEXT,
            "type": TEXT,
            "name": TEXT,
            "id": maybe(TEXT),
            "gone": FLAG,
            "ended": FLAG,
            "account": maybe(TEXT),
            "paths": array(FIELD),
        }
    ),
)
ORPHAN = Named(
    "stack_without_module",
    record(
        {
            "stack": TEXT,
            "resources": maybe(COUNT),
            "types": by_name(COUNT),
            "addresses": array(TEXT),
            "unfinished_run": FLAG,
            "problem": maybe(TEXT),
            "commands": by_name(TEXT),
        }
    ),
)
RENAME = Named(
    "rename",
    record(
        {
            "from": record({"stack": TEXT, "address": TEXT}),
            "to": record({"stack": TEXT, "address": TEXT, "location": TEXT}),
            "same": TEXT,
            "loses": maybe(TEXT),
            "file": TEXT,
            "line": TEXT,
        }
    ),
)
IMPACT = Named(
    "impact",
    record(
        {
            "stack": TEXT,
            "address": TEXT,
            "id": maybe(TEXT),
            "uses": array(
                record(
                    {
                        "what": TEXT,
                        "count": COUNT,
                        "at_least": about("There are more than were counted.", FLAG),
                        "where": about("Addresses of resources that use it.", array(TEXT)),
                        "unmanaged": about("Ids of objects that no stack manages.", array(TEXT)),
                        "note": maybe(TEXT),
                    }
                )
            ),
            "unread": about("Why something could not be counted.", maybe(TEXT)),
        }
    ),
)
OUTCOME = Named(
    "outcome",
    record(
        {
            "stack": TEXT,
            "address": TEXT,
            "step": TEXT,
            "kind": words(StepKind),
            "outcome": words(Outcome),
            "id": maybe(TEXT),
            "account": maybe(TEXT),
        },
        optional={
            "error": ERROR,
            "because": about("The step whose failure skipped this one.", TEXT),
        },
    ),
)
