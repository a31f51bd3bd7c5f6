"""Checks of a fleet's accounts: their keys and ids. Stripe is not asked account by account."""

from __future__ import annotations

from collections.abc import Iterator

from engine.errors import EngineError
from engine.operations.doctor.patient import Patient
from engine.operations.run.guards import check_usable
from engine.ports.upkeep.diagnosis import Finding, note, of_error, ok, problem, unknown

_SHOWN = 5


def members(patient: Patient) -> Iterator[Finding]:
    """Whether each account of the fleet has a key that can be used."""
    find = patient.around.members
    if find is None:
        return
    context = patient.context.needed()
    if patient.around.members_ask:
        patient.asked()
    found = find(context)
    if not found:
        yield note("the fleet has no accounts")
        return
    wrong: list[Finding] = []
    for settings in found:
        try:
            check_usable(settings.environment)
        except EngineError as error:
            wrong.append(of_error(error))
    yield from wrong[:_SHOWN]
    if wrong[_SHOWN:]:
        yield problem(
            f"and {len(wrong) - _SHOWN} more accounts whose keys cannot be used",
            f"engine fleet {found[0].environment.name.partition('/')[0]}",
        )
    if len(wrong) < len(found):
        yield ok(f"accounts whose key can be used: {len(found) - len(wrong)}")
    yield unknown(
        "whether Stripe knows each account and what its key may do",
        "engine doctor -e FLEET/ACCOUNT asks for one",
    )
