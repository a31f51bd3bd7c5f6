"""References, secrets and absences: what they are, where they are found, what becomes of them."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.address import parse_address
from engine.values import (
    ABSENT,
    CLEAR,
    UNKNOWN,
    AttributeTarget,
    OutputTarget,
    Ref,
    Sensitive,
    Target,
    dotted,
    escaped,
    fingerprint,
    get_path,
    plain,
    reach,
    resolve,
    stray_references,
    targets_in,
    targets_with_paths,
    unescaped,
)

PRO = Ref.to(parse_address("stripe_product.pro"), "id")
INTERVAL = Ref.to(parse_address("stripe_price.m"), "recurring.interval")
LOOKED_UP = Ref.to(parse_address("data.stripe_coupon.c"), "id")
OUTPUT = Ref.to_output("catalogue", "pro_id")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_characters="$")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def known(values: dict[str, Any]) -> Any:
    """A lookup in a table of texts."""

    def lookup(target: Target) -> Any:
        return values[str(target)]

    return lookup


# ── references ────────────────────────────────────────────────────────────────────────────


def test_a_reference_is_its_text() -> None:
    """What a state file holds is what a reference prints."""
    assert str(PRO) == "${stripe_product.pro.id}"
    assert str(OUTPUT) == "${output.catalogue.pro_id}"
    assert f"{PRO}" == "${stripe_product.pro.id}"
    assert isinstance(PRO, str)


@pytest.mark.parametrize(
    ("ref", "target"),
    [
        (PRO, AttributeTarget(parse_address("stripe_product.pro"), "id")),
        (INTERVAL, AttributeTarget(parse_address("stripe_price.m"), "recurring.interval")),
        (LOOKED_UP, AttributeTarget(parse_address("data.stripe_coupon.c"), "id")),
        (OUTPUT, OutputTarget("catalogue", "pro_id")),
    ],
    ids=["id", "nested", "lookup", "output"],
)
def test_a_reference_is_found_by_its_text(ref: Ref, target: Target) -> None:
    """Alone, and inside a longer text."""
    assert list(targets_in(ref)) == [target]
    assert list(targets_in(f"before {ref} after")) == [target]
    assert f"${{{target}}}" == str(ref)


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
        (lambda ref: "pro" in ref, "nobody can look into it"),
        (len, "nobody can look into it"),
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


def test_references_are_found_anywhere_in_reading_order() -> None:
    """In dicts, lists, tuples, texts and secrets, each with its path."""
    document = {
        "product": PRO,
        "items": [{"price": f"{INTERVAL}-{LOOKED_UP}"}, ("x", OUTPUT)],
        "secret": Sensitive({"inner": PRO}),
        "none": None,
        "number": 3,
    }
    found = [(dotted(path), str(target)) for path, target in targets_with_paths(document)]
    assert found == [
        ("product", "stripe_product.pro.id"),
        ("items[0].price", "stripe_price.m.recurring.interval"),
        ("items[0].price", "data.stripe_coupon.c.id"),
        ("items[1][1]", "output.catalogue.pro_id"),
        ("secret.inner", "stripe_product.pro.id"),
    ]


@pytest.mark.parametrize(
    "text",
    ["${}", "${stripe_product.pro}", "$stripe_product.pro.id", "${product.pro.id}", "$${x.y.z}"],
)
def test_other_text_is_no_reference(text: str) -> None:
    """What only looks like one is text, and stays as it is."""
    assert list(targets_in(text)) == []


@pytest.mark.parametrize(
    ("text", "stray"),
    [
        ("plain", []),
        (f"{PRO} and {OUTPUT}", []),
        ("$${x}", []),
        ("costs $5 {now}", []),
        ("${stripe_product.pro}", ["${stripe_product.pro}"]),
        ("a ${b} c ${d", ["${b}", "${d"]),
        (f"${PRO}", ["$${stripe_product.pro.id}"]),
        (Sensitive("${b}"), ["(sensitive)"]),
    ],
)
def test_what_looks_like_a_reference_and_is_none(text: object, stray: list[str]) -> None:
    """A torn reference, and one that a dollar sign before it escapes."""
    assert [found for _, found in stray_references(text)] == stray


def test_a_reference_in_a_key_is_stray() -> None:
    """Keys are never resolved."""
    assert list(stray_references({"metadata": [{str(PRO): "x"}]})) == [
        (("metadata", 0, str(PRO)), str(PRO))
    ]


# ── resolving ─────────────────────────────────────────────────────────────────────────────


def test_a_text_that_is_one_reference_becomes_the_value() -> None:
    """Of whatever type it is."""
    for value in (3, ["a"], {"b": 1}, None, True, "x"):
        assert resolve({"a": [PRO]}, known({"stripe_product.pro.id": value})) == {"a": [value]}


def test_a_reference_inside_a_text_becomes_its_text() -> None:
    """Booleans in JSON's spelling, nothing for None."""
    lookup = known(
        {
            "stripe_product.pro.id": "prod_1",
            "stripe_price.m.recurring.interval": True,
            "output.catalogue.pro_id": None,
            "data.stripe_coupon.c.id": 5,
        }
    )
    text = f"<{PRO}|{INTERVAL}|{OUTPUT}|{LOOKED_UP}>"
    assert resolve(text, lookup) == "<prod_1|true||5>"


