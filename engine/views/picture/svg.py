"""A picture as SVG: one file that refers to nothing outside of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from html import escape
from itertools import pairwise
from typing import TypeAlias

from engine.views.picture.geometry import Box
from engine.views.picture.labels import (
    edge_kinds_in,
    edge_words,
    plain,
    sentence,
    shortened,
    summary,
    symbols_in,
    type_of,
)
from engine.views.picture.layout import HEAD, Layout, lay_out
from engine.views.picture.model import Edge, Node, NodeKind, Picture
from engine.views.picture.routes import Route
from engine.views.picture.theme import style
from engine.views.vocabulary import SYMBOLS

_MARGIN = 24
_NARROWEST = 480
_LABEL, _TYPE = 23, 28
_LABEL_WITH_SYMBOL, _TYPE_WITH_SYMBOL = 18, 24
"""Columns of text that fit into a node."""
_BULGE = 48
_ARROW = 7
_LEGEND_ROW = 30
_MANY = 24
"""Edges of a node whose lines are drawn thin, so that they do not run together."""


Link: TypeAlias = Callable[[Node], str]
"""Where a click on a node leads, `#shop:stripe_price.pro`; empty for nowhere."""


def svg(picture: Picture) -> str:
    """Draw a picture as a file, which is dark where the system prefers that.

    Each node is a `<g class="node">` with `data-address` and `data-stack`, each edge a
    `<g class="edge">` with `data-from` and `data-to`, which have the stack before the address.
    """
    return "\n".join(_whole(picture, style(), role="img", link=lambda _: ""))


def svg_in_page(picture: Picture, link: Link) -> str:
    """Draw a picture within a page, which has the style, `paired_style`, and what links lead to."""
    return "".join(_whole(picture, "", role="group", link=link))


def _whole(picture: Picture, css: str, *, role: str, link: Link) -> Iterator[str]:
    layout = lay_out(picture)
    inner = max(layout.size.width, _NARROWEST)
    below = layout.size.height + _MARGIN
    legend, rows = _legend(picture, inner, below)
    width = inner + 2 * _MARGIN
    height = below + rows * _LEGEND_ROW + _MARGIN
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="engine-picture" role="{role}" '
        f'viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'aria-label="{escape(summary(picture))}">'
    )
    if css:
        yield f"<style>{css}</style>"
    yield f'<rect class="paper" width="{width}" height="{height}"/>'
    yield f'<g transform="translate({_MARGIN} {_MARGIN})">'
    yield from _drawing(picture, layout, link)
    yield from legend
    yield "</g>"
    yield "</svg>"


def _drawing(picture: Picture, layout: Layout, link: Link) -> Iterator[str]:
    for stack, box in layout.stacks.items():
        yield _stack(stack, box)
    # Below the names of all, so that no edge ever hides one.
    edges_at = Counter(end for edge in picture.edges for end in (edge.source, edge.target))
    for edge, route in layout.routes:
        many = max(edges_at[edge.source], edges_at[edge.target]) > _MANY
        yield _edge(edge, route, many=many)
    for stack, box in layout.stacks.items():
        name = escape(shortened(plain(stack), box.width // 9))
        yield f'<text class="name" x="{box.x + 22}" y="{box.y + HEAD - 14}">{name}</text>'
    for node in picture.nodes:
        yield from _node(node, layout.nodes[node.key], link(node))


def _stack(stack: str, box: Box) -> str:
    return (
        f'<g class="stack" data-stack="{_attribute(stack)}"><rect x="{box.x}" y="{box.y}" '
        f'width="{box.width}" height="{box.height}" rx="12"/></g>'
    )


def _node(node: Node, box: Box, link: str) -> Iterator[str]:
    action = f" {node.action.value}" if node.action is not None else ""
    kind = "" if node.kind is NodeKind.RESOURCE else f" {node.kind.value}"
    element = "a" if link else "g"
    href = f' href="{_attribute(link)}"' if link else ""
    yield (
        f'<{element}{href} class="node{action}{kind}" data-address="{_attribute(node.address)}" '
        f'data-stack="{_attribute(node.stack)}" transform="translate({box.x} {box.y})">'
    )
    yield f"<title>{escape(sentence(node))}</title>"
    yield f'<rect class="box" width="{box.width}" height="{box.height}" rx="8"/>'
    left, label, type = 12, _LABEL, _TYPE
    if node.symbol:
        left, label, type = 48, _LABEL_WITH_SYMBOL, _TYPE_WITH_SYMBOL
        yield _badge(node.symbol, 8, 10)
    yield f'<text class="type" x="{left}" y="17">{escape(shortened(type_of(node), type))}</text>'
    name = escape(shortened(plain(node.label), label))
    yield f'<text class="label" x="{left}" y="34">{name}</text>'
    yield f"</{element}>"


def _badge(symbol: str, x: int, y: int) -> str:
    return (
        f'<rect class="badge" x="{x}" y="{y}" width="32" height="24" rx="6"/>'
        f'<text class="symbol" x="{x + 16}" y="{y + 17}">{escape(symbol)}</text>'
    )


def _attribute(text: str) -> str:
    return escape(plain(text))


def _edge(edge: Edge, route: Route, *, many: bool) -> str:
    classes = f"edge {edge.kind.value}{' many' if many else ''}"
    side = -_ARROW if route.from_left else _ARROW
    tip = route.points[-1]
    return (
        f'<g class="{classes}" data-from="{_attribute(edge.source)}" '
        f'data-to="{_attribute(edge.target)}"><path class="line" d="{_path(route, side)}"/>'
        f'<path class="arrow" d="M{tip.x} {tip.y}l{side} -4v8z"/></g>'
    )


def _path(route: Route, side: int) -> str:
    """A line that leaves and enters all of its points level, and ends where the arrow begins."""
    *points, tip = route.points
    points.append(tip._replace(x=tip.x + side))
    text = f"M{points[0].x} {points[0].y}"
    for index, (before, after) in enumerate(pairwise(points)):
        if index % 2 or (before.y == after.y and not route.around):
            text += f"H{after.x}"
            continue
        bend = (before.x + after.x) // 2
        if route.around:
            bend = max(before.x, after.x) + _BULGE
        text += f"C{bend} {before.y} {bend} {after.y} {after.x} {after.y}"
    return text


def _legend(picture: Picture, width: int, top: int) -> tuple[list[str], int]:
    """What the symbols and the lines mean, and the number of its rows."""
    entries = [
        (action.value, _badge(symbol, 0, -17), SYMBOLS[symbol][0])
        for symbol, action in symbols_in(picture).items()
    ]
    entries += [
        (
            f"edge {kind.value}",
            f'<path class="line" d="M32 -5H7"/><path class="arrow" d="M0 -5l{_ARROW} -4v8z"/>',
            edge_words(kind),
        )
        for kind in edge_kinds_in(picture)
    ]
    lines: list[str] = []
    x = row = 0
    for classes, sample, words in entries:
        room = 40 + 7 * len(words) + 28
        if x and x + room > width:
            x, row = 0, row + 1
        y = top + row * _LEGEND_ROW + 17
        lines.append(
            f'<g class="legend {classes}" transform="translate({x} {y})">'
            f'{sample}<text class="words" x="40" y="0">{escape(words)}</text></g>'
        )
        x += room
    return lines, row + 1 if entries else 0
