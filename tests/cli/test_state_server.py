"""States in a server of Terraform's HTTP state protocol, as a person uses it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command_line import Engine, Write
from tests.support.state_server import GITLAB, StateServer

PASSWORD = "hunter22-hunter22"  # noqa: S105 - of a test
NO_LIFE = "a state server is given no sign of life of a run"
FEW = "this state server has no versions: the last 20 states are kept"


@pytest.fixture(params=["strict", "gitlab"])
def server(
    request: pytest.FixtureRequest, root: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[StateServer]:
    """A server that the states of `test` are kept in, with its login in the environment."""
    made = StateServer(gitlab=request.param == "gitlab", login=("ann", PASSWORD))
    monkeypatch.setenv("TF_HTTP_USERNAME", "ann")
    monkeypatch.setenv("TF_HTTP_PASSWORD", PASSWORD)
    address = made.address + (GITLAB if made.gitlab else "/states")
    (root / "pyproject.toml").write_text(
        f'[tool.engine.environments.test]\nemulator = true\nstate = "{address}"\n'
    )
    yield made
    made.close()


def test_what_is_not_promised_is_shown_at_first_use(
    engine: Engine, server: StateServer, write: Write
) -> None:
    """Once for all stacks, where the other warnings are, and not again once there is a state."""
    write("other", "from engine.stripe import Product\n\nProduct('b', name='B')\n")
    out = engine("plan", "-e", "test").out
    assert out.count(f"Warning: {NO_LIFE}") == 1
    assert out.count(f"Warning: {FEW}") == (0 if server.gitlab else 1)
    first, second = json.loads(engine("plan", "-e", "test", "--json").out)["stacks"]
    assert [text for text in first["warnings"] if text.startswith(NO_LIFE)] != []
    assert second["warnings"] == []
    assert NO_LIFE in engine("apply", "shop", "-e", "test", "--yes").out
    assert "Warning" not in engine("plan", "-e", "test").out
    assert "Warning" not in engine("plan", "other", "-e", "test").out


def test_a_state_lives_in_the_server(engine: Engine, server: StateServer, root: Path) -> None:
    """Applied, listed, pulled, restored and destroyed; nothing of it is in the folder."""
    assert engine("apply", "-e", "test", "--yes").code == 0
    assert engine("plan", "-e", "test", "--detailed-exitcode").code == 0
    assert len(engine("state", "list", "-e", "test").out.splitlines()) == 2
    assert json.loads(engine("state", "pull", "shop", "-e", "test").out)["serial"] == 2
    versions = engine("state", "history", "shop", "-e", "test").out.splitlines()[1:]
    assert [line.split()[0] for line in versions] == ["2", "1"]
    assert "serial 1" in engine("state", "show", "shop@1", "-e", "test").out
    assert engine("lock", "test/shop", "--reason", "audit").err == ""
    assert engine("apply", "-e", "test", "--yes").code == 3
    assert engine("lock", "test/shop", "--release").code == 0
    assert engine("destroy", "-e", "test", "--yes").code == 0
    assert not (root / "state").exists()
    assert server.locks == {}


@pytest.mark.parametrize("changed", [{"TF_HTTP_PASSWORD": "wrong-wrong-wrong"}, {}])
def test_a_login_that_is_refused_is_named_without_it(
    engine: Engine,
    server: StateServer,
    monkeypatch: pytest.MonkeyPatch,
    changed: dict[str, str],
) -> None:
    """With the two variables that it is in."""
    for name in ("TF_HTTP_USERNAME", "TF_HTTP_PASSWORD"):
        if name in changed:
            monkeypatch.setenv(name, changed[name])
        else:
            monkeypatch.delenv(name)
    ended = engine("plan", "-e", "test")
    assert ended.code == 1
    assert "The server refuses the login (401)." in ended.err
    assert "set TF_HTTP_USERNAME and TF_HTTP_PASSWORD" in ended.err
    assert "wrong-wrong-wrong" not in ended.out + ended.err
    assert server.documents == {}


def test_the_login_is_nowhere(engine: Engine, server: StateServer, root: Path) -> None:
    """Neither in what is stored, nor in the folder, nor on the screen, in any spelling."""
    ended = engine("-v", "apply", "-e", "test", "--yes")
    assert ended.code == 0
    encoded = server.login.removeprefix("Basic ")
    texts = [ended.out, ended.err, *(raw.decode() for raw in server.documents.values())]
    texts += [path.read_text("utf-8", "replace") for path in root.rglob("*") if path.is_file()]
    assert not [text for text in texts if PASSWORD in text or encoded in text]


def test_a_mistyped_address_is_found_before_anything_is_sent(
    engine: Engine, server: StateServer, root: Path
) -> None:
    """Nothing that another server answers is taken for a store without states."""
    (root / "pyproject.toml").write_text(
        "[tool.engine.environments.test]\nemulator = true\n"
        f'state = "{server.address}/elsewhere?lock-method=PUT"\n'
    )
    ended = engine("apply", "-e", "test", "--yes")
    assert ended.code == 1
    assert "cannot be locked" in ended.err
    assert "see whether the address in `state` is right, and whether lock-method" in ended.err
