"""Secrets, and what is kept of them."""

from __future__ import annotations

import copy
import pickle

import pytest

from engine.values.secret import (
    Sealed,
    Sensitive,
    fingerprint,
    holds_secret,
    is_secret,
    plain,
    sealed_from_json,
    sealed_to_json,
)


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


def test_what_is_kept_of_a_secret_is_a_value() -> None:
    """Equal and hashable by its fingerprint, and without the secret."""
    kept = Sealed.of("hunter2", "salt")
    assert kept == Sealed(fingerprint("hunter2", "salt"))
    assert {kept, Sealed.of("hunter2", "salt")} == {kept}
    assert kept != Sealed.of("hunter2", "pepper")
    assert "hunter2" not in f"{kept} {kept!r}"
    assert [is_secret(value) for value in (kept, Sensitive("x"), {"$sensitive": "x"})] == [
        True,
        True,
        False,
    ]


def test_what_is_kept_of_a_secret_has_one_form_in_files() -> None:
    """The form that states and plans had from the beginning, wherever it is."""
    kept = Sealed("0123456789abcdef")
    document = {"a": [{"$sensitive": "0123456789abcdef"}, 1], "b": None}
    assert sealed_to_json({"a": (kept, 1), "b": None}) == document
    assert sealed_from_json(document) == {"a": [kept, 1], "b": None}


@pytest.mark.parametrize("other", [{"$sensitive": 1}, {"$sensitive": "a", "b": "c"}, {}])
def test_another_document_is_no_fingerprint(other: dict[str, object]) -> None:
    """Metadata may have any key."""
    assert sealed_from_json(other) == other


def test_a_fingerprint_of_a_document_is_that_of_its_form_in_files() -> None:
    """The fingerprints that states have of such documents stay what they were."""
    kept = Sealed("01")
    assert fingerprint({"a": [kept]}, "s") == fingerprint(sealed_to_json({"a": [kept]}), "s")


def test_anything_with_a_secret_inside_holds_secret() -> None:
    """However deep it is."""
    assert holds_secret({"a": [{"b": Sealed("1")}]})
    assert holds_secret(Sensitive("x"))
    assert not holds_secret({"a": ["b", 1]})
