"""Any literal document becomes any other one, and nothing around it changes."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.source.edit.module import edit_module
from engine.source.edit.request import LeafEdit, Site
from engine.values.markers import ABSENT

SITE = Site(address="stripe_product.pro", face="Product", name="pro", line=4)
BEFORE = '# above\nother = {"a": [1,  2]}\n\nmade = '
AFTER = "  # behind\nlast = {'a':1}\n"

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="$"), max_size=12)
SCALAR = TEXT | st.integers(-999, 10**6) | st.booleans()
VALUE = st.recursive(
    SCALAR,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.dictionaries(st.from_regex(r"[a-c]{1,2}", fullmatch=True), VALUE, max_size=4)


def written(fields: Mapping[str, Any], comments: list[bool]) -> str:
    """A call, on one line or on several, with comments."""
    if not any(comments):
        arguments = ['"pro"', *(f"{key}={value!r}" for key, value in fields.items())]
        return f"Product({', '.join(arguments)})"
    lines = [f"    {key}={value!r},  # of {key}\n" for key, value in fields.items()]
    return 'Product(\n    "pro",\n' + "".join(lines) + ")"


def value_of(text: str) -> dict[str, Any]:
    """The keywords of the call, evaluated."""
    statement = ast.parse(text).body[1]
    assert isinstance(statement, ast.Assign)
    assert isinstance(statement.value, ast.Call)
    return {str(word.arg): ast.literal_eval(word.value) for word in statement.value.keywords}


@settings(deadline=None, max_examples=80)
@given(FIELDS, FIELDS, st.lists(st.booleans(), max_size=2))
def test_any_keywords_become_any_others(
    old: dict[str, Any], new: dict[str, Any], comments: list[bool]
) -> None:
    """Every keyword has its new value, in a text that differs in the call alone."""
    text = BEFORE + written(old, comments) + AFTER
    edits = [
        LeafEdit(site=SITE, path=(key,), before=old.get(key, ABSENT), after=new.get(key, ABSENT))
        for key in {**old, **new}
    ]
    result = edit_module(text, edits, [SITE])
    assert result.refused == ()
    assert value_of(result.text) == new
    assert result.text.startswith(BEFORE + "Product(")
    assert result.text.endswith(")" + AFTER)
    assert all(f"# of {key}" in result.text for key in old if key in new and any(comments))


@settings(deadline=None, max_examples=15)
@given(FIELDS, FIELDS, st.lists(st.booleans(), max_size=2))
def test_what_was_formatted_stays_formatted(
    old: dict[str, Any], new: dict[str, Any], comments: list[bool]
) -> None:
    """`ruff format` has nothing to do after the edit of what it formatted."""
    text = formatted(f"made = {written(old, comments)}\n")
    site = Site(address=SITE.address, face=SITE.face, name=SITE.name, line=1)
    edits = [
        LeafEdit(site=site, path=(key,), before=old.get(key, ABSENT), after=new.get(key, ABSENT))
        for key in {**old, **new}
    ]
    result = edit_module(text, edits, [site])
    assert formatted(result.text) == result.text


def formatted(text: str) -> str:
    """What the formatter makes of a text."""
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "-"]
    done = subprocess.run(  # noqa: S603 - the formatter of this project
        command, input=text, capture_output=True, text=True, check=True
    )
    return done.stdout
