"""Records as JSON: what is written, what is left out, and every refusal with its path."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from engine.address import ResourceAddress, parse_address
from engine.records import TEXT, Codec, Record, ShapeError, check_plain, list_of, map_of
from engine.values.paths import Path


class Colour(enum.StrEnum):
    """A few words."""

    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A record inside another one."""

    name: str
    weight: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """A record with one field of each kind."""

    id: str
    count: int
    colour: Colour
    live: bool | None
    part: Part | None = None
    address: ResourceAddress | None = None
    path: Path = ()
    colours: tuple[Colour, ...] = ()
    parts: Mapping[str, Part | None] = field(default_factory=dict)
    document: Mapping[str, Any] = field(default_factory=dict)
    account: str = ""
    volatile: str = ""


PART = Record(Part)
THING = Record(
    Thing,
    PART,
    keys={"account": "of.account", "live": "of.live", "colours": "palette"},
    skip={"volatile": "now"},
)
SMALL = Thing(id="a", count=0, colour=Colour.RED, live=None, volatile="now")
FULL = Thing(
    id="a",
    count=1,
    colour=Colour.BLUE,
    live=True,
    part=Part(name="p", weight=1.5),
    address=parse_address("stripe_price.pro"),
    path=("tiers", 0, "amount"),
    colours=(Colour.RED, Colour.BLUE),
    parts={"x": Part(name="x"), "y": None},
    document={"any": [1, None, {"": 2.5}]},
    account="acct_1",
    volatile="now",
)
DOCUMENT = {"id": "a", "count": 0, "colour": "red", "of": {"live": None}}


def test_what_is_empty_is_left_out_if_it_has_a_default() -> None:
    """The other fields are always there."""
    assert THING.write(SMALL) == DOCUMENT


def test_a_record_in_full() -> None:
    """Text for addresses and words, lists for tuples, objects for records, keys as described."""
    assert THING.write(FULL) == {
        "id": "a",
        "count": 1,
        "colour": "blue",
        "part": {"name": "p", "weight": 1.5},
        "address": "stripe_price.pro",
        "path": ["tiers", 0, "amount"],
        "palette": ["red", "blue"],
        "parts": {"x": {"name": "x"}, "y": None},
        "document": {"any": [1, None, {"": 2.5}]},
        "of": {"live": True, "account": "acct_1"},
    }


@pytest.mark.parametrize("thing", [SMALL, FULL], ids=["small", "full"])
def test_what_is_read_is_what_was_written(thing: Thing) -> None:
    """Field by field; what is never written is read as the description says."""
    assert THING.read(THING.write(thing)) == thing


@pytest.mark.parametrize(
    ("change", "path", "message"),
    [
        ({"id": ...}, (), "the field 'id' is missing"),
        ({"of": {}}, ("of",), "the field 'live' is missing"),
        ({"more": 1}, ("more",), "the field 'more' is unknown to this engine"),
        ({"volatile": ""}, ("volatile",), "the field 'volatile' is unknown to this engine"),
        ({"id": 1}, ("id",), "'id' is 1"),
        ({"id": None}, ("id",), "'id' is null"),
        ({"count": True}, ("count",), "'count' is true"),
        ({"count": 1.0}, ("count",), "'count' is 1.0"),
        ({"of": {"live": "no"}}, ("of", "live"), "'live' is \"no\""),
        ({"of": []}, ("of",), "'of' is []"),
        ({"colour": "green"}, ("colour",), "'colour' is \"green\""),
        ({"colour": ["red"]}, ("colour",), "'colour' is [\"red\"]"),
        ({"address": "nowhere"}, ("address",), "'address' is \"nowhere\""),
        ({"palette": "red"}, ("palette",), "'palette' is \"red\""),
        ({"palette": ["red", "green"]}, ("palette", 1), "'palette' holds \"green\""),
        ({"path": [None]}, ("path", 0), "'path' holds null"),
        ({"part": {"name": "p", "weight": 1}}, ("part", "weight"), "'weight' is 1"),
        ({"parts": []}, ("parts",), "'parts' is []"),
        ({"parts": {"x": {}}}, ("parts", "x"), "the field 'name' is missing"),
        ({"parts": {"x": {"name": 2}}}, ("parts", "x", "name"), "'name' is 2"),
        ({"document": None}, ("document",), "'document' is null"),
        ({"id": "ä" * 9, "count": "ä" * 50}, ("count",), f"'count' is \"{'ä' * 39}"),
    ],
)
def test_what_does_not_fit_is_named_with_its_path(
    change: dict[str, Any], path: Path, message: str
) -> None:
    """The first field that is not what it should be, and nothing is converted."""
    document = {key: value for key, value in {**DOCUMENT, **change}.items() if value is not ...}
    with pytest.raises(ShapeError) as caught:
        THING.read(document)
    assert (caught.value.path, str(caught.value)) == (path, message)


