"""Schemas of the documents of states, outputs, imports and locks."""

from __future__ import annotations

from engine.ports.reports import MatchedBy, WhyLeft
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
    extended,
    maybe,
    record,
    words,
)
from engine.views.json.schemas.shared import ACCOUNT, OUTPUT, PROBLEM

_RESOURCE_RECORD = record(
    {
        "address": TEXT,
        "type": TEXT,
        "name": TEXT,
        "id": TEXT,
        "account": maybe(TEXT),
        "declared": about("Arguments, references as `${address.attribute}`.", TREE),
        "attributes": about("What Stripe returned, as far as it is recorded.", TREE),
        "dependencies": array(TEXT),
        "former": about("Ids of what it replaced and still exists, newest first.", array(TEXT)),
    }
)
_STATE_RECORD = record(
    {
        "stack": TEXT,
        "serial": COUNT,
        "lineage": TEXT,
        "account": ACCOUNT,
        "api_version": maybe(TEXT),
        "outputs": by_name(OUTPUT),
        "resources": array(Named("resource", _RESOURCE_RECORD)),
    }
)
STATES = record({"environment": TEXT, "stacks": array(Named("state", _STATE_RECORD))})
RESOURCE = extended(_RESOURCE_RECORD, {"environment": TEXT, "stack": TEXT})
ADDRESSES = record(
    {
        "environment": TEXT,
        "stacks": array(
            record({"stack": TEXT, "addresses": array(TEXT), "accounts": by_name(TEXT)})
        ),
    }
)
OUTPUTS = record(
    {
        "environment": TEXT,
        "stacks": array(record({"stack": TEXT, "outputs": by_name(OUTPUT)})),
    }
)
ONE_OUTPUT = record(
    {"environment": TEXT, "stack": TEXT, "name": TEXT, "value": ANY, "sensitive": FLAG}
)
CONSTANTS = record(
    {
        "comment": TEXT,
        "environments": by_name(
            by_name(
                record(
                    {
                        "account": ACCOUNT,
                        "constants": about("Values by the names that applications use.", TREE),
                        "about": about("What the ids are, in words.", by_name(TEXT)),
                        "former": about(
                            "Ids of what a resource replaced and still exists, newest first.",
                            by_name(array(TEXT)),
                        ),
                        "accounts": about("Connected accounts of ids.", by_name(TEXT)),
                        "names": about(
                            "The constant of each id that is or was a resource's.", by_name(TEXT)
                        ),
                    }
                )
            )
        ),
    }
)
CONSTANTS_FILES = record(
    {"files": array(record({"file": TEXT, "constants": COUNT, "written": FLAG}))}
)
VERIFIED = record(
    {
        "valid": FLAG,
        "states": array(
            record(
                {
                    "file": TEXT,
                    "environment": TEXT,
                    "stack": TEXT,
                    "resources": COUNT,
                    "merged": FLAG,
                    "problems": array(PROBLEM),
                }
            )
        ),
    }
)
REBUILT = record(
    {
        "environment": TEXT,
        "stacks": array(
            extended(
                _STATE_RECORD,
                {
                    "found_by": by_name(words(MatchedBy)),
                    "missing": array(TEXT),
                    "taken": by_name(TEXT),
                    "undeclared": array(TEXT),
                    "left_alone": array(record({"address": TEXT, "id": TEXT, "stack": TEXT})),
                    "not_looked_through": array(TEXT),
                    "replaced": maybe(TEXT),
                },
            )
        ),
    }
)
MOVED = record(
    {
        "environment": TEXT,
        "from": TEXT,
        "to": TEXT,
        "ended": FLAG,
        "moved": array(
            record(
                {
                    "from": TEXT,
                    "to": TEXT,
                    "type": TEXT,
                    "id": TEXT,
                    "account": maybe(TEXT),
                    "stamped": FLAG,
                    "secret": about("Where its secret is now.", maybe(TEXT)),
                    "sent_again": FLAG,
                }
            )
        ),
        "already": array(TEXT),
    }
)
IMPORT = record(
    {
        "environment": TEXT,
        "account": ACCOUNT,
        "found": COUNT,
        "written": FLAG,
        "finished": array(TEXT),
        "stacks": array(
            record(
                {
                    "stack": TEXT,
                    "file": TEXT,
                    "text": about("The code of the module.", TEXT),
                    "resources": array(record({"address": TEXT, "type": TEXT, "id": TEXT})),
                    "new": array(TEXT),
                }
            )
        ),
        "left": array(record({"type": TEXT, "why": words(WhyLeft), "count": COUNT})),
        "refused": array(record({"address": TEXT, "type": TEXT, "id": TEXT, "reason": TEXT})),
        "unread": array(record({"type": TEXT, "reason": TEXT})),
        "ignored": array(
            record({"stack": TEXT, "address": TEXT, "path": TEXT, "code": ANY, "actual": ANY})
        ),
        "unknown": array(record({"stack": TEXT, "address": TEXT, "path": TEXT, "secret": FLAG})),
        "notes": array(TEXT),
        "without_state": array(TEXT),
        "requests": COUNT,
    }
)
HELD_LOCK = Named(
    "held_lock",
    record(
        {
            "id": TEXT,
            "environment": TEXT,
            "stack": about("Null for all stacks.", maybe(TEXT)),
            "who": TEXT,
            "since": TEXT,
            "reason": TEXT,
            "file": maybe(TEXT),
            "store": maybe(TEXT),
        }
    ),
)
RUN_LOCK = Named(
    "run_lock",
    record(
        {
            "id": TEXT,
            "environment": TEXT,
            "stack": TEXT,
            "operation": TEXT,
            "who": TEXT,
            "pid": COUNT,
            "since": TEXT,
            "url": maybe(TEXT),
            "gone": FLAG,
            "store": maybe(TEXT),
        }
    ),
)
LOCKS = record({"held": array(HELD_LOCK), "runs": array(RUN_LOCK)})
VERSIONS = record(
    {
        "environment": TEXT,
        "stack": TEXT,
        "versions": array(
            record(
                {
                    "serial": COUNT,
                    "since": maybe(TEXT),
                    "who": maybe(TEXT),
                    "operation": maybe(TEXT),
                    "resources": COUNT,
                    "url": maybe(TEXT),
                    "place": maybe(TEXT),
                }
            )
        ),
    }
)
MIGRATION = record(
    {
        "environment": TEXT,
        "from": TEXT,
        "to": TEXT,
        "approved": about("False if it was only shown.", FLAG),
        "environments": about(
            "The environment, and the accounts of its fleets.",
            array(
                record(
                    {
                        "environment": TEXT,
                        "moved": FLAG,
                        "begun": about("An earlier migration was interrupted.", FLAG),
                        "stacks": array(
                            record(
                                {
                                    "stack": TEXT,
                                    "serial": maybe(COUNT),
                                    "lineage": maybe(TEXT),
                                    "resources": COUNT,
                                    "replaces": maybe(COUNT),
                                    "there": FLAG,
                                    "pending_import": FLAG,
                                    "moves_record": about(
                                        "It is no stack: what was done of a plan of moves.", FLAG
                                    ),
                                    "versions": about(
                                        "How many earlier versions moved; null before that.",
                                        maybe(COUNT),
                                    ),
                                }
                            )
                        ),
                        "held_locks": array(HELD_LOCK),
                    }
                )
            ),
        ),
        "setting": about(
            "What pyproject.toml has to say.",
            record({"table": TEXT, "line": maybe(COUNT), "state": TEXT, "right": FLAG}),
        ),
    }
)
