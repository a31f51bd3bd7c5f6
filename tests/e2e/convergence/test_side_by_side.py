"""The same declarations, applied to two accounts: `engine diff` finds them equal, for every leaf.

Ids, creation times and all else that Stripe chooses for an object differ between the accounts.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from engine.catalog import loader
from engine.emulator.core import Emulator
from engine.values.paths import dotted
from tests.support.samples.cases import Case
from tests.support.samples.data import DATA, KEY, NOW
from tests.support.samples.samples import Samples
from tests.support.two_environments import TwoEnvironments

CHOSEN = {
    ("stripe_billing_credit_grant", "effective_at"),
    ("stripe_quote", "expires_at"),
    ("stripe_subscription", "billing_cycle_anchor"),
    ("stripe_subscription", "trial_end"),
    ("stripe_subscription_schedule", "phases[0].end_date"),
    ("stripe_terminal_reader", "label"),
}
"""What Stripe chooses for each object alone: moments of its own, and the number of a device."""
HEAD = "from engine import Lifecycle, stripe\n"


def _emulator(seed: int) -> Emulator:
    """An account with what only the Dashboard makes, under ids of its own."""
    emulator = Emulator(seed=seed, clock=lambda: NOW + seed)
    for entry in DATA["seeds"]:
        emulator.seed(entry["object"], entry["fields"], key=KEY)
    return emulator


def _differences(root: Path, samples: Samples, cases: list[Case]) -> list[str]:
    """What differs after both accounts got a batch of leaves."""
    lines = {**samples.before(cases[0].object), **samples.beside(cases)}
    lines |= {case.address: samples.line(case.object, case.name, case.first) for case in cases}
    with contextlib.closing(_emulator(5)) as one, contextlib.closing(_emulator(6)) as other:
        pair = TwoEnvironments(root, (one, other), key=KEY)
        for name, text in DATA["files"].items():
            (root / name).write_text(text, encoding="utf-8")
            for account in pair.accounts.values():
                (account.root / name).write_text(text, encoding="utf-8")
        pair.write(HEAD + "\n".join(lines.values()) + "\n")
        pair.apply_both()
        found = [pair.diff(refresh=refresh, everything=True) for refresh in (True, False)]
    return [
        f"{resource.address} {dotted(leaf.path)}: {leaf.values}"
        for report in found
        for stack in report.stacks
        for resource in stack.resources
        for leaf in resource.leaves
        if leaf.declared or (resource.type, dotted(leaf.path)) not in CHOSEN
    ]


@pytest.mark.parametrize("object_name", loader.managed())
def test_two_accounts_with_the_same_declarations_are_equal(
    object_name: str, samples: Samples, tmp_path: Path
) -> None:
    """Also in the fields that no stack declares, but for what Stripe chooses."""
    cases, _ = samples.cases(object_name)
    batches = samples.batches(object_name, cases)
    found = [
        line
        for number, batch in enumerate(batches)
        for line in _differences(tmp_path / str(number), samples, batch)
    ]
    assert found == []
