"""Secrets, and what is kept of them."""

from __future__ import annotations

import copy
import pickle

import pytest

from engine.values.secret import Sensitive, fingerprint, plain


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
