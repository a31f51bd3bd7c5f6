"""The colours of pictures: readable, light and dark."""

from __future__ import annotations

import pytest

from engine.plan.model import Action
from engine.views.picture.theme import DARK, LIGHT, Theme, paired_style, style

THEMES = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])


def luminance(colour: str) -> float:
    """The relative luminance of a colour, as WCAG 2 defines it."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, as WCAG 2 defines it."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_that_of_the_standard() -> None:
    """Black on white is 21, and #767676 is the lightest grey with 4.5."""
    assert round(contrast("#000000", "#ffffff"), 1) == 21
    assert round(contrast("#767676", "#ffffff"), 2) == 4.54


@THEMES
def test_every_text_can_be_read(theme: Theme) -> None:
    """4.5 to 1 at least, for names, types, symbols, stacks and the legend."""
    hues = [theme.hue(action) for action in Action]
    pairs = [(text, hue.fill) for hue in hues for text in (theme.ink, theme.faint)]
    pairs += [(theme.on_line, hue.line) for hue in hues]
    pairs += [(theme.ink, theme.stack), (theme.ink, theme.node), (theme.faint, theme.node)]
    pairs += [(theme.faint, theme.paper)]
    assert [pair for pair in pairs if contrast(*pair) < 4.5] == []


@THEMES
def test_every_line_can_be_seen(theme: Theme) -> None:
    """3 to 1 at least: edges, and the frames of what changes."""
    lines = [theme.edge, theme.output, *(theme.hue(action).line for action in Action)]
    assert [line for line in lines if contrast(line, theme.stack) < 3] == []


def test_a_file_follows_the_system() -> None:
    """Light, and dark where that is preferred."""
    light, _, dark = style().partition("@media (prefers-color-scheme:dark){")
    assert f".engine-picture text{{fill:{LIGHT.ink}}}" in light
    assert f".engine-picture text{{fill:{DARK.ink}}}" in dark
    assert LIGHT.ink not in dark


def test_all_rules_are_for_pictures_alone() -> None:
    """In a page they change nothing else, and they load nothing."""
    selectors = [rule.partition("{")[0] for rule in paired_style().split("}") if rule]
    parts = [part for selector in selectors for part in selector.split(",")]
    assert all(part.startswith(".engine-picture ") for part in parts)
    assert not any(word in style() for word in ("url(", "@import", "@font-face"))


def test_a_page_that_chooses_itself_gets_both_colours_of_each_rule() -> None:
    """The light one first; nothing asks the system."""
    rules = paired_style()
    assert f"light-dark({LIGHT.ink},{DARK.ink})" in rules
    hue, dark = LIGHT.hue(Action.REPLACE), DARK.hue(Action.REPLACE)
    assert f".replace .badge{{fill:light-dark({hue.line},{dark.line})}}" in rules
    assert "@media" not in rules
    assert ".dark" not in rules
