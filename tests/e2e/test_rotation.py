"""A webhook's secret is rotated: the new one is kept before the old endpoint goes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.address import parse_address
from engine.emulator.core import Emulator
from engine.errors import SecretSinkError
from engine.operations.apply import apply_stacks
from engine.plan.inputs.options import PlanOptions
from engine.plan.model import Step, StepKind
from engine.ports.hook import Hook
from engine.ports.outcomes import ApplyReport
from engine.ports.secret_sink import SecretSink
from engine.values.secret import Sealed
from tests.support.project import Project

HOOK = "stripe_webhook_endpoint.events"
STACK = """
    from engine import output
    from engine.stripe import WebhookEndpoint

    hook = WebhookEndpoint("events", url="https://example.com/hook", enabled_events=["*"])
    output("secret", hook.secret, sensitive=True)
"""


class CrashError(BaseException):
    """The process ends here."""


class Sink:
    """The project's own sink, with something that happens when a secret arrives."""

    def __init__(self, inner: SecretSink, on_store: Callable[[str], None]) -> None:
        """Args: inner: keeps the secrets; on_store: told the name before each is kept."""
        self._inner = inner
        self._on_store = on_store
        self.check = inner.check
        self.load = inner.load
        self.remove = inner.remove
        self.where = inner.where

    def store(self, stack: str, name: str, value: str) -> None:
        """Let happen what happens, then keep the secret."""
        self._on_store(name)
        self._inner.store(stack, name, value)


class Watch(Hook):
    """Something that happens when an operation begins."""

    def __init__(self, on_step: Callable[[Step], None]) -> None:
        """Args: on_step: told of each operation."""
        self._on_step = on_step

    def step_started(self, step: Step) -> None:
        """Let happen what happens."""
        self._on_step(step)


class Shop:
    """A project with one webhook endpoint, applied."""

    def __init__(self, project: Project) -> None:
        """Args: project: the folder and its emulator."""
        self.project = project
        project.write(STACK)
        project.apply()
        self.old_id, self.old_secret = self.id, self.secret

    @property
    def id(self) -> str:
        """The endpoint that the state names."""
        return str(self.project.id(HOOK))

    @property
    def secret(self) -> str:
        """What the sink holds of it."""
        found = self.project.context().sink.load("shop", f"{HOOK}.secret")
        assert isinstance(found, str)
        return found

    @property
    def live(self) -> set[str]:
        """The endpoints there are."""
        return {entry["id"] for entry in self.project.objects("/v1/webhook_endpoints")}

    def rotate(
        self,
        *,
        on_store: Callable[[str], None] = lambda _: None,
        on_step: Callable[[Step], None] = lambda _: None,
    ) -> ApplyReport:
        """Run `engine apply --replace`."""
        context = self.project.context(Watch(on_step))
        sink = Sink(context.sink, on_store)
        context = dataclasses.replace(context, open_sink=lambda: sink)
        options = PlanOptions(replace=(parse_address(HOOK),))
        return apply_stacks(context, (), options, lambda _: True)

    def has_rotated(self) -> None:
        """Apply once more, and check that the new endpoint alone is left, its secret kept."""
        self.project.apply()
        assert self.live == {self.id} != {self.old_id}
        assert self.secret != self.old_secret
        state = self.project.state()
        sealed = Sealed.of(self.secret, state.lineage)
        assert state.resources[HOOK].attributes["secret"] == sealed
        assert self.project.context().sink.load("shop", "output.secret") == self.secret
        assert not self.project.report().has_changes


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """The project, applied once."""
    with Emulator(seed=7) as emulator:
        yield Shop(Project(tmp_path / "project", emulator))


def test_the_new_secret_is_kept_while_both_endpoints_live(shop: Shop) -> None:
    """At the moment that the old one is to go, the sink holds the new secret."""
    seen: list[tuple[str, set[str]]] = []

    def on_step(step: Step) -> None:
        if step.kind is StepKind.REMOVE:
            seen.append((shop.secret, shop.live))

    report = shop.rotate(on_step=on_step)
    assert report.failures == ()
    [(secret, live)] = seen
    assert secret not in {"", shop.old_secret}
    assert live == {shop.old_id, shop.id}
    assert shop.secret == secret
    assert not shop.project.report().has_changes
    shop.has_rotated()


def test_a_secret_that_cannot_be_kept_is_asked_for_again(shop: Shop) -> None:
    """Until the new one is kept, the old endpoint lives and the sink holds its secret."""

    def on_store(name: str) -> None:
        raise SecretSinkError(f"no room for {name}")

    report = shop.rotate(on_store=on_store)
    [failure] = report.failures
    assert "no room for" in str(failure.error)
    assert shop.secret == shop.old_secret
    assert shop.old_id in shop.live
    assert len(shop.live) == 2
    shop.has_rotated()


def test_a_crash_before_the_new_secret_is_kept_loses_nothing(shop: Shop) -> None:
    """The old endpoint and its secret are as they were until the next run."""

    def on_store(name: str) -> None:
        raise CrashError(name)

    with pytest.raises(CrashError):
        shop.rotate(on_store=on_store)
    assert shop.secret == shop.old_secret
    assert shop.old_id in shop.live
    shop.has_rotated()


def test_a_crash_before_the_old_endpoint_goes_leaves_the_new_one(shop: Shop) -> None:
    """The new secret is kept, and the next run removes the old endpoint and nothing else."""

    def on_step(step: Step) -> None:
        if step.kind is StepKind.REMOVE:
            raise CrashError(step.key)

    with pytest.raises(CrashError):
        shop.rotate(on_step=on_step)
    assert shop.secret != shop.old_secret
    assert len(shop.live) == 2
    shop.has_rotated()
