"""Wires the ports of a project: each adapter is imported when it is first wanted."""

from __future__ import annotations

import dataclasses
import functools
import os
import secrets
import shlex
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from engine.bootstrap.connections import Connections
from engine.bootstrap.states import state_backend
from engine.catalog import loader
from engine.errors import GuardError, SettingsError, UsageError
from engine.operations.run.context import Context
from engine.operations.run.once import Once
from engine.ports.ci.code_host import CodeHost
from engine.ports.hook import Hook
from engine.ports.provider import Provider
from engine.ports.review.repository import Repository
from engine.ports.secret_sink import SecretSink
from engine.schema.resource_type import Schemas
from engine.settings.load import load_settings
from engine.settings.model import Settings
from engine.values.secret import Sensitive
from engine.variables import Variables
from engine.version import VERSION

if TYPE_CHECKING:
    from engine.policies.declare import Policies
    from engine.stripe.http.client import StripeHTTP

EMBEDDED_KEY = "sk_test_embedded"
"""The API key for the embedded emulator; it opens nothing else."""


def open_project(
    root: Path,
    *,
    environment: str | None = None,
    variables: Variables | None = None,
    parallelism: int | None = None,
    hook: Hook | None = None,
    api_key: Sensitive | None = None,
    environ: Mapping[str, str] | None = None,
    connections: Connections | None = None,
) -> Context:
    """Wire a project folder's ports.

    Args:
        root: The project folder.
        environment: Name given as a flag.
        variables: Values for the stacks' variables; those of the environment if None.
        parallelism: Value given as a flag.
        hook: Notified of everything; None for one that does nothing.
        api_key: The key, in the place of the one that is configured.
        environ: Environment variables; the process's own if None.
        connections: The connections of this process; None to open some.

    Raises:
        SettingsError: if the configuration cannot be used, or this is Windows.
        UsageError: if there is no such folder.
    """
    refuse_windows()
    if not root.is_dir():
        raise UsageError(f"{root} is not a folder", hint="name one with -C DIR")
    if api_key is not None:
        # Not the key itself: tools that report errors keep the variables of functions.
        environ = {**(os.environ if environ is None else environ), "STRIPE_API_KEY": "-"}
    settings = load_settings(
        root,
        environment=environment,
        variables=variables,
        parallelism=parallelism,
        environ=environ,
    )
    if api_key is not None:
        settings = _with_key(settings, api_key)
    return open_loaded(settings, hook or Hook(), connections or Connections())


def open_loaded(settings: Settings, hook: Hook, connections: Connections) -> Context:
    """Wire the ports that settings describe as they were read.

    Raises:
        SettingsError: if the environment names an account that its fleet does not have, or this is
            Windows.
    """
    refuse_windows()
    if settings.fleet is not None:
        from engine.bootstrap.members import completed

        connect = functools.partial(_connect, hook=hook, connections=connections)
        settings = completed(settings, connect, state_backend(settings))
    return open_settings(settings, hook, connections=connections)


def _with_key(settings: Settings, key: Sensitive) -> Settings:
    environment = settings.environment
    if environment.emulator:
        raise SettingsError(
            f"environment {environment.name!r} is the embedded emulator, which takes no API key",
            hint="leave out api_key, or name the environment that the key is for",
        )
    if settings.fleet is not None:
        raise SettingsError(
            f"{environment.name} is an account of a fleet, which says whose key it has",
            hint="leave out api_key, and give the key in the variable that the fleet names",
        )
    given = dataclasses.replace(environment, api_key=key, api_key_source="api_key")
    return dataclasses.replace(settings, environment=given)


def refuse_windows() -> None:
    """Refuse to run where locks, journals and private files cannot work: they rest on POSIX.

    Raises:
        SettingsError: if this is Windows.
    """
    if os.name == "nt":
        raise SettingsError(
            "engine does not run on Windows itself",
            hint="run it in WSL 2 or in a container: both have the Linux that it needs",
        )


