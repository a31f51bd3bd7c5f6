"""The secret of an endpoint that is there no longer is in no file of ours either."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.address import parse_address
from engine.emulator.core import Emulator
from engine.emulator.testing import faults
from engine.operations.state_edit.forget import forget_resources
from tests.support.project import Project

HOOK = "stripe_webhook_endpoint.events"
STACK = """
    from engine import Lifecycle, output
    from engine.stripe import WebhookEndpoint

    hook = WebhookEndpoint("events", url="https://example.com/hook", enabled_events=["*"])
    output("secret", hook.secret, sensitive=True)
"""
KEEPING = STACK.replace('["*"])', '["*"], lifecycle=Lifecycle(on_remove="keep"))')


@pytest.fixture(params=["file", "env-file"])
def shop(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Project]:
    """A project with one endpoint, whose secret is kept, and handed out."""
    with Emulator(seed=13) as emulator:
        project = Project(tmp_path / "project", emulator)
        if request.param == "env-file":
            table = "[tool.engine.environments.local]\nemulator = true\nsecrets = 'env-file:.env'\n"
            (project.root / "pyproject.toml").write_text(table)
        project.write(STACK)
        project.apply()
        assert secrets(project) == [f"{HOOK}.secret", "output.secret"]
        yield project


def secrets(shop: Project) -> list[str]:
    """What the place for secrets has, by any name that one had here."""
    names = (f"{HOOK}.secret", "stripe_webhook_endpoint.other.secret", "output.secret")
    sink = shop.context().sink
    return [name for name in names if sink.load("shop", name) is not None]


def written(shop: Project) -> bytes:
    """All that the project's folder holds, but for the emulator's account."""
    files = (path for path in shop.root.rglob("*") if path.is_file() and path.suffix != ".db")
    return b"\n".join(path.read_bytes() for path in files)


def test_a_destroyed_endpoints_secret_goes(shop: Project) -> None:
    """With what handed it out, from every file."""
    shop.apply(destroy=True)
    assert secrets(shop) == []
    assert b"whsec_" not in written(shop)


def test_an_endpoint_that_is_declared_no_more_takes_its_secret_along(shop: Project) -> None:
    """As a destroy does."""
    shop.write("")
    shop.apply()
    assert secrets(shop) == []
    assert b"whsec_" not in written(shop)


def test_a_replacement_keeps_the_new_one(shop: Project) -> None:
    """The old endpoint goes last; what is kept by then is the new one's."""
    before = shop.context().sink.load("shop", f"{HOOK}.secret")
    shop.apply(replace=[HOOK])
    after = shop.context().sink.load("shop", f"{HOOK}.secret")
    assert after not in (None, before)
    assert secrets(shop) == [f"{HOOK}.secret", "output.secret"]
    assert before is not None
    assert before.encode() not in written(shop)


def test_an_endpoint_that_was_deleted_elsewhere_takes_its_secret_along(shop: Project) -> None:
    """Once nothing declares it."""
    shop.call("delete", f"/v1/webhook_endpoints/{shop.id(HOOK)}")
    shop.write("")
    shop.apply()
    assert secrets(shop) == []


def test_a_deletion_without_an_answer_takes_it_along_later(shop: Project) -> None:
    """The next run finds the endpoint gone."""
    shop.write("")
    shop.emulator.faults.add(faults.dropped(executed=True), method="DELETE", times=3)
    assert shop.try_apply().failures
    shop.emulator.faults.clear()
    assert f"{HOOK}.secret" in secrets(shop)
    shop.apply()
    assert secrets(shop) == []


def test_an_endpoint_that_stays_keeps_its_secret(shop: Project) -> None:
    """Nobody tells it again: not after `on_remove="keep"`, nor after `state rm`."""
    shop.write(KEEPING)
    shop.apply()
    shop.write("")
    shop.apply()
    assert f"{HOOK}.secret" in secrets(shop)


def test_an_endpoint_that_the_state_forgets_keeps_its_secret(shop: Project) -> None:
    """Stripe is not told, and nobody tells the secret again."""
    forget_resources(shop.context(), "shop", (parse_address(HOOK),))
    assert secrets(shop) == [f"{HOOK}.secret", "output.secret"]


def test_a_renamed_endpoint_has_its_secret_under_one_name(shop: Project) -> None:
    """The new one."""
    shop.write(
        STACK.replace('"events"', '"other"')
        + f'    from engine import moved\n    moved("{HOOK}", "stripe_webhook_endpoint.other")\n'
    )
    shop.apply()
    assert secrets(shop) == ["stripe_webhook_endpoint.other.secret", "output.secret"]


def test_an_output_that_is_handed_out_no_more_is_kept_no_more(shop: Project) -> None:
    """What it stood for stays where it was."""
    shop.write(STACK.replace('    output("secret", hook.secret, sensitive=True)\n', ""))
    shop.apply()
    assert secrets(shop) == [f"{HOOK}.secret"]
