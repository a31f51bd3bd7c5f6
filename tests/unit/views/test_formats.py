"""Each format has a view, found by its name."""

from __future__ import annotations

import inspect

import pytest

from engine.views.formats import FORMATS, TEXT, option_of, report_view_of, view_of
from engine.views.html.view import HtmlView
from engine.views.json.view import JsonView
from engine.views.markdown.view import MarkdownView
from engine.views.style import PLAIN
from engine.views.text.view import TextView
from engine.views.view import ReportView, View, ViewOptions

WHOLE: dict[str, type[View]] = {TEXT: TextView, "json": JsonView}
REPORTS: dict[str, type[ReportView]] = {"markdown": MarkdownView, "html": HtmlView}


def test_every_format_is_checked_here() -> None:
    """The type checker compares what is above with the protocols."""
    assert {name: report_view_of(name) for name in FORMATS} == {**WHOLE, **REPORTS}
    assert {name: view_of(name) for name, one in FORMATS.items() if one.whole} == WHOLE


@pytest.mark.parametrize("name", FORMATS)
def test_a_view_has_a_page_for_each_thing_that_commands_show(name: str) -> None:
    """A format that lacks one would fail in the middle of a command."""
    view = report_view_of(name)(ViewOptions(style=PLAIN))
    protocol = View if FORMATS[name].whole else ReportView
    for page, _ in inspect.getmembers(protocol, inspect.isfunction):
        assert callable(getattr(view, page)), page


@pytest.mark.parametrize("name", REPORTS)
def test_a_format_without_all_pages_is_no_whole_view(name: str) -> None:
    """A command that shows another page does not offer it."""
    with pytest.raises(ValueError, match=name):
        view_of(name)


def test_each_format_has_an_option() -> None:
    """Its own where every command has it."""
    assert {name: option_of(name) for name in FORMATS} == {
        "text": "--format text",
        "json": "--json",
        "markdown": "--format markdown",
        "html": "--format html",
    }