def open_settings(
    settings: Settings,
    hook: Hook,
    *,
    connections: Connections,
    claim: str = "",
    shared: Context | None = None,
) -> Context:
    """Wire the ports that settings describe.

    Args:
        settings: The settings.
        hook: Notified of everything.
        connections: The connections of this process.
        claim: Id of the larger run that this one is part of.
        shared: The ports of that run, whose store and policies this one uses; None to open its own.
    """
    open_backend, load = state_backend(settings), functools.partial(_policies, settings)
    # Files remember the states that they have read, which for a fleet is too much.
    if shared is not None and settings.state != "file":
        open_backend = shared.open_backend
    return Context(
        settings=settings,
        schemas=loader.schemas(),
        open_backend=open_backend,
        open_sink=functools.cache(_sink(settings)),
        connect=functools.partial(_connect, settings, hook, connections),
        hook=hook,
        api_version=loader.api_version(),
        engine_version=VERSION,
        new_id=_new_id,
        clock=time.time,
        load_policies=functools.cache(load) if shared is None else shared.load_policies,
        claim=claim,
        once=Once() if shared is None else shared.once,
    )


def open_repository(root: Path) -> Repository:
    """The repository that a project folder is in."""
    from engine.backends.git.repository import GitRepository

    return GitRepository(root)


def _policies(settings: Settings) -> Policies | None:
    # A project that has none pays for none. Those in a wrong place are found to be refused.
    stacks, name = settings.stacks, "_policies.py"
    places = (stacks.glob("_[!_]*"), stacks.rglob(name), settings.root.glob(name))
    if not settings.policies and not any(map(any, places)):
        return None
    from engine.policies.load import load_policies

    return load_policies(settings)


def _new_id() -> str:
    return secrets.token_hex(16)


def _sink(settings: Settings) -> Callable[[], SecretSink]:
    """What opens the secret sink; what is wrong with its configuration is found at once."""
    environment = settings.environment
    kind, _, rest = environment.secrets.partition(":")
    if environment.secrets_read and kind != "command":
        raise SettingsError(
            f"environment {environment.name!r}: secrets-read goes with a command only",
            hint=f"what goes to {kind!r} is read back without it",
        )
    if environment.secrets == "file":
        return functools.partial(_file_sink, settings)
    if kind == "env-file" and rest.strip():
        path = settings.root / Path(rest.strip()).expanduser()
        return functools.partial(_env_file_sink, settings, path)
    if kind == "command":
        words = _words(environment.secrets, environment.name, "secrets")
        read: list[str] = []
        if environment.secrets_read:
            read = _words(environment.secrets_read, environment.name, "secrets-read")
        return functools.partial(_command_sink, settings, words, read)
    raise SettingsError(
        f"environment {environment.name!r}: secrets cannot go to {kind!r}",
        hint='write secrets = "file", "env-file:PATH" or "command:PROGRAM ARGUMENTS"',
    )


def _file_sink(settings: Settings) -> SecretSink:
    from engine.backends.secrets.file import FileSink

    return FileSink(settings.private, settings.environment.name)


def _env_file_sink(settings: Settings, path: Path) -> SecretSink:
    from engine.backends.secrets.env_file import EnvFileSink

    return EnvFileSink(path, private=settings.private, environment=settings.environment.name)


def _command_sink(settings: Settings, words: list[str], read: list[str]) -> SecretSink:
    from engine.backends.secrets.command import CommandSink

    return CommandSink(
        words,
        read=read,
        root=settings.root,
        environment=settings.environment.name,
        key_variable=settings.environment.api_key_source,
    )


def _words(text: str, environment: str, setting: str) -> list[str]:
    """The words of a `command:` setting, split as a shell splits them."""
    kind, _, rest = text.partition(":")
    try:
        words = shlex.split(rest) if kind == "command" else []
    except ValueError:
        words = []
    if not words:
        # Not the text itself: a word of it may be a token.
        raise SettingsError(
            f"environment {environment!r}: {setting} names no program",
            hint=f'write {setting} = "command:PROGRAM ARGUMENTS", every quote closed',
        )
    return words


