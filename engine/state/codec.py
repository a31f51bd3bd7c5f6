"""The state file format: canonical bytes, digest, versions.

One pretty, sorted JSON document with a newline at its end and nothing volatile in it. The digest
over resources and outputs makes concurrent edits a git conflict and tells hand edits, bad merges
and bit rot from a file that was written here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from engine.errors import StateError
from engine.state.model import FORMAT_VERSION, Keeping, RemovedObject, ResourceState, State

_MERGE_MARKERS = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")
_CONTENT = ("outputs", "resources", "removed")
_FIELDS: Mapping[str, tuple[type, ...]] = {
    "stack": (str,),
    "environment": (str,),
    "lineage": (str,),
    "serial": (int,),
    "account": (dict,),
    "api_version": (str,),
    "engine_version": (str,),
    "outputs": (dict,),
    "resources": (dict,),
}
_ACCOUNT: Mapping[str, tuple[type, ...]] = {"id": (str,), "livemode": (bool, type(None))}


def encode(state: State, *, engine_version: str) -> bytes:
    """Write a state as the bytes of its file."""
    content = _content(state)
    document: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "engine_version": engine_version,
        "stack": state.stack,
        "environment": state.environment,
        "lineage": state.lineage,
        "serial": state.serial,
        "digest": digest_of(content),
        "account": {"id": state.account_id, "livemode": state.livemode},
        "api_version": state.api_version,
        **content,
    }
    text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False)
    return text.encode() + b"\n"


def decode(raw: bytes, *, path: str) -> State:
    """Read a state from the bytes of its file.

    Raises:
        StateError: with the line where there is one, if the bytes are not a whole, untouched
            state of a version this engine reads.
    """
    text = _text(raw, path)
    document = _document(text, path)
    version = document.get("format_version")
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise StateError(
            f"{path} was written by a newer engine (format {version}, "
            f"engine {document.get('engine_version', '?')})",
            cause=f"This engine reads formats up to {FORMAT_VERSION}.",
            hint="upgrade the engine; nothing was changed",
        )
    if version != FORMAT_VERSION:
        raise _damaged(path, _line_of(text, '"format_version"'), "it has no format_version")
    digest = document.get("digest")
    actual = digest_of({key: document.get(key, {}) for key in _CONTENT})
    if digest != actual:
        raise _damaged(
            path,
            _line_of(text, '"digest"'),
            "its digest does not fit its resources, so it was edited, merged or damaged after "
            "the engine wrote it",
        )
    try:
        return _state(document)
    except (KeyError, TypeError, AttributeError) as error:
        raise _damaged(path, 1, f"a field is missing or of the wrong kind: {error}") from error


def digest_of(content: Mapping[str, Any]) -> str:
    """The digest of the canonical outputs, resources and removed objects."""
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def state_digest(state: State) -> str:
    """The digest that the file of a state has."""
    return digest_of(_content(state))


def _content(state: State) -> dict[str, Any]:
    content: dict[str, Any] = {
        "outputs": dict(state.outputs),
        "resources": {
            address: resource_document(resource) for address, resource in state.resources.items()
        },
        "removed": {address: removed_document(gone) for address, gone in state.removed.items()},
    }
    return content


def resource_document(resource: ResourceState) -> dict[str, Any]:
    """A resource as the file, and the journal of a run, hold it."""
    keeping = resource.keeping
    return {
        "type": resource.type,
        "id": resource.id,
        "declared": dict(resource.declared),
        "attributes": dict(resource.attributes),
        "dependencies": list(resource.dependencies),
        **_drop_empty(
            {
                "superseded": list(resource.superseded),
                "lifecycle": _drop_empty(
                    {
                        "protect": keeping.protect,
                        "keep": keeping.keep,
                        "account": keeping.account,
                    }
                ),
            }
        ),
    }


def removed_document(gone: RemovedObject) -> dict[str, Any]:
    """An archived object as the file, and the journal of a run, hold it."""
    return _drop_empty({"type": gone.type, "id": gone.id, "account": gone.account})


def _drop_empty(document: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if value}


def _text(raw: bytes, path: str) -> str:
    if not raw.strip():
        raise _damaged(path, 1, "it is empty")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise _damaged(path, line, "it is not UTF-8") from error
    if text.startswith("\ufeff"):
        raise _damaged(path, 1, "it begins with a byte order mark, which the engine never writes")
    # Not `splitlines`: values may hold characters that it takes for the end of a line.
    for number, content in enumerate(text.split("\n"), start=1):
        if content.startswith(_MERGE_MARKERS):
            raise StateError(
                f"{path}, line {number}: unresolved merge conflict",
                hint=(
                    "take one side whole (git checkout --ours or --theirs on the file), then run "
                    "engine plan: it shows what the other side had changed"
                ),
            )
    return text


def _document(text: str, path: str) -> dict[str, Any]:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise _DuplicateKeyError(twice)
        return found

    try:
        document = json.loads(text, object_pairs_hook=unique)
    except _DuplicateKeyError as error:
        line = _line_of(text, json.dumps(error.key, ensure_ascii=False), last=True)
        raise _damaged(path, line, f"{error.key!r} stands in it twice") from error
    except json.JSONDecodeError as error:
        raise _damaged(path, error.lineno, f"it is not whole JSON: {error.msg}") from error
    except RecursionError as error:
        raise _damaged(path, 1, "it is nested deeper than any state") from error
    if not isinstance(document, dict):
        raise _damaged(path, 1, "it is not a JSON object")
    return document


class _DuplicateKeyError(ValueError):
    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _check(document: Mapping[str, Any], fields: Mapping[str, tuple[type, ...]]) -> None:
    for name, kinds in fields.items():
        if type(document[name]) not in kinds:
            raise TypeError(f"{name!r} is {json.dumps(document[name])}")


def _state(document: Mapping[str, Any]) -> State:
    _check(document, _FIELDS)
    account = document["account"]
    _check(account, _ACCOUNT)
    return State(
        stack=document["stack"],
        environment=document["environment"],
        lineage=document["lineage"],
        serial=document["serial"],
        account_id=account["id"],
        livemode=account["livemode"],
        api_version=document["api_version"],
        engine_version=document["engine_version"],
        outputs=document["outputs"],
        resources={
            address: resource_of(resource) for address, resource in document["resources"].items()
        },
        removed={
            address: removed_of(gone) for address, gone in document.get("removed", {}).items()
        },
    )


def resource_of(document: Mapping[str, Any]) -> ResourceState:
    """Read what `resource_document` wrote.

    Raises:
        KeyError: if a field is missing.
    """
    lifecycle = document.get("lifecycle", {})
    return ResourceState(
        type=document["type"],
        id=document["id"],
        declared=document["declared"],
        attributes=document["attributes"],
        dependencies=tuple(document["dependencies"]),
        superseded=tuple(document.get("superseded", ())),
        keeping=Keeping(
            protect=lifecycle.get("protect", False),
            keep=lifecycle.get("keep", False),
            account=lifecycle.get("account", ""),
        ),
    )


def removed_of(document: Mapping[str, Any]) -> RemovedObject:
    """Read what `removed_document` wrote.

    Raises:
        KeyError: if a field is missing.
    """
    return RemovedObject(
        type=document["type"], id=document["id"], account=document.get("account", "")
    )


def _line_of(text: str, needle: str, *, last: bool = False) -> int:
    at = text.rfind(needle) if last else text.find(needle)
    return text[:at].count("\n") + 1 if at >= 0 else 1


def _damaged(path: str, line: int, why: str) -> StateError:
    return StateError(
        f"{path}, line {line}: the state cannot be trusted: {why}",
        hint=(
            f"bring back the last good version (git checkout -- {path}) and run engine plan; "
            "nothing was changed"
        ),
    )
