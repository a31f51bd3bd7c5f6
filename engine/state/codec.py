"""The state file format: canonical bytes, digest, versions.

One indented JSON document with sorted keys, a newline at its end and nothing volatile in it. The
digest covers everything but itself: it turns concurrent edits into a conflict of the version
control, and shows edits by hand, bad merges and damaged bytes.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Any, NoReturn

from engine.errors import NewerStateError, StateError, UntrustedStateError
from engine.frozen import frozen
from engine.records import ShapeError, check_plain
from engine.state.advice import GENERAL, Advice
from engine.state.json_lines import line_of
from engine.state.model import FORMAT_VERSION, State
from engine.state.state_json import STATE, place_without_id, state_of

_MERGE_MARKERS = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")
TOUCHED = (
    "its digest does not match its content, so it was edited, merged or damaged after the engine "
    "wrote it"
)
"""Why a state is refused whose digest is another."""
_CONTENT = ("outputs", "resources", "removed")


@frozen(kw_only=False)
class Document:
    """A state file as JSON, of a version that this engine reads; its content is not checked yet.

    Attributes:
        path: Where it is, for errors.
        text: The file's text.
        fields: Its fields.
        version: Its format version.
        advice: What people can do about it, for errors.
    """

    path: str
    text: str
    fields: Mapping[str, Any]
    version: int
    advice: Advice

    @property
    def is_untouched(self) -> bool:
        """Whether its digest is that of its content."""
        return bool(self.fields.get("digest") == _DIGESTS[self.version](self.fields))

    def line(self, *path: str | int) -> int:
        """The line of what a path leads to."""
        return line_of(self.text, path)

    def damaged(self, line: int, why: str) -> UntrustedStateError:
        """The error that it cannot be trusted, with what to do."""
        return _damaged(self.path, line, why, self.advice)


def encode(state: State, *, engine_version: str) -> bytes:
    """Write a state as the bytes of its file.

    Raises:
        StateError: if an object in it has no id.
    """
    lacking = place_without_id(state)
    if lacking is not None:
        raise StateError(
            f"the state of {state.environment}/{state.stack} cannot be written: {lacking[1]} has "
            "no id",
            hint="this is a bug in engine; the journal has all that was done",
        )
    document = _document_of(dataclasses.replace(state, engine_version=engine_version))
    return canonical({**document, "digest": digest_of(document)})


def state_digest(state: State) -> str:
    """The digest that the file of a state has."""
    return digest_of(_document_of(state))


def _document_of(state: State) -> dict[str, Any]:
    """All of a state's file but its digest."""
    return {"format_version": _version_of(state), **STATE.write(state)}


def _version_of(state: State) -> int:
    """The earliest format that can hold a state, so that earlier engines can read the others."""
    resources = state.resources.values()
    archived = any(entry.former for entry in resources)
    if state.merged or archived or any(gone.former for gone in state.removed.values()):
        return FORMAT_VERSION
    if state.applied:
        return _WITHOUT_FORMER
    if any(entry.imported for entry in resources):
        return _WITHOUT_APPLIED
    triggers = any(entry.triggers for entry in resources)
    return _WITHOUT_IMPORTED if state.reads or triggers else _WITHOUT_READS


_WITHOUT_READS = 2
_WITHOUT_IMPORTED = 3
_WITHOUT_APPLIED = 4
_WITHOUT_FORMER = 5
WRITTEN = (_WITHOUT_READS, _WITHOUT_IMPORTED, _WITHOUT_APPLIED, _WITHOUT_FORMER, FORMAT_VERSION)
"""The format versions that are still written: in the first a state says of no other stack that its
own reads it, in the first two of no resource that its object was not made from here, in the first
three not what the last complete apply declared, and in the last alone what resources replaced and
that it was merged."""


def canonical(document: Mapping[str, Any]) -> bytes:
    """The one way a document is written: two spaces, sorted keys, a newline at the end."""
    text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"


def decode(raw: bytes, *, path: str, advice: Advice = GENERAL) -> State:
    """Read a state from the bytes of its file, of this format version or an earlier one.

    Args:
        raw: The bytes.
        path: The file, `state/ENVIRONMENT/STACK.json`, for errors.
        advice: What people can do about it, for errors.

    Raises:
        UntrustedStateError: with the line, if the bytes are not a whole, untouched state of a
            version this engine reads.
    """
    document = parse(raw, path=path, advice=advice)
    if not document.is_untouched:
        raise document.damaged(document.line("digest"), TOUCHED)
    return read(document)


