"""The pytest plugin: fixtures for stacks, and for applications that use what these declare.

Nothing of the engine is imported before a fixture is used: each run of pytest loads this module.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import stripe

    from engine.api import Plan
    from engine.testing import Clock, EmulatedProject, Emulator, EmulatorServer, Webhooks

_KEEP = "engine_keep_keys"
_PROJECT = "engine_project"
_TAKEN = pytest.StashKey[ExitStack]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say which project the fixtures use."""
    parser.addini(
        _PROJECT,
        "the folder of the project that the fixture engine_project copies, from the root of the "
        "tests; without, the root itself if it has a folder stacks, else an empty project",
        default="",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers."""
    config.addinivalue_line(
        "markers",
        f"{_PROJECT}(folder=None, environment='local', variables={{}}): what the fixture "
        "engine_project is: the project in a folder, or with folder='' an empty one",
    )
    config.addinivalue_line(
        "markers", f"{_KEEP}: leave API keys of Stripe in the environment variables"
    )


@pytest.fixture
def engine_clock() -> Clock:
    """The clock of the emulator and the engine; it keeps the time at which the test began."""
    from engine.testing import Clock

    return Clock()


@pytest.fixture
def _engine_without_keys(request: pytest.FixtureRequest) -> None:
    """No API key of Stripe is in the environment variables until all fixtures have ended."""
    from engine.testing.surroundings import without_keys

    if request.node.get_closest_marker(_KEEP) is None:
        request.node.stash[_TAKEN] = taken = ExitStack()
        taken.enter_context(without_keys())


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Give keys back after each fixture of the test, since `monkeypatch` may have set one, too."""
    yield
    item.stash.get(_TAKEN, ExitStack()).close()


@pytest.fixture
def engine_emulator(_engine_without_keys: None, engine_clock: Clock) -> Iterator[Emulator]:
    """An emulator in memory, of this test alone. Its ids are the same in each run."""
    from engine.testing import Emulator

    with Emulator(clock=engine_clock, seed=1) as emulator:
        yield emulator


@pytest.fixture
def engine_server(engine_emulator: Emulator) -> Iterator[EmulatorServer]:
    """The same emulator on a port of this machine, for other processes and other languages."""
    from engine.testing import EmulatorServer

    with EmulatorServer(engine_emulator) as server:
        yield server


@pytest.fixture
def engine_project(
    request: pytest.FixtureRequest, engine_emulator: Emulator, engine_clock: Clock, tmp_path: Path
) -> EmulatedProject:
    """A copy of the project, or an empty one, in a temporary folder; nothing is applied yet."""
    from engine.testing import EmulatedProject

    marker = request.node.get_closest_marker(_PROJECT)
    options: dict[str, Any] = dict(marker.kwargs) if marker is not None else {}
    if marker is not None and marker.args:
        options["folder"] = marker.args[0]
    source = options.pop("folder", None)
    folder = tmp_path / "engine_project"
    options["clock"] = engine_clock
    if source is None:
        source = request.config.getini(_PROJECT) or (
            "." if (request.config.rootpath / "stacks").is_dir() else ""
        )
    if source == "":
        return EmulatedProject(folder, engine_emulator, **options)
    return EmulatedProject.copy_of(
        request.config.rootpath / source, folder, engine_emulator, **options
    )


@pytest.fixture
def engine_plan(engine_project: EmulatedProject) -> Plan:
    """The plan of the project on an account that has nothing yet."""
    return engine_project.plan()


@pytest.fixture
def engine_webhooks(engine_emulator: Emulator) -> Iterator[Webhooks]:
    """What the emulator delivers to declared webhook endpoints, caught.

    What an application raised is raised at the end of the test, unless the test cleared it.
    """
    from engine.testing.webhooks import catching

    with catching(engine_emulator) as webhooks:
        yield webhooks
        webhooks.raise_errors()


@pytest.fixture
def engine_client(engine_emulator: Emulator) -> stripe.StripeClient:
    """A client of Stripe's SDK that the emulator answers, without a socket."""
    from engine.testing import client_of

    return client_of(engine_emulator)


@pytest.fixture
def engine_stripe(engine_emulator: Emulator) -> Iterator[None]:
    """The emulator answers all calls of Stripe's SDK without a client: `stripe.Price.list()`."""
    from engine.testing import global_client

    with global_client(engine_emulator):
        yield
