"""What was checked, as a JSON document."""

from __future__ import annotations

from typing import Any

from engine.ports.upkeep.diagnosis import CheckedLine, Diagnosis, Verdict
from engine.views.json.values import FORMAT_VERSION
from engine.views.style import printable


def diagnosis_document(diagnosis: Diagnosis) -> dict[str, Any]:
    """Write every line."""
    return {
        "format_version": FORMAT_VERSION,
        "environment": diagnosis.environment or None,
        "stops_apply": diagnosis.stops,
        "checks": [_line(line) for line in diagnosis.lines],
        "summary": {verdict.value: diagnosis.count(verdict) for verdict in Verdict},
        "requests": diagnosis.requests,
    }


def _line(line: CheckedLine) -> dict[str, Any]:
    found = line.finding
    return {
        "group": line.group,
        "check": line.check,
        "result": found.verdict.value,
        "text": printable(found.text),
        "hint": printable(found.hint) if found.hint else None,
    }