def parse(raw: bytes, *, path: str, advice: Advice = GENERAL) -> Document:
    """Read the JSON of a state file; its digest and its fields are not checked yet.

    Raises:
        UntrustedStateError: if it is no JSON object, or of a version this engine does not read.
    """
    try:
        text = _text(raw)
        fields = _fields(text)
    except _ConflictError as error:
        raise UntrustedStateError(
            path,
            error.line,
            error.why,
            hint=f"take one side whole ({advice.resolve}), then run engine plan: it shows what the "
            "other side had changed",
        ) from None
    except _DamageError as error:
        raise _damaged(path, error.line, error.why, advice) from error
    version = fields.get("format_version")
    if type(version) is int and version > FORMAT_VERSION:
        raise NewerStateError(
            path,
            line_of(text, ("format_version",)),
            f"written by a newer engine (format {version}, engine "
            f"{fields.get('engine_version', '?')})",
            cause=f"This engine reads formats up to {FORMAT_VERSION}.",
            hint="upgrade the engine; nothing was changed",
        )
    if type(version) is not int or version not in _DIGESTS:
        line = line_of(text, ("format_version",))
        raise _damaged(path, line, "it has no format_version that this engine knows", advice)
    return Document(path, text, fields, version, advice)


def read(document: Document) -> State:
    """Read the state in a document.

    Raises:
        UntrustedStateError: at the first field that is not what it should be.
    """
    try:
        return state_of(document.fields)
    except ShapeError as error:
        raise document.damaged(document.line(*error.path), str(error)) from error


def digest_of(document: Mapping[str, Any]) -> str:
    """The SHA-256 of a document without its `digest` field."""
    return _hashed({name: value for name, value in document.items() if name != "digest"})


def _digest_of_content(document: Mapping[str, Any]) -> str:
    """Format 1: outputs, resources and removed objects, without the header."""
    return _hashed({name: document.get(name, {}) for name in _CONTENT})


_DIGESTS: Mapping[int, Callable[[Mapping[str, Any]], str]] = {
    1: _digest_of_content,
    **dict.fromkeys(WRITTEN, digest_of),
}
"""What each format version hashes."""


def _hashed(document: Mapping[str, Any]) -> str:
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class _DamageError(Exception):
    """What is wrong with the bytes of a state, with the line."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line
        self.why = why


class _ConflictError(_DamageError):
    """A merge of two versions was left unresolved."""


def _text(raw: bytes) -> str:
    if not raw.strip():
        raise _DamageError(1, "it is empty")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise _DamageError(line, "it is not UTF-8") from error
    if text.startswith("\ufeff"):
        raise _DamageError(1, "it begins with a byte order mark, which the engine never writes")
    # Not `splitlines`: values may hold characters that it takes for the end of a line.
    lines = text.split("\n") if any(marker in text for marker in _MERGE_MARKERS) else ()
    for number, content in enumerate(lines, start=1):
        if content.startswith(_MERGE_MARKERS):
            raise _ConflictError(number, "unresolved merge conflict")
    return text


def _fields(text: str) -> dict[str, Any]:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        fields = dict(pairs)
        if len(fields) != len(pairs):
            names = [name for name, _ in pairs]
            raise _DuplicateKeyError(next(name for name in names if names.count(name) > 1))
        return fields

    try:
        document = json.loads(text, object_pairs_hook=unique, parse_constant=_no_number)
    except _DuplicateKeyError as error:
        at = text.rfind(json.dumps(error.key, ensure_ascii=False))
        line = text[:at].count("\n") + 1 if at >= 0 else 1
        raise _DamageError(line, f"{error.key!r} is in it twice") from error
    except json.JSONDecodeError as error:
        raise _DamageError(error.lineno, f"it is not whole JSON: {error.msg}") from error
    except ValueError as error:
        raise _DamageError(1, f"it holds an invalid number: {error}") from error
    except RecursionError as error:
        raise _DamageError(1, "it is nested deeper than any state") from error
    if not isinstance(document, dict):
        raise _DamageError(1, "it is not a JSON object")
    try:
        check_plain(document)
    except ShapeError as error:
        raise _DamageError(line_of(text, error.path), str(error)) from error
    return document


class _DuplicateKeyError(ValueError):
    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _damaged(path: str, line: int, why: str, advice: Advice) -> UntrustedStateError:
    return UntrustedStateError(
        path,
        line,
        f"the state cannot be trusted: {why}",
        hint=f"bring back the last good version ({advice.restore}) and run engine plan; if there "
        f"is none, engine state rebuild {PurePath(path).stem} makes it again from the account. "
        "Nothing was changed",
    )
