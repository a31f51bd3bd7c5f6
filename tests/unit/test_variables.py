"""Variables: which value counts, and as what it is read."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine.errors import SettingsError
from engine.values.secret import Sensitive
from engine.variables import Given, Variables, read, variables_of

# ── which value counts ────────────────────────────────────────────────────────────────────


def test_flags_precede_files_and_files_the_environment(tmp_path: Path) -> None:
    """The later of two flags or files counts; each value knows where it is from."""
    first, second = tmp_path / "first.toml", tmp_path / "second.json"
    first.write_text('cents = 1\nsite = "first"\nevents = ["a"]\n', encoding="utf-8")
    second.write_text('{"cents": 2, "plan": "second"}', encoding="utf-8")
    found = variables_of(
        {"ENGINE_VAR_CENTS": "9", "ENGINE_VAR_Only": "env", "CENTS": "8"},
        [("plan", "x"), ("plan", "flag")],
        [("first.toml", first), ("second.json", second)],
    )
    assert found.find("cents") == Given(2, "second.json")
    assert found.find("site") == Given("first", "first.toml")
    assert found.find("events") == Given(["a"], "first.toml")
    assert found.find("plan") == Given("flag", "--var plan")
    assert found.find("ONLY") == found.find("only") == Given("env", "ENGINE_VAR_Only")
    assert found.find("other") is None


def test_names_that_nobody_reads_are_told(tmp_path: Path) -> None:
    """Of flags and files; an environment is shared with other programs."""
    file = tmp_path / "x.json"
    file.write_text('{"cent": 1, "site": ""}', encoding="utf-8")
    found = variables_of({"ENGINE_VAR_OTHER": "1"}, [("on", "1")], [("x.json", file)])
    assert found.unread(["site"]) == ("cent", "on")
    assert Variables().unread(()) == ()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.yaml", b"a: 1", "x.yaml is no file of variables: its name ends neither in"),
        ("x.json", None, "the variables in x.json cannot be read\nNo such file or directory"),
        ("x.json", b"{", "Expecting property name"),
        ("x.json", b"\xff", "can't decode byte"),
        ("x.json", b"[" * 100_000, "nested too deeply"),
        ("x.json", b"[1]", "It holds a list, not variables by name."),
        ("x.json", b'"a"', "It holds text, not variables by name."),
        ("x.json", b"7", "It holds a number, not variables by name."),
        ("x.json", b'{"a": 1, "b": 2, "a": 3}', "'a' is in it twice"),
        ("x.json", b'{"a": NaN}', "NaN is not a number"),
        ("x.toml", b"a = ", "Invalid value"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    """With the reason, and what such a file looks like."""
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(SettingsError) as raised:
        variables_of({}, (), [(name, tmp_path / name)])
    assert message in str(raised.value)


# ── as what it is read ────────────────────────────────────────────────────────────────────

MOMENT = dt.datetime(2027, 1, 31, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("value", "default", "wanted"),
    [
        ("Pro", "x", "Pro"),
        ("", "x", ""),
        ("2100", "x", "2100"),
        ("Pro", None, "Pro"),
        ("false", True, False),
        ("FALSE", True, False),
        ("0", True, False),
        ("no", True, False),
        ("off", True, False),
        (False, True, False),
        ("true", False, True),
        ("1", False, True),
        ("yes", False, True),
        ("on", False, True),
        ("2100", 1900, 2100),
        ("-1", 0, -1),
        ("007", 0, 7),
        (2100, 1900, 2100),
        ("0.5", 1.0, 0.5),
        ("7", 1.0, 7.0),
        (7, 1.0, 7.0),
        ("0.1", Decimal(1), Decimal("0.1")),
        (0.1, Decimal(1), Decimal("0.1")),
        ("2027-01-31T12:00:00Z", MOMENT, MOMENT),
        (MOMENT, MOMENT, MOMENT),
        ("a, b,c", ["x"], ["a", "b", "c"]),
        ("", ["x"], []),
        (" ", ["x"], []),
        ('["a,b", "c"]', ["x"], ["a,b", "c"]),
        ("1,2", [7], [1, 2]),
        ("[1, 2]", [7], [1, 2]),
        ('[1, "a"]', [], [1, "a"]),
        ("1,2", [7, "x"], ["1", "2"]),
        ("a,b", ("x",), ("a", "b")),
        (["a"], ["x"], ["a"]),
        ('{"pro": 2100}', {"pro": 1900, "basic": 900}, {"pro": 2100}),
        ({"pro": "2100"}, {"pro": 1900}, {"pro": 2100}),
        ('{"a": [1], "b": null}', {}, {"a": [1], "b": None}),
        ('{"pro": {"usd": 1}}', {"pro": {"usd": 2}}, {"pro": {"usd": 1}}),
    ],
)
def test_a_value_has_the_type_of_its_default(value: Any, default: Any, wanted: Any) -> None:
    """Text is read as that type; a file's value of that type is taken as it is."""
    found = read(value, default)
    assert (found, type(found)) == (wanted, type(wanted))


@pytest.mark.parametrize(
    ("value", "default", "takes"),
    [
        (7, "x", "text"),
        (None, "x", "text"),
        (True, None, "text"),
        ("maybe", True, "true or false"),
        ("", True, "true or false"),
        ("2", True, "true or false"),
        (1, True, "true or false"),
        ("21,00", 1900, "a whole number"),
        ("21.5", 1900, "a whole number"),
        ("1e3", 1900, "a whole number"),
        ("٢١", 1900, "a whole number"),
        ("", 1900, "a whole number"),
        ("1_900", 1900, "a whole number"),
        ("9" * 5000, 1900, "a whole number"),
        (21.0, 1900, "a whole number"),
        (True, 1900, "a whole number"),
        ("x", 1.0, "a number"),
        ("nan", 1.0, "a number"),
        ("1e999", 1.0, "a number"),
        (False, 1.0, "a number"),
        ("inf", Decimal(1), "a decimal number"),
        ([], Decimal(1), "a decimal number"),
        ("tomorrow", MOMENT, "a time such as 2027-01-31T12:00:00Z"),
        (7, MOMENT, "a time such as 2027-01-31T12:00:00Z"),
        ("[1", ["x"], "a list"),
        (7, ["x"], "a list"),
        ("1,x", [7], "a list, each entry a whole number"),
        ("[[]]", [{}], "a list, each entry a map"),
        ("a=1", {}, "a map"),
        ("[1]", {}, "a map"),
        ('{"a": 1, "a": 2}', {}, "a map"),
        ('{"pro": "x"}', {"pro": 1}, "a map, each entry a whole number"),
    ],
)
def test_what_cannot_be_read_as_the_type_is_refused(value: Any, default: Any, takes: str) -> None:
    """Nothing is guessed: what is taken is told."""
    with pytest.raises(ValueError, match=rf"^{takes}$"):
        read(value, default)


def test_a_secret_default_makes_its_value_secret() -> None:
    """And it has the type of what is inside."""
    found = read("12345678", Sensitive(1))
    assert isinstance(found, Sensitive)
    assert found.value == 12345678


def test_a_default_of_another_type_is_none() -> None:
    """A set has no order to write down."""
    with pytest.raises(TypeError, match=r"^set$"):
        read("a", {"a"})