def speaking(context: Context, schemas: Schemas, api_version: str) -> Context:
    """The ports of a run that speaks another API version, with the types as that has them."""
    connect = functools.partial(
        _connect,
        context.settings,
        context.hook,
        Connections(),
        schemas=schemas,
        api_version=api_version,
    )
    return dataclasses.replace(context, schemas=schemas, api_version=api_version, connect=connect)


def _connect(
    settings: Settings,
    hook: Hook,
    connections: Connections,
    *,
    schemas: Schemas | None = None,
    api_version: str = "",
) -> Provider:
    # The SDK is heavy: it is loaded with the first request to Stripe.
    from engine.stripe.provider import StripeProvider

    http, key = open_client(settings, hook, connections, api_version=api_version)
    hook.connected(http)
    known = loader.schemas() if schemas is None else schemas
    return StripeProvider(http, known, api_key=key, root=settings.root)


def open_client(
    settings: Settings, hook: Hook, connections: Connections, *, api_version: str = ""
) -> tuple[StripeHTTP, str]:
    """What sends the requests of an environment, and its API key.

    Args:
        settings: The settings.
        hook: Notified of each response.
        connections: The connections of this process.
        api_version: Named by each request; empty for that of the catalog.

    Raises:
        SettingsError: It has no key.
        GuardError: The key would go over the network in the clear.
    """
    from engine.stripe.http.client import ClientOptions, StripeHTTP

    environment = settings.environment
    key = Sensitive(EMBEDDED_KEY) if environment.emulator else environment.api_key
    if key is None:
        raise SettingsError(
            f"environment {environment.name!r} has no API key",
            hint=f"set {environment.api_key_source}",
        )
    if environment.is_exposed:
        raise GuardError(
            f"{environment.api_base} would get the API key over plain HTTP, where others on the "
            "network can read it",
            hint="use https, or, if that network is yours alone, write plain-http = true in "
            f"[tool.engine.environments.{environment.configured}] (or set ENGINE_PLAIN_HTTP=1); "
            "nothing was sent",
        )
    options = ClientOptions(
        api_key=key,
        api_base=environment.api_base,
        transport=connections.transport(settings),
        retries=settings.retries,
        limiter=connections.limiter(settings, hook),
        on_answer=hook.answered,
        api_version=api_version or loader.api_version(),
        account=environment.connected,
        vouched=environment.vouched,
    )
    return StripeHTTP(options), str(key.value)


_CODE_HOSTS = {
    "GITHUB_ACTIONS": ("GITHUB_REPOSITORY", "GITHUB_SHA"),
    "GITLAB_CI": ("CI_PROJECT_ID", "CI_PROJECT_URL", "CI_API_V4_URL", "CI_COMMIT_SHA"),
}
"""The variable that each code host sets in its jobs, and those that are needed of it."""


def open_code_host(environ: Mapping[str, str]) -> CodeHost:
    """The code host whose job this is.

    Args:
        environ: The variables of the job. `ENGINE_CI_TOKEN` is for the API, `GITHUB_TOKEN` on
            GitHub if that is not set.

    Raises:
        UsageError: if it is none, or a variable of every job is not there.
        CodeHostError: if its API is not reached over https.
    """
    for host, needed in _CODE_HOSTS.items():
        missing = [name for name in needed if not environ.get(name)]
        if environ.get(host) == "true" and missing:
            raise UsageError(
                f"{host} is set, as in every job, and {missing[0]} is not",
                hint="give all variables of the job to what runs engine, such as a container",
            )
    token = environ.get("ENGINE_CI_TOKEN") or ""
    if environ.get("GITHUB_ACTIONS") == "true":
        from engine.backends.code_hosts.github import GitHub

        return GitHub(environ, token=token or environ.get("GITHUB_TOKEN") or "")
    if environ.get("GITLAB_CI") == "true":
        from engine.backends.code_hosts.gitlab import GitLab

        return GitLab(environ, token=token)
    raise UsageError(
        "engine ci runs in a job of GitHub Actions or of GitLab CI",
        hint="docs/how-to/ci.md shows the jobs; elsewhere, engine plan -o FILE and engine apply "
        "FILE",
    )
