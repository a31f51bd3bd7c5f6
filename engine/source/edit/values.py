"""Changing one value inside a call: down to where it is written out, and no further.

What was declared there and what is to be declared are compared on the way, so that everything that
stays equal keeps its text, whatever it is computed from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import libcst as cst

from engine.source.edit.brackets import Bracket, Entry, opened
from engine.source.edit.literals import is_written, kind_of, like, literal, text_of
from engine.source.edit.module_text import ModuleText, NotFoundError
from engine.values.markers import ABSENT
from engine.values.paths import Path
from engine.values.targets import ONE_REFERENCE

_CONSTANTS = ("None", "True", "False")


@dataclass(slots=True, frozen=True)
class Change:
    """What is to become of one expression.

    Attributes:
        path: The value below it; empty for itself.
        before: What it is; ABSENT if it is not there.
        after: What it is to be; ABSENT to take it out.
        note: A comment for its line.
        in_call: The expression is the call of a declaration.
    """

    path: Path
    before: Any
    after: Any
    note: str = ""
    in_call: bool = False


@dataclass(slots=True)
class Changing:
    """Changes expressions of one module.

    Attributes:
        module: The module.
        quote: The quote of new strings.
        refer: What is written for a reference.
        constants: Changes that are to be made where a constant is defined, by the value there.
        chased: Names of those constants.
    """

    module: ModuleText
    quote: str
    refer: Callable[[str], str | None]
    constants: dict[cst.BaseExpression, list[Change]] = field(default_factory=dict)
    chased: set[str] = field(default_factory=set)

    def changed(self, node: cst.BaseExpression, change: Change) -> cst.BaseExpression:
        """An expression with a change made.

        Raises:
            NotFoundError: if what is to be changed is not written out there.
        """
        before, after = change.before, change.after
        if not change.path and before == after:
            return node
        if isinstance(node, cst.Name) and node.value not in _CONSTANTS:
            return self._named(node, change)
        if change.path:
            return self._below(node, change)
        if isinstance(node, cst.Dict) and isinstance(before, Mapping):
            if isinstance(after, Mapping):
                return self._mapped(node, before, after)
        elif isinstance(node, (cst.List, cst.Tuple)) and _both_lists(before, after):
            return self._listed(node, before, after)
        if is_written(node) or self._is_reference(node, before):
            return self._expression(after, node)
        raise NotFoundError(self._line(node), f"it is {kind_of(node)}")

    def _named(self, node: cst.Name, change: Change) -> cst.BaseExpression:
        """A name: of a resource, whose id it means, or of a constant."""
        if not change.path and self._is_reference(node, change.before):
            return self._expression(change.after, node)
        if node.value not in self.chased:
            value = self.module.constant(node)
            self.changed(value, change)  # whether it can be made there
            self.constants.setdefault(value, []).append(change)
            self.chased.add(node.value)
        return node

    def _is_reference(self, node: cst.BaseExpression, before: Any) -> bool:
        """Whether an expression is a resource's variable, or an attribute of one."""
        if not isinstance(before, str) or not ONE_REFERENCE.fullmatch(before):
            return False
        if text_of(node) is not None:
            return True
        written = self.refer(before)
        code = self._code(node)
        return written is not None and code in (written, written.rpartition(".")[0])

    def _expression(self, value: Any, old: cst.BaseExpression) -> cst.BaseExpression:
        """A new value in the place of an expression, in its spelling."""
        if value is ABSENT:
            value = None
        text = None
        if isinstance(value, str) and ONE_REFERENCE.fullmatch(value):
            text = self.refer(value)
            if text is not None and isinstance(old, cst.Name):
                text = text.rpartition(".")[0] or text
        if text is None and not isinstance(value, (Mapping, list, tuple)):
            text = like(old, value, self.quote)
        new = cst.parse_expression(text or literal(value, self.quote, self.refer))
        return new.with_changes(lpar=old.lpar, rpar=old.rpar) if _same_kind(old, new) else new

    # ── one step down ─────────────────────────────────────────────────────────────────────

    def _below(self, node: cst.BaseExpression, change: Change) -> cst.BaseExpression:
        """An expression with a value below it changed."""
        part = change.path[0]
        if not isinstance(node, cst.Call if change.in_call else cst.Dict):
            raise NotFoundError(self._line(node), f"it is in what is {kind_of(node)}")
        bracket = opened(node)
        self._set(bracket, node, str(part), change)
        return bracket.closed()

    def _set(self, bracket: Bracket, node: cst.Call | cst.Dict, part: str, change: Change) -> None:
        """Change, add or remove one entry of a call or a dictionary."""
        index = self._index(bracket, part)
        rest = Change(change.path[1:], change.before, change.after, change.note)
        if index is None:
            if change.after is ABSENT:
                raise NotFoundError(self._line(node), f"{part!r} is not written out there")
            value: Any = change.after
            for key in reversed(rest.path):
                value = {str(key): value}
            place = _place(bracket) if isinstance(node, cst.Call) else len(bracket.entries)
            entry = self._entry(node, part, value).with_comment(rest.note)
            bracket.insert(place, entry)
            return
        old = bracket.entries[index]
        takes_out = change.after is ABSENT and not rest.path
        if takes_out and self._can_go(old.value, change.before):
            bracket.remove(index)
            return
        value = self.changed(old.value, rest)
        if isinstance(value, cst.Dict) and not value.elements and change.after is ABSENT:
            bracket.remove(index)
            return
        new = old.with_value(value)
        if bracket.is_exploded and not rest.path:
            new = new.with_comment(rest.note)
        bracket.entries[index] = new

    def _can_go(self, node: cst.BaseExpression, before: Any) -> bool:
        """Whether an entry may be taken out with its value."""
        if isinstance(node, cst.Name) and node.value not in _CONSTANTS:
            return self._is_reference(node, before)
        if is_written(node) or self._is_reference(node, before):
            return True
        raise NotFoundError(self._line(node), f"it is {kind_of(node)}")

    def _index(self, bracket: Bracket, part: str) -> int | None:
        """Which entry has a key; the last of several. None if none has it.

        Raises:
            NotFoundError: if another mapping is spread there, which may have it.
        """
        found = None
        for index, entry in enumerate(bracket.entries):
            node = entry.node
            if isinstance(node, cst.Arg) and node.keyword is not None:
                found = index if node.keyword.value == part else found
            elif isinstance(node, cst.DictElement) and text_of(node.key) is not None:
                found = index if text_of(node.key) == part else found
            elif not isinstance(node, cst.Arg) or node.star == "**":
                raise NotFoundError(self._line(bracket.node), "it may come out of what is computed")
        return found

    def _entry(self, node: cst.Call | cst.Dict, part: str, value: Any) -> Entry:
        expression = cst.parse_expression(literal(value, self.quote, self.refer))
        if isinstance(node, cst.Dict):
            key = cst.parse_expression(literal(part, self.quote))
            return Entry(cst.DictElement(key, expression))
        equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
        return Entry(cst.Arg(expression, keyword=cst.Name(part), equal=equal))

    # ── whole dictionaries and lists ──────────────────────────────────────────────────────

    def _mapped(
        self, node: cst.Dict, before: Mapping[str, Any], after: Mapping[str, Any]
    ) -> cst.BaseExpression:
        """A dictionary with the entries of another one; those that stay keep their place."""
        bracket = opened(node)
        for key in (*before, *(key for key in after if key not in before)):
            was, now = before.get(key, ABSENT), after.get(key, ABSENT)
            if was is not now and was != now:
                self._set(bracket, node, key, Change((key,), was, now))
        return bracket.closed()

    def _listed(
        self, node: cst.List | cst.Tuple, before: Sequence[Any], after: Sequence[Any]
    ) -> cst.BaseExpression:
        """A list with the entries of another one; equal ones take their text along."""
        bracket = opened(node)
        spread = any(not isinstance(one, cst.Element) for one in node.elements)
        if bracket is None or spread or len(bracket.entries) != len(before):
            raise NotFoundError(self._line(node), "the list is not written out entry by entry")
        left = list(range(len(before)))
        matches: list[int | None] = []
        for value in after:
            match = next((index for index in left if _same(before[index], value)), None)
            matches.append(match)
            if match is not None:
                left.remove(match)
        for place, value in enumerate(after):
            if matches[place] is None and left:
                near = place if place in left else left[0]
                left.remove(near)
                matches[place] = near
                old = bracket.entries[near]
                new = self.changed(old.value, Change((), before[near], value))
                bracket.entries[near] = old.with_value(new)
        return self._ordered(bracket, matches, left, after)

    def _ordered(
        self, bracket: Bracket, matches: list[int | None], gone: list[int], after: Sequence[Any]
    ) -> cst.BaseExpression:
        old = list(bracket.entries)
        for index in reversed(gone):
            bracket.remove(index)
        kept = [old[match] for match in matches if match is not None]
        bracket.entries[:] = kept
        for place, match in enumerate(matches):
            if match is None:
                expression = cst.parse_expression(literal(after[place], self.quote, self.refer))
                bracket.insert(place, Entry(cst.Element(expression)))
        return bracket.closed()

    def _line(self, node: cst.CSTNode) -> int:
        try:
            return self.module.line(node)
        except KeyError:  # a node that an earlier change has made
            return 0

    def _code(self, node: cst.CSTNode) -> str:
        return self.module.tree.code_for_node(node)


def _place(bracket: Bracket) -> int:
    """Where a new keyword goes: behind the last one, and before the lifecycle."""
    for index, entry in enumerate(bracket.entries):
        node = entry.node
        keyword = node.keyword if isinstance(node, cst.Arg) else None
        if keyword is not None and keyword.value == "lifecycle":
            return index
    return len(bracket.entries)


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def _both_lists(before: Any, after: Any) -> bool:
    return isinstance(before, (list, tuple)) and isinstance(after, (list, tuple))


def _same_kind(old: cst.BaseExpression, new: cst.BaseExpression) -> bool:
    """Whether the parentheses around an expression fit around the other as well."""
    return bool(old.lpar) and not isinstance(old, cst.Tuple) and not isinstance(new, cst.Tuple)
