"""Numbers with their nouns."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """Write a number with its noun: `1 stack`, `2 stacks`, `2 balance settings`."""
    return f"{number} {noun}{'' if number == 1 or noun.endswith('s') else 's'}"
