"""Resources and what they refer to, as a document."""

from __future__ import annotations

from typing import Any

from engine.views.json.values import FORMAT_VERSION
from engine.views.picture.model import Node, Picture


def picture_document(picture: Picture) -> dict[str, Any]:
    """Write nodes and edges."""
    nodes = {node.key: node for node in picture.nodes}
    return {
        "format_version": FORMAT_VERSION,
        "nodes": [
            {
                **_place(node),
                "type": node.type or None,
                "name": node.label,
                "kind": node.kind.value,
                "action": node.action.value if node.action is not None else None,
            }
            for node in picture.nodes
        ],
        "edges": [
            {
                "from": _place(nodes[edge.source]),
                "to": _place(nodes[edge.target]),
                "kind": edge.kind.value,
            }
            for edge in picture.edges
        ],
    }


def _place(node: Node) -> dict[str, str]:
    return {"stack": node.stack, "address": node.address}
