"""Dotenv files: what each program that reads them makes of a value."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from engine.errors import UsageError
from engine.views.constants.dotenv import text_of
from tests.support.constants import HOSTILE, output, price, stack

VALUES = {
    "plain": "price_1AbC",
    "EMPTY": "",
    "spaces": " two  words ",
    "hash": "a # b",
    "dollar": "$HOME and $1",
    "double": 'say "hi"',
    "single": "it's",
    "backtick": "`id`",
    "lines": "one\ntwo",
    "tab": "a\tb",
    "unicode": "Größe € 日本 🎉",
    "url": "https://example.com/a?b=c&d=%20",
    "slash": "a\\nb",
    "equals": "a=b",
    "tilde": "~/x",
    "glob": "*",
    "semicolon": "a; exit 1",
    "whole": 14,
    "flag": True,
    "nothing": None,
    "map": {"b": 'it\'s "${HOME}" \\ \\\\', "a": [1, HOSTILE]},
}
TEXT = text_of([stack(*(output(name, value) for name, value in VALUES.items()))])


def expected(value: object) -> str:
    """A value as a program reads it."""
    return value if isinstance(value, str) else json.dumps(value)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The file with all of them."""
    path = tmp_path / ".env"
    path.write_text(TEXT, encoding="utf-8")
    return path


def same(name: str, found: str) -> bool:
    """Whether what was read is the value, JSON by what it means."""
    value = VALUES[name]
    return found == value if isinstance(value, str) else json.loads(found) == value


def read_by(command: list[str], folder: Path) -> dict[str, str]:
    """The values that a program prints as JSON."""
    done = subprocess.run(  # noqa: S603 - programs of this machine
        command, cwd=folder, capture_output=True, check=True, encoding="utf-8", env={"PATH": "/bin"}
    )
    found: dict[str, str] = json.loads(done.stdout)
    return {name: found[name] for name in VALUES}


def test_a_shell_reads_each_value(file: Path) -> None:
    """With `set -a`, so that programs that it starts have them."""
    sh, python = shutil.which("sh"), shutil.which("python3")
    assert sh is not None
    assert python is not None
    script = (
        f"set -a; . ./.env; exec {python} -c 'import json, os; print(json.dumps(dict(os.environ)))'"
    )
    found = read_by([sh, "-c", script], file.parent)
    assert [name for name in VALUES if not same(name, found[name])] == []


def test_node_reads_each_value(file: Path) -> None:
    """By its own option, without a library."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    script = "console.log(JSON.stringify(process.env))"
    found = read_by([node, "--env-file=.env", "-e", script], file.parent)
    assert [name for name in VALUES if not same(name, found[name])] == []


# What python-dotenv's parser does with a value, by its documentation: in single quotes `\\` and
# `\'` are escapes, in double quotes those of Python, and `${NAME}` is replaced in all of them.
_BINDING = re.compile(
    r"^(?P<name>\w+)=(?:'(?P<single>(?:[^'\\]|\\.)*)'|\"(?P<double>(?:[^\"\\]|\\.)*)\"|(?P<bare>[^\n]*))$",
    re.MULTILINE | re.DOTALL,
)


def test_python_dotenv_reads_each_value() -> None:
    """Nothing in quotes is an escape to it, and nothing names a variable."""
    found: dict[str, str] = {}
    for match in _BINDING.finditer(TEXT):
        value = next(text for text in match.group("single", "double", "bare") if text is not None)
        assert "${" not in value
        if match["single"] is not None:
            assert not re.search(r"\\[\\']", value)
        if match["double"] is not None:
            assert "\\" not in value
        found[match["name"]] = value
    assert [name for name in VALUES if not same(name, found[name])] == []


def test_ids_are_written_without_quotes() -> None:
    """Docker's option --env-file knows none."""
    text = text_of(
        [stack(price(former=("price_old", "price_older"), label=HOSTILE), output("id", "prod_1"))]
    )
    assert [line for line in text.splitlines() if not line.startswith("#")] == [
        "",
        "STRIPE_PRICE_PRO_MONTHLY=price_pro-monthly",
        "STRIPE_PRICE_PRO_MONTHLY_FORMER=price_old,price_older",
        "id=prod_1",
    ]
    assert text.startswith("# Written by engine output")
    assert "# Stack saas in environment live: account acct_1, live mode\n" in text


@pytest.mark.parametrize(
    "value", ["it's $HOME", "a\\\\b", "a ${HOME}", "'\"", "a\r\nb", "a\x1b[31mb", "a\u202eb", "a\\"]
)
def test_what_programs_read_differently_is_refused(value: str) -> None:
    """By its name; a wrong value would be worse."""
    with pytest.raises(UsageError, match="no dotenv file can hold saas: text"):
        text_of([stack(output("text", value))])


def test_names_are_variables() -> None:
    """A dash and a digit first cannot be in one."""
    text = text_of([stack(output("trial-days", 14), output("2fa", 2), output("Mixed", 1))])
    assert {"trial_days=14", "_2fa=2", "Mixed=1"} <= set(text.splitlines())


def test_two_values_of_one_name_are_refused() -> None:
    """In one stack, and in two; the same value of two stacks is written once."""
    with pytest.raises(UsageError, match=r"a-b \(1\) and a_b \(2\) would both be a_b"):
        text_of([stack(output("a-b", 1), output("a_b", 2))])
    shop = stack(price(value="price_2"), stack="shop")
    with pytest.raises(UsageError, match="would both be STRIPE_PRICE_PRO_MONTHLY"):
        text_of([stack(price()), shop])
    passed_on = text_of([stack(output("id", "price_1")), stack(output("id", "price_1"), stack="b")])
    assert passed_on.count("id=price_1") == 1
    with pytest.raises(UsageError, match="would both be STRIPE_PRICE_PRO_MONTHLY_FORMER"):
        text_of([stack(price(former=("price_0",)), price("pro-monthly-former"))])
