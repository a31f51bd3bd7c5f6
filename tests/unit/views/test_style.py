"""When there are colours, and what they look like."""

from __future__ import annotations

import pytest

from engine.views.style import PLAIN, Style, wants_colour


@pytest.mark.parametrize(
    ("terminal", "refused", "environ", "expected"),
    [
        (True, False, {}, True),
        (False, False, {}, False),
        (True, True, {"FORCE_COLOR": "1"}, False),
        (True, False, {"NO_COLOR": "1"}, False),
        (True, False, {"NO_COLOR": ""}, True),
        (True, False, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        (False, False, {"FORCE_COLOR": "1"}, True),
        (True, False, {"FORCE_COLOR": "0"}, False),
        (True, False, {"TERM": "dumb"}, False),
    ],
)
def test_the_flag_then_the_variables_then_the_terminal_decide(
    *, terminal: bool, refused: bool, environ: dict[str, str], expected: bool
) -> None:
    """Each row is one rule of precedence."""
    assert wants_colour(terminal=terminal, refused=refused, environ=environ) is expected


def test_paint_wraps_text_in_codes_and_takes_them_off_again() -> None:
    """A style ends what it begins."""
    assert Style(colour=True).paint("x", "bold", "red") == "\x1b[1;31mx\x1b[0m"


@pytest.mark.parametrize(
    ("style", "text", "names"),
    [(PLAIN, "x", ("red",)), (Style(colour=True), "x", ()), (Style(colour=True), "", ("red",))],
)
def test_there_is_nothing_to_paint(style: Style, text: str, names: tuple[str, ...]) -> None:
    """Without colour, names or text, the text comes back."""
    assert style.paint(text, *names) == text
