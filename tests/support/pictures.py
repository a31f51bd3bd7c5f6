"""Pictures for tests: of a catalogue of any size, and of single nodes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from engine.plan.model import Action
from engine.views.picture.model import Edge, EdgeKind, Node, Picture, picture_of
from engine.views.picture.sources import of_report
from tests.support import build

EVERY_ACTION = tuple(action for action in Action if action is not Action.READ)
HOSTILE = (
    '"><script>alert(1)</script>',
    "a\nb\r\n%% c",
    "back`tick` and | pipe [x] {y} (z)",
    "semi;colon #quot; &amp; end",
    'back\\slash\\" -->',
    "@team <!-- -->",
    "\x1b[31mred\x1b[0m \u202eright to left\u2069",
    "1. list - # title *bold* _it_",
    "${x} $(y) <b>",
    "\ud800half \ufffe",
    "]]>",
    "",
    "end",
)
"""What an account may call its objects."""


def node(address: str, stack: str = "shop", **parts: Any) -> Node:
    """A node at an address, called as its address says."""
    type, _, name = address.rpartition(".")
    return Node(**{"address": address, "stack": stack, "label": name, "type": type, **parts})


def chain(*addresses: str, stack: str = "shop") -> Picture:
    """Nodes of which each refers to the one before."""
    nodes = [node(address, stack) for address in addresses]
    edges = [Edge(later.key, earlier.key) for earlier, later in itertools.pairwise(nodes)]
    return picture_of(nodes, edges)


def catalogue(
    products: int, *, prices: int = 2, actions: Sequence[Action] = (Action.NO_OP,), loose: int = 3
) -> Picture:
    """Products with prices, a portal that offers all of them, and what refers to nothing.

    The resources have the actions in turn. A second stack has a link for each of some prices.
    """
    action = itertools.cycle(actions)
    changes = []
    for number in range(products):
        product = f"stripe_product.p{number}"
        changes.append(build.change(product, next(action)))
        changes += (
            build.change(f"stripe_price.p{number}-{each}", next(action), dependencies=(product,))
            for each in range(prices)
        )
    sold = tuple(str(change.address) for change in changes)
    changes.append(
        build.change("stripe_billing_portal_configuration.main", next(action), dependencies=sold)
    )
    changes += (build.change(f"stripe_tax_rate.t{each}", next(action)) for each in range(loose))
    links = (
        build.change(
            f"stripe_payment_link.buy{number}",
            next(action),
            dependencies=(f"shop:stripe_price.p{number}-0",),
        )
        for number in range(min(products, 5))
    )
    report = build.report(build.plan(*changes, stack="shop"), build.plan(*links, stack="site"))
    return of_report(report)


def hostile() -> Picture:
    """Stacks, types and names that try to be something else than text."""
    nodes = [
        Node(address=f"stripe_price.{text}", stack=f"s{text}", label=text, type=f"stripe_{text}")
        for text in HOSTILE
    ]
    edges = [Edge(one.key, other.key, EdgeKind.OUTPUT) for one, other in itertools.pairwise(nodes)]
    return picture_of(nodes, edges)
