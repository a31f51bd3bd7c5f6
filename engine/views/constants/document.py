"""Constants as one JSON document, with sorted keys."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from engine.ports.reports import StackConstants
from engine.views.constants.words import MARK, about, names_by_id

FORMAT_VERSION = "1"


def text_of(stacks: Sequence[StackConstants]) -> str:
    """Write the constants of stacks, by environment."""
    environments: dict[str, Any] = {}
    for stack in stacks:
        of_environment = environments.setdefault(stack.environment, {})
        of_environment[stack.stack] = _stack(stack)
    document = {"comment": MARK, "format_version": FORMAT_VERSION, "environments": environments}
    return json.dumps(document, indent=2, sort_keys=True) + "\n"


def _stack(stack: StackConstants) -> dict[str, Any]:
    constants = stack.constants
    return {
        "account": {"id": stack.account_id or None, "livemode": stack.livemode},
        "constants": {one.name: one.value for one in constants},
        "about": {one.name: about(one) for one in constants if one.address},
        "former": {one.name: list(one.former) for one in constants if one.former},
        "accounts": {one.name: one.account for one in constants if one.account},
        "names": names_by_id([stack]),
    }
