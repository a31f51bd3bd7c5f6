"""Checks of the secret sink; no secret is given to it and none is read."""

from __future__ import annotations

from collections.abc import Iterator

from engine.errors import SecretSinkError
from engine.operations.doctor.patient import NotCheckedError, Patient
from engine.operations.doctor.stacks import declared_types
from engine.ports.upkeep.diagnosis import Finding, note, ok, problem, warning

_KINDS = {
    "file": "private files of the project, .engine/secrets",
    "env-file": "a dotenv file",
    "command": "a program",
}


def sink(patient: Patient) -> Iterator[Finding]:
    """Whether the sink could take a secret; its programs are found, and not run."""
    patient.need_project()
    context = patient.context.needed()
    environment = context.settings.environment
    kind = environment.secrets.partition(":")[0]
    needed = _has_secrets(patient)
    try:
        context.sink.check()
    except SecretSinkError as error:
        find = problem if needed else warning
        yield find(": ".join(filter(None, (error.message, error.cause))), error.hint or "")
        return
    use = "" if needed else "; nothing that the stacks declare has one"
    yield ok(f"secrets go to {_KINDS[kind]}{use}")
    if kind == "command" and not environment.secrets_read:
        yield note(
            "no program reads secrets back, so that one can be referred to only in the run that "
            "made it",
            f"secrets-read in [tool.engine.environments.{environment.configured}] names one",
        )


def _has_secrets(patient: Patient) -> bool:
    """Whether the stacks declare something whose secret the sink would get."""
    try:
        types = declared_types(patient).values()
        outputs = (
            output for graph in patient.graphs.needed() for output in graph.stack.outputs.values()
        )
    except NotCheckedError:
        return False
    return any(kind.creation_only for kind in types) or any(one.sensitive for one in outputs)