@pytest.mark.parametrize("document", [None, [], "text", 1])
def test_a_record_is_an_object(document: Any) -> None:
    """Nothing else is one."""
    with pytest.raises(ShapeError, match=r"^'it' is ") as caught:
        THING.read(document)
    assert caught.value.path == ()


def test_a_whole_record_leaves_nothing_out() -> None:
    """And nothing may be missing."""
    whole = Record(Part, whole=True)
    assert whole.write(Part(name="")) == {"name": "", "weight": 0.0}
    with pytest.raises(ShapeError, match="'weight' is missing"):
        whole.read({"name": "p"})


def test_a_field_can_be_required_or_may_be_left_out() -> None:
    """Whatever its default."""
    part = Record(Part, required=("weight",), empty={"name": "none"})
    assert part.write(Part(name="")) == {"weight": 0.0}
    assert part.read({"weight": 2.0}) == Part(name="none", weight=2.0)
    with pytest.raises(ShapeError, match="'weight' is missing"):
        part.read({"name": "p"})


def test_a_lenient_record_is_read_by_engines_of_other_versions() -> None:
    """All is written for them; what they do not know or do not write is no mistake."""
    part = Record(Part, lenient=True)
    assert part.write(Part(name="p")) == {"name": "p", "weight": 0.0}
    assert part.read({"name": "p", "colour": "red"}) == Part(name="p")
    with pytest.raises(ShapeError, match="'name' is missing"):
        part.read({"weight": 1.0})


def test_values_of_ones_own_are_written_with_the_salt() -> None:
    """As deep as they are."""
    salted = Codec(lambda value, salt: f"{salt}{value}", lambda document: document[1:])
    part = Record(Part, codecs={"name": salted})
    thing = Record(Thing, part, values=map_of(list_of(salted)))
    document = thing.write(
        Thing(id="a", count=1, colour=Colour.RED, live=None, document={"x": ("y",)},
              part=Part(name="p")),
        "+",
    )  # fmt: skip
    assert (document["document"], document["part"]) == ({"x": ["+y"]}, {"name": "+p"})
    assert thing.read(document).document == {"x": ("y",)}


def test_a_list_says_which_entry_is_wrong() -> None:
    """Lists and maps by themselves too."""
    with pytest.raises(ShapeError, match=r"^'x' holds 3$") as caught:
        map_of(list_of(TEXT)).read({"x": ["a", 3]})
    assert caught.value.path == ("x", 1)


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"a": [1, float("inf")]}, ("a", 1)),
        ({"a": {"b": "\ud800"}}, ("a", "b")),
        ({"a": {"\ud800": 1}}, ("a",)),
    ],
)
def test_what_json_can_spell_and_no_file_holds(document: Any, path: Path) -> None:
    """Wherever it stands."""
    with pytest.raises(ShapeError) as caught:
        check_plain(document)
    assert caught.value.path == path
