"""A picture in DOT, the language of Graphviz.

In a quoted text DOT gives a meaning to quotes, in a label also to backslashes and to `&`. Where
other nodes are referred to, an edge points to them, as in Terraform's graphs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.views.picture.labels import plain, sentence, type_of
from engine.views.picture.model import EdgeKind, Node, NodeKind, Picture
from engine.views.picture.theme import LIGHT

_EDGES = {
    EdgeKind.REFERENCE: "",
    EdgeKind.DEPENDS_ON: ' [style="dashed"]',
    EdgeKind.OUTPUT: f' [color="{LIGHT.output}", penwidth="1.5"]',
}


_FONT = 'fontname="Helvetica,Arial,sans-serif"'
_BOX = f'shape="box", style="rounded,filled", {_FONT}, fontsize="11"'
_DEFAULTS = (
    f'graph [rankdir="RL", {_FONT}]',
    f'node [{_BOX}, color="{LIGHT.frame}", fillcolor="{LIGHT.node}", fontcolor="{LIGHT.ink}"]',
    f'edge [color="{LIGHT.edge}", arrowsize="0.7"]',
)


def dot(picture: Picture) -> str:
    """Write a picture for `dot -Tsvg` and its relatives."""
    names = _names(picture)
    lines = ["digraph engine {", *(f"  {line}" for line in _DEFAULTS)]
    for number, (stack, nodes) in enumerate(picture.stacks.items()):
        lines += [
            f'  subgraph "cluster_{number}" {{',
            f'    label="{_label(stack)}"',
            f'    color="{LIGHT.frame}"',
            *(f"    {names[node.key]} [{_attributes(node)}]" for node in nodes),
            "  }",
        ]
    lines += (
        f"  {names[edge.source]} -> {names[edge.target]}{_EDGES[edge.kind]}"
        for edge in picture.edges
    )
    return "\n".join([*lines, "}"])


def _names(picture: Picture) -> Mapping[str, str]:
    """What each node is called, quoted: its address with its stack."""
    names: dict[str, str] = {}
    used: set[str] = set()
    for node in picture.nodes:
        name = plain(node.key)
        while name in used:
            name += "'"
        used.add(name)
        names[node.key] = f'"{_quoted(name)}"'
    return names


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _label(text: str) -> str:
    """A text that is shown as it is: Graphviz reads entities in labels."""
    return _quoted(plain(text).replace("&", "&amp;"))


def _attributes(node: Node) -> str:
    return ", ".join(f'{name}="{value}"' for name, value in _attributes_of(node))


def _attributes_of(node: Node) -> Iterator[tuple[str, str]]:
    symbol = f"{node.symbol} " if node.symbol else ""
    yield "label", f"{_label(type_of(node))}\\n{_label(symbol + node.label)}"
    yield "tooltip", _label(sentence(node))
    if node.kind is not NodeKind.RESOURCE:
        yield "style", "rounded,filled,dashed"
    if node.action is not None:
        hue = LIGHT.hue(node.action)
        yield "color", hue.line
        yield "fillcolor", hue.fill
