"""The view for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from engine.address import ResourceAddress
from engine.plan.saved.file import SavedPlan
from engine.ports.outcomes import ApplyReport
from engine.ports.run_locks import RunLock
from engine.redaction import hide
from engine.settings import Environment
from engine.state.held_lock import HeldLock
from engine.state.model import State
from engine.views.json.locks import locks_document
from engine.views.json.plan import apply_document, plan_document
from engine.views.json.problems import failure_document, validation_document
from engine.views.json.states import (
    addresses_document,
    output_document,
    outputs_document,
    rebuilt_document,
    resource_document,
    states_document,
    verified_document,
)
from engine.views.json.types import type_document, types_document
from engine.views.json.values import FORMAT_VERSION
from engine.views.style import inert
from engine.views.view import Page, ProjectFile, ViewOptions


class JsonView:
    """Each page is one document."""

    for_people: ClassVar[bool] = False

    def __init__(self, options: ViewOptions, /) -> None:
        self._ascii = options.ascii

    def written(self, page: Page, /) -> str:
        if isinstance(page, str):
            return inert(page)
        # Hidden before it is encoded, so that it stays a document.
        return inert(json.dumps(hide(page), indent=2, ensure_ascii=self._ascii))

    plan = staticmethod(plan_document)
    validated = staticmethod(validation_document)
    verified = staticmethod(verified_document)
    error = staticmethod(failure_document)
    states = staticmethod(states_document)
    addresses = staticmethod(addresses_document)
    resource = staticmethod(resource_document)
    outputs = staticmethod(outputs_document)
    output = staticmethod(output_document)
    rebuilt = staticmethod(rebuilt_document)
    locks = staticmethod(locks_document)
    types = staticmethod(types_document)
    type = staticmethod(type_document)

    def saved_plan(self, saved: SavedPlan, /) -> Page:
        return plan_document(saved.report())

    def applied(self, report: ApplyReport, operation: str, /) -> Page:
        del operation
        return apply_document(report)

    def imported(self, state: State, address: ResourceAddress, id: str, /) -> Page:
        del id
        return resource_document(state, str(address))

    def moved(self, state: State, old: ResourceAddress, new: ResourceAddress, /) -> Page:
        del old
        return resource_document(state, str(new))

    def renamed(self, state: State, old: str, place: str, share: str, /) -> Page:
        del old, place, share
        return addresses_document(state.environment, (state,))

    def forgotten(self, state: State, addresses: Sequence[ResourceAddress], /) -> Page:
        del addresses
        return addresses_document(state.environment, (state,))

    def locked(self, lock: HeldLock, /) -> Page:
        return locks_document((lock,), ())

    def released(self, place: str, /) -> Page:
        del place
        return locks_document((), ())

    def unlocked(self, run: RunLock, /, *, forced: bool) -> Page:
        del forced
        return locks_document((), (run,))

    def project(
        self, root: Path, files: Sequence[ProjectFile], environment: Environment, folder: str, /
    ) -> Page:
        del folder
        return {
            "format_version": FORMAT_VERSION,
            "folder": str(root),
            "made": [file.path for file in files if file.made],
            "left": [file.path for file in files if not file.made],
            "environment": {
                "name": environment.name,
                "embedded": environment.emulator,
                "livemode": environment.livemode,
            },
        }

    def serving(self, url: str, /) -> Page:
        # In one line: who waits for the server reads a line.
        return json.dumps({"format_version": FORMAT_VERSION, "url": url})
