"""Editing the text of a stack module: values of its declarations, and declarations that go."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, TypeAlias

import libcst as cst

from engine.frozen import frozen
from engine.source.edit.layout import Layout
from engine.source.edit.literals import literal
from engine.source.edit.module_text import ModuleText, NotFoundError
from engine.source.edit.request import CannotEdit, LeafEdit, Removal, Site
from engine.source.edit.values import Change, Changing
from engine.values.markers import ABSENT

_Changes: TypeAlias = dict[cst.CSTNode, list[tuple[Changing, Change]]]
_NOT_COUNTED = ("# noqa", "# type:", "# pyright:", "# pylint:", "# mypy:", "# ruff:", "# fmt:")


@frozen
class Edited:
    """A module's text with edits made.

    Attributes:
        text: The text.
        refused: What could not be edited, and is as it was.
    """

    text: str
    refused: tuple[CannotEdit, ...]


def edit_module(
    text: str, requests: Sequence[LeafEdit | Removal], sites: Sequence[Site], *, width: int = 88
) -> Edited:
    """Edit a module's text; all that is not edited stays as it is, byte for byte.

    Args:
        text: The module.
        requests: What is to be done.
        sites: Every declaration that the module makes.
        width: How long its lines may be.
    """
    try:
        module = ModuleText(text, sites)
    except cst.ParserSyntaxError as error:
        return Edited(text=text, refused=tuple(_all_refused(requests, error)))
    variables = {site.address: module.variable(site) for site in sites}
    statements: set[cst.SimpleStatementLine] = set()
    refused: list[CannotEdit] = []
    changes: _Changes = {}
    gone = {request.site.address for request in requests if isinstance(request, Removal)}
    for request in requests:
        line = request.site.line

        def refer(reference: str, line: int = line) -> str | None:
            return _reference(reference, variables, line)

        changing = Changing(module, _quote(text), refer)
        try:
            if isinstance(request, Removal):
                statements.add(_removable(module, request.site, gone))
                continue
            call = module.call_of(request.site)
            change = Change(request.path, request.before, request.after, request.note, in_call=True)
            changing.changed(call, change)
            changes.setdefault(call, []).append((changing, change))
            for value, there in changing.constants.items():
                changes.setdefault(value, []).extend((changing, one) for one in there)
        except NotFoundError as error:
            after = request.after if isinstance(request, LeafEdit) else ABSENT
            write = "" if after is ABSENT else literal(after, _quote(text), refer)
            refused.append(
                CannotEdit(request=request, line=error.line or line, why=error.why, write=write)
            )
    tree = module.tree.visit(_Editor(module, changes, statements, width))
    return Edited(text=tree.code, refused=tuple(refused))


def _all_refused(
    requests: Sequence[LeafEdit | Removal], error: cst.ParserSyntaxError
) -> Iterator[CannotEdit]:
    """What comes of a module that the editor cannot read, although Python can."""
    for request in requests:
        after = request.after if isinstance(request, LeafEdit) else ABSENT
        write = "" if after is ABSENT else literal(after)
        why = f"libcst cannot read the module: {error.message}"
        yield CannotEdit(request=request, line=error.raw_line, why=why, write=write)


def _reference(text: str, variables: dict[str, tuple[str, int] | None], line: int) -> str | None:
    """The Python of a reference to a resource of the module that a variable holds."""
    address, _, attribute = text.removeprefix("${").removesuffix("}").rpartition(".")
    held = variables.get(address)
    if held is None or held[1] >= line or not attribute.isidentifier():
        return None
    return f"{held[0]}.{attribute}"


def _quote(text: str) -> str:
    """The quote that most strings of a module have."""
    return '"' if text.count('"') >= text.count("'") else "'"


def _removable(module: ModuleText, site: Site, gone: Collection[str]) -> cst.SimpleStatementLine:
    """The statement of a declaration that nothing that stays in the module refers to.

    Raises:
        NotFoundError: if there is none.
    """
    call = module.call_of(site)
    users = [user for user in module.users_of(site) if user not in gone]
    if users:
        verb = "refers" if len(users) == 1 else "refer"
        raise NotFoundError(site.line, f"{', '.join(users)} {verb} to it")
    for outer in module.above(call):
        if isinstance(outer, cst.SimpleStatementLine):
            if len(outer.body) == 1 and module.is_alone(call):
                return outer
            break
    raise NotFoundError(site.line, "its call is part of another expression")


class _Editor(cst.CSTTransformer):
    """Makes the changes, and lays out the statements in which it made any."""

    def __init__(
        self,
        module: ModuleText,
        changes: _Changes,
        removed: set[cst.SimpleStatementLine],
        width: int,
    ) -> None:
        super().__init__()
        self._module = module
        self._changes = changes
        self._removed = removed
        self._width = width
        self._changed = False

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> Any:
        """Change an expression once everything in it is changed; lay a changed statement out."""
        left: Any = super().on_leave(original_node, updated_node)
        for changing, change in self._changes.get(original_node, ()):
            left = changing.changed(left, change)
            self._changed = True
        if isinstance(original_node, cst.SimpleStatementLine):
            changed, self._changed = self._changed, False
            return self._laid_out(original_node, left) if changed else left
        if isinstance(original_node, (cst.Module, cst.IndentedBlock)):
            return self._without_removed(original_node, left)
        return left

    def _laid_out(self, original: cst.SimpleStatementLine, changed: Any) -> Any:
        """A changed statement, laid out by the rules if it was before."""
        old, new = original.body[0], changed.body[0]
        value = getattr(old, "value", None)
        if len(original.body) != 1 or value is None:
            return changed
        column = self._module.column(value)
        layout = Layout(self._width, self._module.column(original))
        after = _comment_length(original)
        code = self._module.tree.code_for_node
        if code(layout.fitted(value, column, after)) != code(value):
            return changed
        fitted = layout.fitted(new.value, column, after)
        return changed.with_changes(body=[new.with_changes(value=fitted)])

    def _without_removed(
        self, original: cst.Module | cst.IndentedBlock, changed: cst.Module | cst.IndentedBlock
    ) -> cst.Module | cst.IndentedBlock:
        """A block without the statements that go; comments that are not theirs stay."""
        kept: list[cst.BaseStatement] = []
        left: tuple[cst.EmptyLine, ...] = ()
        for before, statement in zip(original.body, changed.body, strict=True):
            lines: Sequence[cst.EmptyLine] = getattr(statement, "leading_lines", ())
            if before in self._removed:
                left = (*left, *_of_others(lines))
            elif left and not (_are_empty(left) and _are_empty(lines[:1])):
                kept.append(statement.with_changes(leading_lines=(*left, *lines)))
                left = ()
            else:
                kept.append(statement)
        if not kept and isinstance(changed, cst.IndentedBlock):
            kept = [cst.SimpleStatementLine([cst.Pass()])]
        left = () if _are_empty(left) else left
        return changed.with_changes(body=kept, footer=(*left, *changed.footer))


def _of_others(lines: Sequence[cst.EmptyLine]) -> Sequence[cst.EmptyLine]:
    """Of the lines above a statement, those that an empty line parts from it, or that are empty."""
    last = max((index for index, line in enumerate(lines) if line.comment is None), default=-1)
    has_comments = any(line.comment is not None for line in lines[:last])
    return lines[:last] if has_comments else lines[: last + 1]


def _are_empty(lines: Sequence[cst.EmptyLine]) -> bool:
    return bool(lines) and all(line.comment is None for line in lines)


def _comment_length(statement: cst.SimpleStatementLine) -> int:
    """How much of a line the comment behind a statement takes."""
    comment = statement.trailing_whitespace.comment
    if comment is None or comment.value.startswith(_NOT_COUNTED):
        return 0
    return len(statement.trailing_whitespace.whitespace.value) + len(comment.value)
