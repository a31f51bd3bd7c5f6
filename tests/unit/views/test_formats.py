"""Each format has a view, found by its name."""

from __future__ import annotations

import inspect

import pytest

from engine.views.formats import FORMATS, TEXT, view_of
from engine.views.json.view import JsonView
from engine.views.style import PLAIN
from engine.views.text.view import TextView
from engine.views.view import View, ViewOptions

VIEWS: dict[str, type[View]] = {TEXT: TextView, "json": JsonView}


def test_every_format_is_checked_here() -> None:
    """The type checker compares what stands above with the protocol."""
    assert {name: view_of(name) for name in FORMATS} == VIEWS


@pytest.mark.parametrize("name", FORMATS)
def test_a_view_has_a_page_for_each_thing_that_commands_show(name: str) -> None:
    """A format that lacks one would fail in the middle of a command."""
    view = view_of(name)(ViewOptions(style=PLAIN))
    for page, _ in inspect.getmembers(View, inspect.isfunction):
        assert callable(getattr(view, page)), page


@pytest.mark.parametrize("name", FORMATS)
def test_all_but_text_have_an_option(name: str) -> None:
    """`engine plan --NAME`; its help is in the list."""
    assert bool(FORMATS[name].help) == (name != TEXT)
