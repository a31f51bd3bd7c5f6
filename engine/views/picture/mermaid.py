"""A picture in Mermaid, which GitHub and GitLab draw in Markdown.

Whatever could mean something to Mermaid, to Markdown or to HTML is written as the number of its
character (`#59;`), so that a name is only ever shown. The names of nodes are numbers for the same
reason: `end` as a name breaks a picture.
"""

from __future__ import annotations

import re

from engine.views.picture.labels import plain, type_of
from engine.views.picture.model import EdgeKind, Node, NodeKind, Picture
from engine.views.picture.theme import LIGHT

MOST_CHARACTERS, MOST_EDGES = 50_000, 500
"""What Mermaid draws unless it is configured, as by GitHub: `maxTextSize` and `maxEdges`."""

_ARROWS = {EdgeKind.REFERENCE: "-->", EdgeKind.DEPENDS_ON: "-.->", EdgeKind.OUTPUT: "==>"}
# Letters and digits are text everywhere, and so is a sign between two of them; two blanks are one.
_TEXT = re.compile(r"[^\W_]+(?:[._:-][^\W_]+)*| ")


def mermaid(picture: Picture) -> str:
    """Write a picture for a block of Markdown."""
    names = {node.key: f"n{number}" for number, node in enumerate(picture.nodes)}
    lines = ["flowchart RL"]
    for number, (stack, nodes) in enumerate(picture.stacks.items()):
        lines += [
            f'  subgraph s{number}["{_label(stack)}"]',
            *(f"    {_node(names[node.key], node)}" for node in nodes),
            "  end",
        ]
    lines += (
        f"  {names[edge.source]} {_ARROWS[edge.kind]} {names[edge.target]}"
        for edge in picture.edges
    )
    actions = dict.fromkeys(node.action for node in picture.nodes if node.action is not None)
    for action in actions:
        hue = LIGHT.hue(action)
        lines.append(
            f"  classDef {_class(action.value)} fill:{hue.fill},stroke:{hue.line},color:{LIGHT.ink}"
        )
    return "\n".join(lines)


def beyond_mermaid(picture: Picture, text: str) -> str:
    """Say that a picture is larger than what Mermaid draws; empty if it is not."""
    characters, edges = len(text), len(picture.edges)
    if characters <= MOST_CHARACTERS and edges <= MOST_EDGES:
        return ""
    return (
        f"Mermaid draws at most {MOST_EDGES} edges and {MOST_CHARACTERS:,} characters, unless it "
        f"is configured; this picture has {edges:,} and {characters:,}"
    )


def _node(name: str, node: Node) -> str:
    symbol = f"{node.symbol} " if node.symbol else ""
    label = f"{_label(type_of(node))}<br/>{_label(symbol + node.label)}"
    begin, end = ("[", "]") if node.kind is NodeKind.RESOURCE else ("([", "])")
    action = f":::{_class(node.action.value)}" if node.action is not None else ""
    return f'{name}{begin}"{label}"{end}{action}'


def _class(action: str) -> str:
    return action.replace("-", "_")


def _label(text: str) -> str:
    """A text that is shown as it is, whatever it holds."""
    shown = plain(text)
    parts: list[str] = []
    end = 0
    for match in _TEXT.finditer(shown):
        parts += (f"#{ord(sign)};" for sign in shown[end : match.start()])
        parts.append(match[0])
        end = match.end()
    parts += (f"#{ord(sign)};" for sign in shown[end:])
    return "".join(parts)
