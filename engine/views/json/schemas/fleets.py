"""The documents of `--fleet`."""

from __future__ import annotations

from engine.ports.fleet.tasks import MemberOutcome
from engine.views.json.schemas import plans
from engine.views.json.schemas.build import (
    COUNT,
    FLAG,
    TEXT,
    Named,
    about,
    array,
    extended,
    maybe,
    record,
    words,
)

_RESULT = Named(
    "fleet_result",
    record(
        {
            "account": TEXT,
            "outcome": words(MemberOutcome),
            "group": TEXT,
            "error": maybe(
                record({"reference": TEXT, "message": TEXT, "cause": TEXT, "hint": TEXT})
            ),
            "done": COUNT,
        }
    ),
)
FLEET_PLAN = record(
    {
        "fleet": TEXT,
        "environment": TEXT,
        "stacks": array(TEXT),
        "accounts": about(
            "How many accounts there are, and what their plans are.",
            record({"total": COUNT, "changed": COUNT, "unchanged": COUNT, "failed": COUNT}),
        ),
        "groups": array(record({"key": TEXT, "accounts": array(TEXT), "plan": plans.PLAN})),
        "unchanged": array(TEXT),
        "failed": array(_RESULT),
        "former": about(
            "Accounts that left the fleet and still have resources: nothing is done to them.",
            array(TEXT),
        ),
        "requests": COUNT,
    }
)
FLEET_APPLY = extended(
    FLEET_PLAN,
    {
        "results": array(_RESULT),
        "approved": FLAG,
        "stopped": TEXT,
        "resume": TEXT,
    },
)
