"""The colours of pictures, light and dark, and the style of an SVG.

Every text has a contrast of 4.5 to 1 with what is behind it, and no action is known by its colour
alone: each node has the symbol of the plan too.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

from engine.frozen import frozen
from engine.plan.model import Action

_GREEN, _AMBER, _PURPLE, _RED, _BLUE, _GREY = "green", "amber", "purple", "red", "blue", "grey"
_HUES = {
    Action.CREATE: _GREEN,
    Action.REVIVE: _GREEN,
    Action.UPDATE: _AMBER,
    Action.REPLACE: _PURPLE,
    Action.DELETE: _RED,
    Action.IMPORT: _BLUE,
    Action.READ: _BLUE,
    Action.MOVE: _BLUE,
    Action.FORGET: _GREY,
    Action.NO_OP: _GREY,
}


@frozen(kw_only=False)
class Hue:
    """The colours of one kind of node.

    Attributes:
        fill: Behind its name.
        line: Around it, and behind its symbol.
    """

    fill: str
    line: str


@frozen
class Theme:
    """The colours of a drawing.

    Attributes:
        paper: Behind everything.
        stack: Behind the nodes of a stack.
        frame: Around a stack, and around a node without an action.
        node: Behind the name of a node without an action.
        ink: Names.
        faint: Types, and the legend.
        on_line: Symbols, on the line colour of their hue.
        edge: References.
        output: Edges between stacks.
        hues: The colours of actions.
    """

    paper: str
    stack: str
    frame: str
    node: str
    ink: str
    faint: str
    on_line: str
    edge: str
    output: str
    hues: Mapping[str, Hue]

    def hue(self, action: Action) -> Hue:
        """The colours of an action."""
        return self.hues[_HUES[action]]


LIGHT = Theme(
    paper="#ffffff",
    stack="#f6f8fa",
    frame="#c3cad3",
    node="#ffffff",
    ink="#1b2129",
    faint="#525c68",
    on_line="#ffffff",
    edge="#7d8896",
    output="#0a5fc2",
    hues={
        _GREEN: Hue("#e3f6e8", "#187637"),
        _AMBER: Hue("#fdf3d8", "#8a5a00"),
        _PURPLE: Hue("#f2eafd", "#7440c8"),
        _RED: Hue("#fde9e8", "#c21f2b"),
        _BLUE: Hue("#e2effd", "#0a5fc2"),
        _GREY: Hue("#ffffff", "#5b6673"),
    },
)
DARK = Theme(
    paper="#0f141a",
    stack="#161c24",
    frame="#3a4450",
    node="#1e2630",
    ink="#e8edf3",
    faint="#a5b0bd",
    on_line="#0f141a",
    edge="#78838f",
    output="#6cb0ff",
    hues={
        _GREEN: Hue("#15301f", "#4cc670"),
        _AMBER: Hue("#33290f", "#e0ac3b"),
        _PURPLE: Hue("#2a2140", "#b794ff"),
        _RED: Hue("#391c20", "#ff8080"),
        _BLUE: Hue("#152a44", "#6cb0ff"),
        _GREY: Hue("#1e2630", "#98a3b0"),
    },
)

_ROOT = ".engine-picture"
_SANS = "ui-sans-serif,system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
_MONO = "ui-monospace,SFMono-Regular,Menlo,Consolas,monospace"
_SHAPES = (
    " text{font:600 13px " + _SANS + "}",
    " .name{font-size:15px;paint-order:stroke;stroke-width:5px;stroke-linejoin:round}",
    " .type,{0} .words{font-weight:400;font-size:11px}",
    " .words{font-size:12px}",
    " .symbol{font:700 13px " + _MONO + ";text-anchor:middle}",
    " .box{stroke-width:1.25}",
    " .line{fill:none;stroke-width:1.25}",
    " .depends_on .line{stroke-dasharray:5 4}",
    " .output .line{stroke-width:1.75}",
    " .many .line{stroke-width:.75;stroke-opacity:.5}",
    " .lookup .box,{0} .node.output .box{stroke-dasharray:5 4}",
)


def style() -> str:
    """The style of a drawing that is a file: dark where the system prefers that."""
    dark = "".join(_colours(DARK, _ROOT))
    rules = (*_shapes(), *_colours(LIGHT, _ROOT), f"@media (prefers-color-scheme:dark){{{dark}}}")
    return "".join(rules)


def paired_style() -> str:
    """The style of a drawing in a page that chooses light or dark by `color-scheme` itself."""
    return "".join((*_shapes(), *_colours(_paired(), _ROOT)))


def _shapes() -> Iterator[str]:
    yield from (_ROOT + shape.replace("{0}", _ROOT) for shape in _SHAPES)


def _paired() -> Theme:
    """Both themes in one, in which every colour is the pair of them."""
    plain = {
        field.name: f"light-dark({getattr(LIGHT, field.name)},{getattr(DARK, field.name)})"
        for field in dataclasses.fields(Theme)
        if field.name != "hues"
    }
    hues = {
        name: Hue(
            f"light-dark({light.fill},{DARK.hues[name].fill})",
            f"light-dark({light.line},{DARK.hues[name].line})",
        )
        for name, light in LIGHT.hues.items()
    }
    return Theme(hues=hues, **plain)


def _colours(theme: Theme, root: str) -> Iterator[str]:
    yield f"{root} .paper{{fill:{theme.paper}}}"
    yield f"{root} .stack rect{{fill:{theme.stack};stroke:{theme.frame}}}"
    yield f"{root} text{{fill:{theme.ink}}}{root} .name{{stroke:{theme.stack}}}"
    yield f"{root} .type,{root} .words{{fill:{theme.faint}}}"
    yield f"{root} .box{{fill:{theme.node};stroke:{theme.frame}}}"
    yield f"{root} .symbol{{fill:{theme.on_line}}}"
    yield f"{root} .line{{stroke:{theme.edge}}}{root} .arrow{{fill:{theme.edge}}}"
    yield (
        f"{root} .edge.output .line{{stroke:{theme.output}}}"
        f"{root} .edge.output .arrow{{fill:{theme.output}}}"
    )
    for action, name in _HUES.items():
        hue = theme.hues[name]
        yield f"{root} .{action.value} .box{{fill:{hue.fill};stroke:{hue.line}}}"
        yield f"{root} .{action.value} .badge{{fill:{hue.line}}}"
