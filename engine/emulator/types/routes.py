"""Find the operation of a method and a path, from the catalog's paths."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from urllib.parse import unquote_plus

from engine.emulator.types.kinds import ObjectKind, kinds, outlines
from engine.emulator.types.not_emulated import not_emulated
from engine.emulator.types.verbs import LIST_INSIDE, RETRIEVE, is_emulated
from engine.emulator.wire import errors
from engine.frozen import frozen


@frozen
class Match:
    """What a request asks for.

    Attributes:
        kind: Of which type.
        operation: `create`, `retrieve`, `update`, `delete`, `list`, `list_inside`, or a verb such
            as `archive`.
        path: As it was sent.
        id: Of the object; empty for the collection's operations.
        parent: Id of the parent, of a child.
        inside: Field of the object that holds the list, of `list_inside`.
    """

    kind: ObjectKind
    operation: str
    path: str
    id: str = ""
    parent: str = ""
    inside: str = ""


@dataclass(slots=True)
class _Node:
    """One step of the paths: its operations by method, and the steps that follow.

    Attributes:
        steps: Following nodes by literal step.
        placeholder: Following node for any other step.
        targets: Object name and operation by method; also those that are not emulated, so that
            they are refused rather than read as an id.
    """

    steps: dict[str, _Node] = field(default_factory=dict)
    placeholder: _Node | None = None
    targets: dict[str, tuple[str, str]] = field(default_factory=dict)


def match(method: str, path: str) -> Match:
    """Find the operation of a request.

    Raises:
        StripeRefusal: Stripe has none there, or it is not emulated.
    """
    found = _found(method, path) or _list_inside(method, path)
    if found is None or not is_emulated(found.kind, found.operation):
        kept = any(_found(verb, path) is not None for verb in ("GET", "POST", "DELETE"))
        area = not_emulated(method, path, kept=kept)
        raise (
            errors.not_emulated(area, method, path)
            if area
            else errors.unrecognized_url(method, path)
        )
    return found


def _list_inside(method: str, path: str) -> Match | None:
    """The list of what an object holds: `.../line_items`, and lists that it shows if expanded."""
    holder, _, name = path.rpartition("/")
    found = _found(method, holder) if method == "GET" else None
    if found is None or found.operation != RETRIEVE:
        return None
    page = found.kind.sub_lists.get(name)
    if page is None or (page.object and name not in found.kind.hidden):
        return None
    return replace(found, operation=LIST_INSIDE, path=path, inside=name)


def _found(method: str, path: str) -> Match | None:
    node: _Node | None = _tree()
    ids: list[str] = []
    for step in path.split("/")[1:]:
        if node is None:
            break
        following = node.steps.get(step)
        if following is None and step:
            # The SDK spells a blank in a path as a plus.
            following = node.placeholder
            ids.append(unquote_plus(step))
        node = following
    if node is None or method not in node.targets:
        return None
    object, operation = node.targets[method]
    kind = kinds()[object]
    parent = ids.pop(0) if kind.parent else ""
    return Match(kind=kind, operation=operation, path=path, id=ids[0] if ids else "", parent=parent)


@cache
def _tree() -> _Node:
    root = _Node()
    for object, entry in outlines().items():
        for name, operation in entry.operations.items():
            node = root
            for step in operation.path.split("/")[1:]:
                node = _following(node, step)
            node.targets.setdefault(operation.method.upper(), (object, name))
    return root


def _following(node: _Node, step: str) -> _Node:
    if not step.startswith("{"):
        return node.steps.setdefault(step, _Node())
    if node.placeholder is None:
        node.placeholder = _Node()
    return node.placeholder