def test_one_unknown_part_makes_all_of_a_text_unknown() -> None:
    """And nothing beside that text."""
    lookup = known({"stripe_product.pro.id": UNKNOWN, "output.catalogue.pro_id": "x"})
    document = {"a": f"{OUTPUT}-{PRO}", "b": OUTPUT, "c": PRO, "d": Sensitive(PRO)}
    found = resolve(document, lookup)
    assert found == {"a": UNKNOWN, "b": "x", "c": UNKNOWN, "d": UNKNOWN}


def test_one_secret_part_makes_all_of_a_text_secret() -> None:
    """A text with a secret in it is as secret as that."""
    lookup = known({"stripe_product.pro.id": Sensitive("s3"), "output.catalogue.pro_id": "x"})
    assert resolve(f"{OUTPUT}:{PRO}", lookup) == Sensitive("x:s3")
    assert resolve(PRO, lookup) == Sensitive("s3")
    assert resolve(Sensitive(OUTPUT), lookup) == Sensitive("x")


def test_an_escape_stands_for_its_plain_text() -> None:
    """`$${` is how a text says `${`."""
    lookup = known({"stripe_product.pro.id": "prod_1"})
    assert resolve("$${x}", lookup) == "${x}"
    assert resolve(f"$${{x}} {PRO}", lookup) == "${x} prod_1"


def test_what_is_resolved_is_a_new_structure() -> None:
    """The given one is untouched."""
    document = {"a": [PRO, {"b": PRO}]}
    resolve(document, known({"stripe_product.pro.id": "prod_1"}))
    assert document == {"a": [PRO, {"b": PRO}]}


@given(JSON)
def test_a_document_without_references_stays_as_it_is(document: Any) -> None:
    """Whatever is in it."""
    assert resolve(document, known({})) == document
    assert list(targets_in(document)) == []


# ── secrets, fingerprints, markers ────────────────────────────────────────────────────────


def test_a_secret_shows_itself_to_nobody() -> None:
    """Neither printed, nor formatted, nor inside something else."""
    secret = Sensitive("hunter2")
    for text in (str(secret), repr(secret), f"{secret}", str({"a": [secret]})):
        assert "hunter2" not in text
        assert "(sensitive)" in text


def test_a_secret_is_not_written_down_by_a_pickle() -> None:
    """Neither it nor what holds it; a copy is the secret itself."""
    secret = Sensitive("hunter2")
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="cannot be pickled") as raised:
            pickle.dumps({"a": [secret]}, protocol)
        assert "hunter2" not in str(raised.value)
    assert copy.deepcopy([secret])[0] is secret
    assert copy.copy(secret) is secret


def test_the_wrapping_comes_off_everywhere() -> None:
    """For the one place that may see it."""
    document = {"a": [Sensitive({"b": Sensitive(1)})], "c": (Sensitive("x"),), "d": None}
    assert plain(document) == {"a": [{"b": 1}], "c": ["x"], "d": None}


def test_a_fingerprint_tells_change_and_nothing_else() -> None:
    """The same for the same value and salt, another for any other."""
    first = fingerprint("secret", "salt")
    assert first == fingerprint("secret", "salt")
    assert first not in {fingerprint("secret", "pepper"), fingerprint("Secret", "salt")}
    assert len(first) == 16
    assert "secret" not in first


@pytest.mark.parametrize("marker", [UNKNOWN, CLEAR, ABSENT])
def test_markers_are_one_of_a_kind(marker: Any) -> None:
    """Copies are the marker itself, so that `is` works everywhere."""
    assert copy.deepcopy({"a": marker})["a"] is marker
    assert copy.copy(marker) is marker
    assert repr(marker) in {"UNKNOWN", "CLEAR", "ABSENT"}


# ── paths ─────────────────────────────────────────────────────────────────────────────────


def test_paths_are_printed_as_people_write_them() -> None:
    """Dots and brackets."""
    assert dotted(("features", "products", 0, "prices", 12)) == "features.products[0].prices[12]"
    assert dotted(()) == ""


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (("a", 0, "b"), 1),
        (("a",), [{"b": 1}]),
        ((), {"a": [{"b": 1}], "t": "text"}),
        (("a", 1), "none"),
        (("a", "b"), "none"),
        (("x", "y"), "none"),
        (("t", 0), "none"),
        (("a", 0, "b", "c"), "none"),
    ],
)
def test_a_path_is_followed_as_far_as_it_goes(path: Any, found: Any) -> None:
    """A step that is missing gives the default, and a text is no list of letters."""
    assert get_path({"a": [{"b": 1}], "t": "text"}, path, "none") == found


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (("a",), {"b": None}),
        (("a", "b"), None),
        (("a", "b", "c"), None),
        (("a", "x"), ABSENT),
        (("u", "b"), UNKNOWN),
    ],
)
def test_reach(path: tuple[str, ...], found: object) -> None:
    """What is below a null is null, what is below an unknown is unknown."""
    assert reach({"a": {"b": None}, "u": UNKNOWN}, path, ABSENT) == found


def test_escaped_text_resolves_to_itself() -> None:
    """Text of Stripe's that looks like a reference or a literal comes through as it is."""
    text = {"a": ["${stripe_product.pro.id}", "$${x}", "$$${y}", 7]}
    assert resolve(escaped(text), lambda _: "other") == text


def test_unescaped_keeps_references() -> None:
    """Literals lose their second dollar; references stay written out."""
    assert unescaped(["$${x}", "${stripe_product.pro.id}!"]) == [
        "${x}",
        "${stripe_product.pro.id}!",
    ]
