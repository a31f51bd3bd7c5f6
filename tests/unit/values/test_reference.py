"""References in the hands of an author."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest

from engine.address import parse_address
from engine.values.reference import Ref

PRO = Ref.to(parse_address("stripe_product.pro"), "id")
INTERVAL = Ref.to(parse_address("stripe_price.m"), "recurring.interval")
OUTPUT = Ref.to_output("catalogue", "pro_id")


def test_a_reference_is_its_text() -> None:
    """What a state file holds is what a reference prints."""
    assert str(PRO) == "${stripe_product.pro.id}"
    assert str(OUTPUT) == "${output.catalogue.pro_id}"
    assert f"{PRO}" == "${stripe_product.pro.id}"
    assert isinstance(PRO, str)


@pytest.mark.parametrize(
    "tear",
    [
        lambda ref: ref[0:3],
        lambda ref: ref[0],
        list,
        lambda ref: ref.upper(),
        lambda ref: ref.lower(),
        lambda ref: ref.title(),
        lambda ref: ref.split("."),
        lambda ref: ref.partition("."),
        lambda ref: ref.replace("pro", "x"),
        lambda ref: ref.removeprefix("$"),
        lambda ref: ref.strip("$"),
        lambda ref: ref.encode(),
        lambda ref: f"{ref:.5}",
        lambda ref: f"{ref:>40}",
        lambda ref: ref.zfill(40),
        lambda ref: ref.format(),
    ],
)
def test_a_reference_is_not_torn(tear: Any) -> None:
    """What would change its text is refused, with the reference and the way out."""
    with pytest.raises(TypeError, match=r"stripe_product\.pro\.id.*known only after apply.*f-str"):
        tear(PRO)


@pytest.mark.parametrize(
    ("look", "why"),
    [
        (bool, "cannot be tested"),
        (lambda ref: "x" if ref else "y", "cannot be tested"),
        (lambda ref: ref or "y", "cannot be tested"),
        (lambda ref: not ref, "cannot be tested"),
        (lambda ref: ref == "prod_1", "cannot be compared"),
        (lambda ref: ref == "", "cannot be compared"),
        (lambda ref: {ref: 1}[ref] and ["prod_1"].index(ref), "cannot be compared"),
        (lambda ref: ref != "prod_1", "cannot be compared"),
        (lambda ref: ref == 5, "cannot be compared"),
        (lambda ref: ref is not None and ref == f"{ref} and more", "cannot be compared"),
        (lambda ref: ref in ["prod_1", "prod_2"], "cannot be compared"),
        (lambda ref: ref < "z", "cannot be compared"),
        (lambda ref: sorted([ref, INTERVAL]), "cannot be compared"),
        (lambda ref: "pro" in ref, "it cannot be looked into"),
        (len, "it cannot be looked into"),
        (lambda ref: ref.startswith("prod_"), r"\.startswith\(\) cannot be used"),
        (lambda ref: ref.isdigit(), r"\.isdigit\(\) cannot be used"),
        (lambda ref: ref * 2, "nothing can be computed"),
        (lambda ref: 2 * ref, "nothing can be computed"),
        (lambda ref: ref % 2, "nothing can be computed"),
        (int, "nothing can be computed"),
        (float, "nothing can be computed"),
    ],
)
def test_nobody_looks_at_a_reference(look: Any, why: str) -> None:
    """What would be decided by the text instead of the value is refused, with the reference."""
    with pytest.raises(TypeError, match=rf"\$\{{stripe_\w+.*known only after apply.*{why}"):
        look(PRO)


def test_references_can_be_keys_and_members() -> None:
    """The same reference is equal to itself, to another and to its own text."""
    same, other = Ref(str(PRO)), INTERVAL
    assert PRO == same == str(PRO)
    assert other != PRO
    assert {PRO: 1}[same] == 1
    assert {str(PRO): 1}[PRO] == 1
    assert {same, PRO, other} == {PRO, other}
    assert same in [other, PRO]
    assert [other, PRO].index(same) == 1
    assert {"prod_1": 1}.get(PRO) is None
    assert "-".join(sorted({PRO, other}, key=str)) == f"{other}-{PRO}"
    assert f"see {PRO}!" == "see " + PRO + "!"
    assert json.dumps({PRO: [PRO]}) == json.dumps({str(PRO): [str(PRO)]})


def test_a_reference_can_be_copied() -> None:
    """Copies and pickles of a reference are references with the same text."""
    for copied in (copy.deepcopy(PRO), copy.copy(PRO), pickle.loads(pickle.dumps(PRO))):  # noqa: S301 - our own
        assert type(copied) is Ref
        assert str(copied) == str(PRO)
