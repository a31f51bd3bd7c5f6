"""What the wiring makes of the configuration."""

from __future__ import annotations

import dataclasses
import pickle
import sys
from pathlib import Path

import pytest

from engine.backends.secrets.command import CommandSink
from engine.backends.secrets.env_file import EnvFileSink
from engine.backends.secrets.file import FileSink
from engine.backends.state.file_backend import FileBackend
from engine.bootstrap.project import open_code_host, open_project
from engine.errors import GuardError, SettingsError, UsageError
from engine.operations.run.context import Context

KEY = "sk_live_51Hidden"  # what must not be shown


def opened(root: Path, *settings: str) -> Context:
    """A project whose environment `live` has these settings."""
    lines = ["[tool.engine.environments.live]", 'api-key = "env:SHOP_KEY"', *settings]
    (root / "pyproject.toml").write_text("\n".join(lines))
    return open_project(root, environment="live")


@pytest.mark.parametrize(
    ("setting", "kind", "where"),
    [
        ("", FileSink, ".engine/secrets/live/shop/output.x"),
        ('secrets = "file"', FileSink, ".engine/secrets/live/shop/output.x"),
        ('secrets = "env-file:.env.live"', EnvFileSink, ".env.live, variable SHOP_OUTPUT_X"),
        ('secrets = "env-file:/srv/.env"', EnvFileSink, "/srv/.env, variable SHOP_OUTPUT_X"),
        ('secrets = "command:op item -"', CommandSink, "op was given it as live/shop output.x"),
    ],
)
def test_secrets_go_where_the_environment_says(
    tmp_path: Path, setting: str, kind: type[object], where: str
) -> None:
    """To files unless told; a path starts from the project's folder."""
    sink = opened(tmp_path, setting).sink
    assert type(sink) is kind
    assert sink.where("shop", "output.x").removeprefix(f"{tmp_path}/") == where


def test_a_command_is_words_and_not_a_shell_line(tmp_path: Path) -> None:
    """Quotes hold words together, as in a shell; nothing else is special."""
    program = tmp_path / "keep it"
    program.write_text("#!/bin/sh\ncat > kept; printf '%s\\n' \"$@\" > words\n")
    program.chmod(0o700)
    sink = opened(
        tmp_path,
        """secrets = "command:'./keep it' 'a b' $HOME ; | >x" """,
        'secrets-read = "command:cat kept"',
    ).sink
    sink.check()
    sink.store("shop", "output.x", "whsec_1")
    assert (tmp_path / "words").read_text() == "a b\n$HOME\n;\n|\n>x\n"
    sink = opened(tmp_path, 'secrets = "command:true"', 'secrets-read = "command:cat kept"').sink
    assert sink.load("shop", "output.x") == "whsec_1"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (('secrets = "vault:token"',), "secrets cannot go to 'vault'"),
        (('secrets = "file:x"',), "secrets cannot go to 'file'"),
        (('secrets = "env-file: "',), "secrets cannot go to 'env-file'"),
        (('secrets = "command:"',), "secrets names no program"),
        (('secrets = "command:op \'token"',), "secrets names no program"),
        (
            ('secrets = "command:op"', 'secrets-read = "op token"'),
            "secrets-read names no program",
        ),
        (('secrets-read = "command:op token"',), "secrets-read goes with a command only"),
    ],
)
def test_a_place_that_there_is_not_is_refused(
    tmp_path: Path, settings: tuple[str, ...], message: str
) -> None:
    """With the environment's name and without the words, one of which may be a token."""
    with pytest.raises(SettingsError) as raised:
        opened(tmp_path, *settings)
    assert raised.value.message == f"environment 'live': {message}"
    assert raised.value.hint
    assert "token" not in str(raised.value)


def test_states_are_files_in_the_project(tmp_path: Path) -> None:
    """Whether the project says so or not; one backend serves the whole run."""
    for text in ("", '[tool.engine]\nstate = "file"\n'):
        (tmp_path / "pyproject.toml").write_text(text)
        context = open_project(tmp_path)
        assert type(context.backend) is FileBackend
        assert context.backend is context.backend
        assert context.backend.place("shop", "live") == "state/live/shop.json"


@pytest.mark.parametrize("state", ["mysql:token", "files", "", "file:token"])
def test_a_state_store_that_there_is_not_is_refused(tmp_path: Path, state: str) -> None:
    """With those that there are, and without the place, which may hold a password."""
    (tmp_path / "pyproject.toml").write_text(f'[tool.engine]\nstate = "{state}"\n')
    with pytest.raises(SettingsError, match="states cannot be kept in ") as raised:
        _ = open_project(tmp_path).backend
    assert 'write state = "file", or the address of a store: "s3://BUCKET/PREFIX"' in str(
        raised.value.hint
    )
    assert "token" not in str(raised.value)


def test_a_key_does_not_go_over_plain_http_to_another_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless somebody says so; the refusal names how."""
    monkeypatch.setenv("SHOP_KEY", KEY)
    context = opened(tmp_path, 'api-base = "http://stripe.example"')
    with pytest.raises(GuardError, match="plain HTTP") as raised:
        context.connect()
    assert "plain-http = true in [tool.engine.environments.live]" in str(raised.value.hint)
    assert "ENGINE_PLAIN_HTTP=1" in str(raised.value.hint)
    opened(tmp_path, 'api-base = "http://stripe.example"', "plain-http = true").connect()


def test_neither_settings_nor_ports_show_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However they are printed; written down they are not at all."""
    monkeypatch.setenv("SHOP_KEY", KEY)
    context = opened(tmp_path)
    assert context.settings.environment.api_key is not None
    for holder in (context, context.settings, context.settings.environment, context.connect):
        assert KEY not in f"{holder} {holder!r}"
    assert KEY not in str(dataclasses.asdict(context.settings))
    for holder in (context.settings, context.connect):
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(holder)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({}, "runs in a job of GitHub Actions or of GitLab CI"),
        ({"GITHUB_ACTIONS": "true"}, "GITHUB_REPOSITORY is not"),
        ({"GITLAB_CI": "true", "CI_PROJECT_ID": "1"}, "CI_PROJECT_URL is not"),
    ],
)
def test_outside_of_a_job_there_is_no_code_host(variables: dict[str, str], message: str) -> None:
    """Nor in a container that got some of a job's variables."""
    with pytest.raises(UsageError, match=message):
        open_code_host(variables)


@pytest.mark.parametrize("missing", ["psycopg", "psycopg.pq"])
def test_states_in_postgresql_name_the_extra_that_they_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    """Where psycopg, or the library that it calls, cannot be imported; no login is shown."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "psycopg"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    monkeypatch.setenv("STATES", "postgresql://anna:hidden-4711@db.example/billing")
    context = opened(tmp_path, 'state = "env:STATES"')
    with pytest.raises(SettingsError, match="need psycopg") as raised:
        _ = context.backend
    assert raised.value.hint == "pip install 'stripe-stack-engine[postgres]'"
    assert "hidden" not in str(raised.value)


def test_windows_is_refused_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a run promises about locks, journals and private files is not so there."""
    with monkeypatch.context() as there:
        there.setattr("engine.bootstrap.project.os.name", "nt")
        with pytest.raises(SettingsError) as refused:
            open_project(tmp_path)
    assert refused.value.hint is not None
    assert "WSL 2" in refused.value.hint
    assert list(tmp_path.iterdir()) == []
