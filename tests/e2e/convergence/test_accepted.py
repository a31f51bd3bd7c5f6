"""What the Dashboard did to objects of every managed type is accepted, and then nothing is left.

A second project with the same state plays the Dashboard: what it applies is drift for the first.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from engine.catalog import loader
from engine.errors import EngineError
from engine.operations.drift.accept import accept_drift
from engine.operations.drift.drift import drift_of_stacks
from engine.operations.drift.leaves import parse_asked
from engine.plan.drifted import Drifted
from engine.ports.drift.accepted import AcceptReport
from tests.support.project import Project
from tests.support.samples.cases import Case
from tests.support.samples.samples import Samples, sample_project

HEAD = "from engine import Lifecycle, stripe\n"
OPTIONS = {"allow_mass_change": True}

REFUSED: dict[tuple[str, str], str] = {
    ("balance_settings", "payments.payouts.automatic_transfer_rules_by_currency.*.*.type"): (
        'type="transfer_up_to_amount" needs transfer_up_to_amount'
    ),
    ("billing.meter", "display_name"): "no parameter says so",
    ("quote", "collection_method"): 'collection_method="send_invoice" needs',
    ("subscription", "collection_method"): 'collection_method="send_invoice" needs',
    ("tax.registration", "expires_at"): "expects a date and time in the future",
    ("terminal.configuration", "wifi.type"): "needs wifi.enterprise_eap_peap",
}
"""What cannot be accepted by itself, and why: the message says it, and nothing is written."""


class Accepted:
    """A batch of leaves on one account, in two projects."""

    def __init__(self, samples: Samples, shop: Project, other: Project, cases: list[Case]) -> None:
        """Args: shop: whose code is edited; other: plays the Dashboard; cases: the leaves."""
        self._samples = samples
        self._shop = shop
        self._other = other
        self._cases = {case.address: case for case in cases}
        self._object = cases[0].object
        self._before = samples.before(cases[0].object)
        self._beside = samples.beside(cases)
        self.problems: dict[str, str] = {}

    def live(self) -> None:
        """Change in the Dashboard what the code declares, and accept it; then end it."""
        self._write(self._shop, {one: case.first for one, case in self._cases.items()})
        self._shop.apply(**OPTIONS)
        self._dashboard({one: case.second for one, case in self._cases.items()})
        self._accept("changed")
        self._dashboard({})
        self._accept("ended")

    def _dashboard(self, declared: Mapping[str, dict[str, Any]]) -> None:
        """Apply other code to the same objects."""
        for folder in ("state", ".engine"):
            shutil.rmtree(self._other.root / folder, ignore_errors=True)
            if (self._shop.root / folder).exists():
                shutil.copytree(self._shop.root / folder, self._other.root / folder)
        self._write(self._other, declared)
        self._other.try_apply(**OPTIONS)

    def _accept(self, phase: str) -> None:
        drifted = [
            one.address
            for one in self._drifted()
            if one.address in self._cases
            and not (one.leaves and all(leaf.sensitive for leaf in one.leaves))
        ]
        # What is refused would undo the whole.
        alone = [one for one in drifted if (self._object, self._cases[one].path) in REFUSED]
        for one in alone:
            self._accept_all(phase, [one])
        self._accept_all(phase, [one for one in drifted if one not in alone])
        left = [one.address for one in self._drifted()]
        pending = [str(change.address) for change in self._shop.plan(**OPTIONS).pending]
        for address in {*left, *pending}.intersection(drifted):
            self.problems.setdefault(self._cases[address].path, f"{phase}: something is left")

    def _accept_all(self, phase: str, addresses: Sequence[str]) -> None:
        """Accept some objects: all together, or, if that is undone, each by itself."""
        if not addresses:
            return
        try:
            report = self._run(addresses)
        except EngineError as error:
            if len(addresses) == 1:
                path = self._cases[addresses[0]].path
                self.problems.setdefault(path, f"{phase}: {error}")
            else:
                half = len(addresses) // 2
                self._accept_all(phase, addresses[:half])
                self._accept_all(phase, addresses[half:])
            return
        for refusal in report.refused:
            address = ".".join(refusal.place.split(".")[:2])
            text = f"{phase}: {refusal.place} {refusal.why}; {refusal.by_hand}"
            self.problems.setdefault(self._cases[address].path, text)
        if report.refused:
            refused = {".".join(one.place.split(".")[:2]) for one in report.refused}
            self._accept_all(phase, [one for one in addresses if one not in refused])

    def _run(self, addresses: Iterable[str]) -> AcceptReport:
        asked = [parse_asked(address) for address in addresses]
        return accept_drift(self._shop.context(), (), asked, width=100)

    def _drifted(self) -> list[Drifted]:
        return list(drift_of_stacks(self._shop.context(), ()).drifted)

    def _write(self, project: Project, declared: Mapping[str, dict[str, Any]]) -> None:
        gone = self._cases.keys() - declared.keys()
        lines = [
            line
            for line in {**self._before, **self._beside}.values()
            if not any(f"${{{address}." in line for address in gone)
        ]
        for address, arguments in declared.items():
            case = self._cases[address]
            kind = loader.by_object(case.object)
            words = [f"    {case.name!r},"]
            words += [f"    {name}={value!r},  # {name}" for name, value in arguments.items()]
            words += ["    lifecycle=Lifecycle(protect=False),"] if kind.life.protect else []
            lines.append("\n".join([f"stripe.{kind.face}(", *words, ")"]))
        project.write(HEAD + "\n".join(lines) + "\n")


@pytest.mark.third(2)
@pytest.mark.parametrize("object_name", loader.managed())
def test_what_the_dashboard_did_is_accepted(
    object_name: str, samples: Samples, tmp_path: Path
) -> None:
    """Every leaf that an update changes, and the end of the object."""
    cases = [case for case in samples.cases(object_name)[0] if case.changed and not case.replaces]
    problems: dict[str, str] = {}
    for number, batch in enumerate(samples.batches(object_name, cases)):
        with contextlib.closing(samples.emulator()) as emulator:
            shop = sample_project(tmp_path / f"shop-{number}", emulator)
            other = sample_project(tmp_path / f"other-{number}", emulator)
            life = Accepted(samples, shop, other, batch)
            life.live()
            problems |= life.problems
    for path, text in list(problems.items()):
        if (reason := REFUSED.get((object_name, path))) and reason in text:
            del problems[path]
    assert not problems, "\n".join(f"{path}: {text}" for path, text in problems.items())
