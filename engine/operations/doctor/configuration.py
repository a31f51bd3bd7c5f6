"""Checks of the configuration: the file, the environment that is used, its server and its key."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from engine.errors import EngineError
from engine.operations.doctor.patient import Patient
from engine.operations.run.guards import check_usable
from engine.ports.upkeep.diagnosis import Finding, note, of_error, ok, problem, warning
from engine.redaction import redact
from engine.settings.model import UNNAMED, Environment, is_live
from engine.suggest import nearest

_FILE = "pyproject.toml"
_VARIABLES = (
    *("ENGINE_ENVIRONMENT", "ENGINE_PARALLELISM", "ENGINE_RETRIES", "ENGINE_PLAIN_HTTP"),
    *("ENGINE_REQUESTS_PER_SECOND", "STRIPE_API_KEY", "STRIPE_API_BASE"),
)
"""Variables that people set, under names that a mistake in is not noticed."""
_FOR_STACKS = "ENGINE_VAR_"


def configuration(patient: Patient) -> Iterator[Finding]:
    """The file of the project, and whether it can be used."""
    settings = patient.settings.get()
    patient.context.get()
    root = patient.around.root.resolve()
    if (root / _FILE).is_file():
        yield ok(f"{_FILE} in {root}")
    else:
        yield note(f"no {_FILE} in {root}: the defaults are used", "engine init writes one")
    if not settings.stacks.is_dir():
        yield warning(
            f"{root} has no folder stacks",
            "run the command in the project folder, or name it with -C; engine init begins one",
        )


def variables(patient: Patient) -> Iterator[Finding]:
    """Environment variables whose names are nearly those of the engine."""
    known = {*_VARIABLES, *_configured(patient)}
    for name in sorted(os.environ):
        if name.startswith(_FOR_STACKS) or name in known:
            continue
        near = nearest(name, _VARIABLES) if name.startswith(("ENGINE_", "STRIPE_")) else None
        if near is not None and near not in os.environ:
            yield warning(f"the variable {name} is set, which nothing reads", f"is it {near}?")


def _configured(patient: Patient) -> list[str]:
    """Names of variables in the file of the project, which any of its environments may read."""
    try:
        text = (patient.around.root / _FILE).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return []  # another check says so
    return re.findall(r"\benv:(\w+)", text)


def environment(patient: Patient) -> Iterator[Finding]:
    """The environment that is used, and why."""
    settings = patient.settings.needed()
    chosen = settings.environment
    what = "the embedded emulator" if chosen.emulator else f"a key in {chosen.api_key_source}"
    others = [name for name in settings.environments if name not in (chosen.name, UNNAMED)]
    rest = f"; others: {', '.join(others)}" if others else ""
    yield ok(f"environment {chosen.name}, {what}: {settings.named_by}{rest}")


def server(patient: Patient) -> Iterator[Finding]:
    """Where requests go."""
    chosen = patient.settings.needed().environment
    if chosen.emulator:
        return
    if chosen.is_exposed:
        yield problem(
            f"{chosen.api_base} would get the API key over plain HTTP",
            "use https, or write plain-http = true in "
            f"[tool.engine.environments.{chosen.configured}]",
        )
    elif chosen.server:
        yield ok(f"requests go to {chosen.server}, and not to Stripe itself")
    else:
        yield ok("requests go to Stripe")


def key(patient: Patient) -> Iterator[Finding]:
    """The kind of the key and its mode; the key itself is never shown."""
    chosen = patient.settings.needed().environment
    if chosen.emulator:
        yield ok("the embedded emulator needs no key")
        return
    try:
        check_usable(chosen)
    except EngineError as error:
        yield of_error(error)
        return
    yield ok(f"the key in {chosen.api_key_source} is {_kind(chosen)}")


def _kind(environment: Environment) -> str:
    value = "" if environment.api_key is None else str(environment.api_key.value)
    if "_org_" in value:
        kind = "a key of an organization"
    elif value.startswith("rk_"):
        kind = "a restricted key"
    else:
        kind = "a secret key, which may do everything"
    return f"{kind}, of {'live mode' if is_live(value) else 'test mode or a sandbox'}"


def proxy(patient: Patient) -> Iterator[Finding]:
    """Proxies that requests to Stripe go through."""
    chosen = patient.settings.needed().environment
    if chosen.is_local:
        return
    for name in ("HTTPS_PROXY", "https_proxy"):
        if os.environ.get(name):
            yield note(f"{name} is set: requests go through {_host(os.environ[name])}")
            return


def _host(address: str) -> str:
    """The host of an address, without the login that may be before it."""
    return redact(address.rpartition("@")[2].rpartition("//")[2])
