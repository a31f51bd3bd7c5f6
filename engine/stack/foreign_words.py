"""What people mean by words that the engine does not have, as a table.

The words are those of Terraform, Pulumi, Stripe's Dashboard and SDKs. What is meant by a parameter
of one type is in the row of that type (`instead`).
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.catalog import loader
from engine.schema.attribute import Attribute, walk
from engine.schema.resource_type import ResourceType
from engine.stack.model import Lifecycle
from engine.suggest import nearest
from engine.values.paths import ANY_PART, Path

CLASSES: Mapping[str, str] = {
    "allowlist": "ValueList",
    "billingportal": "PortalConfiguration",
    "blocklist": "ValueList",
    "connectedaccount": "Account",
    "customerportal": "PortalConfiguration",
    "discountcode": "PromotionCode",
    "endpoint": "WebhookEndpoint",
    "entitlement": "Feature",
    "eventhook": "EventDestination",
    "paymentlinks": "PaymentLink",
    "portal": "PortalConfiguration",
    "portalconfig": "PortalConfiguration",
    "promo": "PromotionCode",
    "promocode": "PromotionCode",
    "promotion": "PromotionCode",
    "shipping": "ShippingRate",
    "tax": "TaxRate",
    "usagemeter": "Meter",
    "vat": "TaxRate",
    "voucher": "PromotionCode",
    "webhook": "WebhookEndpoint",
}
"""Authoring classes by what people call their objects, in lower case."""

_KEEP = 'write lifecycle=Lifecycle(on_remove="keep"): the object stays when its declaration goes'
_PROTECT = "write lifecycle=Lifecycle(protect=True): a plan that removes or replaces it is refused"
_LOOP = "write a loop: for name in (...): ..., with a name of its own for each"
_ACCOUNT = (
    "a connected account is lifecycle=Lifecycle(account=...); other keys are environments in "
    "[tool.engine]"
)

LIFECYCLE: Mapping[str, str] = {
    "aliases": 'write moved("OLD ADDRESS", resource) next to the declaration',
    "count": _LOOP,
    "create_before_destroy": (
        "write lifecycle=Lifecycle(create_before_delete=True); where Stripe lets both live it is "
        "so anyway"
    ),
    "delete_before_replace": "write lifecycle=Lifecycle(create_before_delete=False)",
    "deletion_policy": _KEEP,
    "deletion_protection": _PROTECT,
    "for_each": _LOOP,
    "import_id": 'write import_("ADDRESS", "ID") next to the declaration',
    "postcondition": "check it in Python: raise an error with the words that people should read",
    "precondition": "check it in Python: raise an error with the words that people should read",
    "prevent_destroy": _PROTECT,
    "protected": _PROTECT,
    "provider": _ACCOUNT,
    "removal_policy": _KEEP,
    "retain": _KEEP,
    "retain_on_delete": _KEEP,
    "stripe_account": _ACCOUNT,
}
"""What to write for words of other tools about how a resource is treated."""

_KEYWORD = re.compile(r"(\w+)(?:\.__init__)?\(\) got an unexpected keyword argument '(\w+)'")


_MOST_WORDS = 12
"""As many as fit a line."""


def word_meant(value: str, words: Sequence[str]) -> str:
    """Which word was meant, or which there are; a pattern means no word but itself."""
    if value.endswith("*") and "*" in words:
        covered = [word for word in words if word.startswith(value[:-1]) and word != "*"]
        names = ", ".join(f'"{word}"' for word in covered)
        listed = f"; name them: {names}" if covered else ""
        return f'there is no pattern but "*", which means all{listed}'
    near = nearest(value, words)
    shown = ", ".join(words[:_MOST_WORDS]) + (", ..." if len(words) > _MOST_WORDS else "")
    return f"did you mean {near!r}? " * bool(near) + f"must be one of {shown}"


def class_meant(name: str) -> str:
    """What a name that is no authoring class most likely meant; empty if that is not clear.

    Stripe's own names for objects come first, `BillingMeter` and `Configuration`, then what people
    call them, then typos.
    """
    faces, word = loader.faces(), _folded(name)
    whole = [face for face, type_name in faces.items() if _folded(type_name)[6:] == word]
    ends = [face for face in faces if face.lower().endswith(word)]
    known = [CLASSES[word]] if word in CLASSES else []
    near = nearest(name, faces)
    found = whole or known or ends or ([near] if near else [])
    return f"did you mean {' or '.join(map(repr, found))}?" if found else ""


def parameter_meant(kind: ResourceType, path: Path) -> tuple[str, str]:
    """What to write for a parameter that a type does not take, and which parameter that is.

    Args:
        kind: The type.
        path: Where the parameter was written.

    Returns:
        Both empty if only a typo explains it, the second also if it is none of the type's.
    """
    general = ".".join(ANY_PART if isinstance(part, int) else str(part) for part in path)
    word = str(path[-1])
    if general in kind.instead:
        return kind.instead[general], ""
    if len(path) == 1 and word in _LIFECYCLE:
        return f"it belongs to the lifecycle: lifecycle=Lifecycle({word}=...)", ""
    if len(path) == 1 and word in LIFECYCLE:
        return LIFECYCLE[word], ""
    place = _elsewhere(kind.root, path)
    if len(place) == 1:
        return f"it is a parameter of its own, next to {path[0]}: {word}=...", ""
    if place:
        inside = f'{{"{word}": ...}}'
        for holder in place[-2:0:-1]:
            inside = f'{{"{holder}": {inside}}}'
        return f"it is a part of {'.'.join(place[:-1])}: {place[0]}={inside}", place[0]
    return "", ""


_LIFECYCLE = frozenset(field.name for field in dataclasses.fields(Lifecycle))


def _elsewhere(root: Attribute, path: Path) -> tuple[str, ...]:
    """The one place nearest to the top that has a parameter of this very name; empty if several."""
    places = [
        tuple(map(str, place))
        for place, attribute in walk(root)
        if place[-1] == path[-1] and attribute.declarable and ANY_PART not in place
    ]
    least = min(map(len, places), default=0)
    nearby = [place for place in places if len(place) == least]
    return nearby[0] if len(nearby) == 1 else ()


def explained(error: BaseException, names: Iterable[str]) -> str | None:
    """What to do about an exception of an author's module; None if it says all that is known.

    Args:
        error: What was raised.
        names: What the module had defined by then.
    """
    if isinstance(error, NameError):
        return _said_of_name(error.name or "", names)
    wrong = _KEYWORD.search(str(error)) if isinstance(error, TypeError) else None
    words = sys.modules["engine"]
    if wrong is None or wrong[1] not in words.__all__:
        return None
    called: Any = getattr(words, wrong[1])
    takes = tuple(inspect.signature(called).parameters)
    near = nearest(wrong[2], takes)
    if wrong[1] == "Lifecycle" and wrong[2] in LIFECYCLE:
        return LIFECYCLE[wrong[2]]
    return f"did you mean {near!r}?" if near else f"{wrong[1]} takes: {', '.join(takes)}"


def _said_of_name(name: str, names: Iterable[str]) -> str | None:
    if name in loader.faces():
        return f"add: from engine.stripe import {name}"
    if name in sys.modules["engine"].__all__:
        return f"add: from engine import {name}"
    near = nearest(name, names)
    return (f"did you mean {near!r}?" if near else class_meant(name)) or None


def _folded(name: str) -> str:
    return name.replace(".", "").replace("_", "").lower()
