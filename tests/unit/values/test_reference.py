"""References in the hands of an author."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest

from engine.address import parse_address
from engine.errors import UsageError
from engine.values.markers import ABSENT, UNKNOWN
from engine.values.paths import get_path
from engine.values.reference import OutputRef, Ref
from engine.values.targets import OutputTarget

PRO = Ref.to(parse_address("stripe_product.pro"), "id")
INTERVAL = Ref.to(parse_address("stripe_price.m"), "recurring.interval")
OUTPUT = OutputRef(OutputTarget("catalogue", "pro_id"), lambda _: "")


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


SHAPE = {"month": "${stripe_price.m.id}", "per week": ["a", {"b": "c"}], "none": []}


def output(shape: Any = SHAPE) -> OutputRef:
    """A reference to an output with a shape."""
    return OutputRef(
        OutputTarget("catalogue", "prices"),
        lambda target: get_path(shape, target.path, ABSENT) if shape is not UNKNOWN else UNKNOWN,
    )


def test_a_map_is_used_as_one() -> None:
    """Keys, values, entries, length, membership: what is at a key is a reference again."""
    prices = output()
    assert list(prices) == list(prices.keys()) == ["month", "per week", "none"]
    assert (len(prices), bool(prices), "month" in prices, "year" in prices) == (
        3,
        True,
        True,
        False,
    )
    assert str(prices["month"]) == "${output.catalogue.prices.month}"
    assert [str(value) for value in prices.values()] == [
        "${output.catalogue.prices.month}",
        '${output.catalogue.prices["per week"]}',
        "${output.catalogue.prices.none}",
    ]
    assert prices.items()[0] == ("month", prices["month"])
    assert (prices.get("month"), prices.get("year", 1)) == (prices["month"], 1)
    assert dict(prices) == {**prices} == dict(prices.items())


def test_a_list_is_used_as_one() -> None:
    """Numbers from both ends, parts, length, loops, membership."""
    week = output()["per week"]
    assert [str(entry) for entry in week] == [
        '${output.catalogue.prices["per week"][0]}',
        '${output.catalogue.prices["per week"][1]}',
    ]
    assert (len(week), week[-1], week[1:], week[0] in week) == (2, week[1], [week[1]], True)
    assert str(week[1]["b"]) == '${output.catalogue.prices["per week"][1].b}'
    assert not output()["none"]
    with pytest.raises(IndexError, match="has 2 entries, so there is none at -3"):
        week[-3]
    with pytest.raises(TypeError, match="is no map, so it has no keys"):
        week.keys()


def test_a_key_is_known_before_apply() -> None:
    """A reference, or what is neither text nor a number, leads nowhere."""
    for key in (1.5, True, None, PRO):
        with pytest.raises(TypeError, match="keys and numbers that are known before apply"):
            output()[key]


@pytest.mark.parametrize(
    "look", [list, len, bool, dict, lambda ref: "x" in ref, lambda ref: ref[-1]]
)
def test_only_what_has_parts_is_looked_into(look: Any) -> None:
    """A scalar is used as it is; an unknown shape says what to do."""
    with pytest.raises(TypeError, match=r"'prices\.month' of stack 'catalogue' is no map"):
        look(output()["month"])
    with pytest.raises(UsageError, match="is not known here") as caught:
        look(output(UNKNOWN))
    assert "engine apply catalogue" in str(caught.value.hint)


def test_a_whole_output_is_opened_to_its_scalars() -> None:
    """What is passed on as a whole is a document of references, as far as the shape is known."""
    assert output().opened() == {
        "month": "${output.catalogue.prices.month}",
        "per week": [
            '${output.catalogue.prices["per week"][0]}',
            {"b": '${output.catalogue.prices["per week"][1].b}'},
        ],
        "none": [],
    }
    assert output(UNKNOWN).opened() == "${output.catalogue.prices}"


def test_a_reference_to_an_output_can_be_copied() -> None:
    """A copy is the reference itself; a pickle of it is a plain one with the same text."""
    prices = output()
    assert copy.copy(prices) is copy.deepcopy(prices) is prices
    plain = pickle.loads(pickle.dumps(prices))  # noqa: S301 - our own
    assert (type(plain), str(plain)) == (Ref, str(prices))
