"""JSON Schemas of checks: what `engine doctor` and `engine upgrade` found."""

from __future__ import annotations

from engine.ports.upkeep.diagnosis import Verdict
from engine.ports.upkeep.upgrade import Difference
from engine.views.json.schemas.build import (
    COUNT,
    FLAG,
    TEXT,
    about,
    array,
    extended,
    maybe,
    record,
    words,
)
from engine.views.json.schemas.plans import PLAN
from engine.views.json.schemas.shared import PROBLEM

DIAGNOSIS = record(
    {
        "environment": maybe(TEXT),
        "stops_apply": about("An apply would end without its work.", FLAG),
        "checks": array(
            record(
                {
                    "group": TEXT,
                    "check": about("The name of the check; several lines may be of one.", TEXT),
                    "result": words(Verdict),
                    "text": TEXT,
                    "hint": maybe(about("What to do.", TEXT)),
                }
            )
        ),
        "summary": record({verdict.value: COUNT for verdict in Verdict}),
        "requests": COUNT,
    }
)

_RELEASE = record({"sdk": TEXT, "api_version": TEXT})
_DIFFERENCE = record(
    {"path": TEXT, "what": words(Difference), "before": maybe(TEXT), "after": maybe(TEXT)}
)
_DECLARED = extended(
    _DIFFERENCE,
    {
        "breaks": about("What is declared would be refused, or mean something else.", FLAG),
        "declarations": array(record({"address": TEXT, "place": TEXT})),
    },
)
UPGRADE = record(
    {
        "environment": TEXT,
        "before": _RELEASE,
        "after": _RELEASE,
        "breaks": FLAG,
        "states": array(record({"stack": TEXT, "api_version": maybe(TEXT)})),
        "types": array(
            record(
                {
                    "type": TEXT,
                    "vanishes": FLAG,
                    "breaks": FLAG,
                    "declared": array(_DECLARED),
                    "others": array(_DIFFERENCE),
                    "calls_lost": array(TEXT),
                }
            )
        ),
        "problems": array(PROBLEM),
        "endpoints": array(
            record({"type": TEXT, "id": TEXT, "api_version": TEXT, "address": maybe(TEXT)})
        ),
        "endpoints_unread": maybe(about("Why those of the account are not known.", TEXT)),
        "plan": maybe(about("The next plan, as `engine plan` prints it.", PLAN)),
        "why_no_plan": maybe(TEXT),
        "requests": COUNT,
    }
)
