"""What is no secret key of Stripe is refused before anything is sent."""

from __future__ import annotations

import pytest

from tests.support.command_line import Engine

NOWHERE = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("key", "what"),
    [
        ("pk_test_51AbCdEf", "a publishable key (pk_...): it is for browsers"),
        ("pk_live_51AbCdEf", "a publishable key (pk_...): it is for browsers"),
        ("foo", "no secret key of Stripe: those begin with sk_test_, rk_test_, sk_live_ or"),
        ("sk_test_...", "no secret key of Stripe"),
        ("sk_test_51Ab cd", "no secret key of Stripe"),
        ("sk_test_51Ab\ncd", "no secret key of Stripe"),
        ("sk_51AbCdEf", "no secret key of Stripe"),
        ("$STRIPE_TEST_KEY", "no secret key of Stripe"),
        ('"sk_test_51AbCdEf"', "in quotation marks, which are part of the value here"),
        ("'sk_live_51AbCdEf'", "in quotation marks, which are part of the value here"),
        ("whsec_51AbCdEf", "the secret of a webhook endpoint (whsec_...), not an API key"),
        ("ek_test_51AbCdEf", "an ephemeral key (ek_...)"),
        ("env:STRIPE_TEST_KEY", "the name of a variable (env:...)"),
    ],
)
@pytest.mark.parametrize("words", [["plan"], ["apply", "--yes"], ["state", "rebuild"]])
def test_what_is_no_key_is_told_offline(
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    key: str,
    what: str,
) -> None:
    """What it is and where keys are; never the value, which may be another secret."""
    monkeypatch.setenv("STRIPE_API_KEY", key)
    monkeypatch.setenv("STRIPE_API_BASE", NOWHERE)
    monkeypatch.setenv("ENGINE_RETRIES", "0")
    ended = engine(*words)
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith(f"Error: the key in STRIPE_API_KEY is {what}")
    assert "copy a secret or a restricted key from the Dashboard" in ended.err
    assert "51AbCdEf" not in ended.err


@pytest.mark.parametrize(
    "key", ["sk_test_51Ab", "rk_test_51Ab", "sk_org_test_51Ab", "sk_test_51Ab\n"]
)
def test_a_key_is_taken_with_the_line_end_of_the_file_that_it_was_in(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    """Secrets that are mounted as files end in one; the account is then asked for."""
    monkeypatch.setenv("STRIPE_API_KEY", key)
    monkeypatch.setenv("STRIPE_API_BASE", NOWHERE)
    monkeypatch.setenv("ENGINE_RETRIES", "0")
    ended = engine("plan")
    assert ended.code == 1
    assert "the key in STRIPE_API_KEY" not in ended.err
    assert "127.0.0.1:9" in ended.err
