"""The same declarations, applied to two accounts: `engine diff` finds them equal, for every leaf.

Ids, creation times and all else that Stripe chooses for an object differ between the accounts.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.address import parse_address
from engine.catalog import loader
from engine.emulator.core import Emulator
from engine.plan.environments.model import EnvironmentsDifference, ResourceDifference
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


@contextlib.contextmanager
def _both_with(
    root: Path, samples: Samples, cases: list[Case]
) -> Iterator[tuple[TwoEnvironments, Callable[[str], None]]]:
    """Two accounts with a batch of leaves, and what writes the stack of another phase of them."""
    before = {**samples.before(cases[0].object), **samples.beside(cases)}
    with contextlib.closing(_emulator(5)) as one, contextlib.closing(_emulator(6)) as other:
        pair = TwoEnvironments(root, (one, other), key=KEY)
        for name, text in DATA["files"].items():
            for folder in (root, *(account.root for account in pair.accounts.values())):
                (folder / name).write_text(text, encoding="utf-8")

        def write(phase: str) -> None:
            lines = {
                case.address: samples.line(case.object, case.name, case.said[phase])
                for case in cases
            }
            pair.write(HEAD + "\n".join({**before, **lines}.values()) + "\n")

        write("declared")
        pair.apply_both()
        yield pair, write


def _resources(report: EnvironmentsDifference) -> list[ResourceDifference]:
    return [one for stack in report.stacks for one in stack.resources]


def _differences(root: Path, samples: Samples, cases: list[Case]) -> list[str]:
    """What differs after both accounts got a batch of leaves."""
    with _both_with(root, samples, cases) as (pair, _):
        found = [pair.diff(refresh=refresh, everything=True) for refresh in (True, False)]
    return [
        f"{resource.address} {dotted(leaf.path)}: {leaf.values}"
        for report in found
        for resource in _resources(report)
        for leaf in resource.leaves
        if leaf.declared or (resource.type, dotted(leaf.path)) not in CHOSEN
    ]


def _wrong_after_a_change(root: Path, samples: Samples, cases: list[Case]) -> list[str]:
    """Where the comparison does not show exactly the leaves that changed in the live account."""
    with _both_with(root, samples, cases) as (pair, write):
        file = root / "state" / "live" / "shop.json"
        before = file.read_bytes()
        write("changed")
        pair.apply("live")
        declared = pair.diff()
        # With the earlier state, what was changed by the code was changed by hand.
        file.write_bytes(before)
        by_hand = pair.diff()
    wrong: list[str] = []
    for how, report in (("declared", declared), ("by hand", by_hand)):
        found = {one.address: one for one in _resources(report)}
        for case in cases:
            if how == "by hand" and (case.replaces or _is_not_returned(case)):
                continue  # the state names another object, or no response shows the leaf
            one = found.pop(parse_address(case.address), None)
            shown = {
                samples.schema_path(case.object, leaf.path)
                for leaf in (one.leaves if one is not None else ())
                if leaf.declared
            }
            wanted = {path for path in case.changed if not _is_secret(case, path)}
            # Of several some may be equal: what another choice left behind, or the code added.
            hit = {path for path in wanted if any(_related(path, name) for name in shown)}
            allowed = {*case.changed, *case.renewed}
            extra = [name for name in shown if not any(_related(path, name) for path in allowed)]
            if (wanted and not hit) or extra:
                wrong.append(f"{how}: {case.path}: {sorted(shown)}, not {sorted(wanted)}")
    return wrong


def _is_not_returned(case: Case) -> bool:
    root = loader.by_object(case.object).root
    return any(
        attribute.write_only or attribute.resolved
        for path in case.changed
        for _, attribute in root.along(tuple(path.split(".")))
    )


def _is_secret(case: Case, path: str) -> bool:
    root = loader.by_object(case.object).root
    return any(attribute.sensitive for _, attribute in root.along(tuple(path.split("."))))


def _related(one: str, other: str) -> bool:
    """Whether one path is the other, is inside of it, or in an element that is another one now.

    Of an amount in two spellings the whole number is shown.
    """
    one, other = (path.partition(".*")[0].removesuffix("_decimal") for path in (one, other))
    shorter, longer = sorted((one, other), key=len)
    return longer == shorter or longer.startswith(f"{shorter}.")


@pytest.mark.third(2)
@pytest.mark.parametrize("object_name", loader.managed())
def test_two_accounts_with_the_same_declarations_are_equal(
    object_name: str, samples: Samples, tmp_path: Path
) -> None:
    """Also in the fields that no stack declares, but for what Stripe chooses."""
    assert _of_all_batches(_differences, object_name, samples, tmp_path) == []


@pytest.mark.third(2)
@pytest.mark.parametrize("object_name", loader.managed())
def test_what_changed_on_one_account_is_shown_and_nothing_else(
    object_name: str, samples: Samples, tmp_path: Path
) -> None:
    """Each leaf, changed by the code and by hand."""
    assert _of_all_batches(_wrong_after_a_change, object_name, samples, tmp_path) == []


def _of_all_batches(
    find: Callable[[Path, Samples, list[Case]], list[str]],
    object_name: str,
    samples: Samples,
    root: Path,
) -> list[str]:
    cases, _ = samples.cases(object_name)
    batches = samples.batches(object_name, cases)
    return [
        line
        for number, batch in enumerate(batches)
        for line in find(root / str(number), samples, batch)
    ]
