"""Check the bytes of a state file, and what they record.

A file that the engine wrote passes, also after an apply that did not finish.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.address import parse_address
from engine.errors import Problem, UntrustedStateError, UsageError
from engine.graph.build import references_of
from engine.ports.reports import Verified
from engine.redaction import described, keys_in
from engine.schema.attribute import Attribute
from engine.schema.resource_type import ResourceType, Schemas
from engine.state.advice import Advice
from engine.state.codec import TOUCHED, WRITTEN, Document, canonical, encode, parse, read
from engine.state.model import ResourceState, State
from engine.values.paths import Path, dotted
from engine.values.secret import Sealed
from engine.values.templates import targets_in

_ROLL = (
    "take the change back, and roll the secret in the Dashboard: everyone who can read the file "
    "may have seen it"
)


def verify(
    raw: bytes, *, file: str, environment: str, stack: str, schemas: Schemas, advice: Advice
) -> Verified:
    """Check the bytes of a state file.

    Args:
        raw: The bytes.
        file: The file, as messages name it.
        environment: The environment whose place it is in.
        stack: The stack whose place it is in.
        schemas: Resource types by name.
        advice: What people can do about the file.
    """
    back = f"{advice.restore} brings back the last good version"
    problems = list(_keys(raw, file))
    resources, merged = 0, False
    try:
        document = parse(raw, path=file, advice=advice)
        if not document.is_untouched:
            problems.append(_problem(document, ("digest",), TOUCHED, back, "state-digest"))
        state = read(document)
    except UntrustedStateError as error:
        problems.append(
            Problem(file, error.line, error.why, str(error.hint or ""), error.reference)
        )
    else:
        resources, merged = len(state.resources), state.merged
        problems.extend(_spelling(document, state, raw, advice, back))
        problems.extend(_place(document, state, environment, stack))
        problems.extend(_contents(document, state, schemas, back))
    return Verified(
        file=file,
        environment=environment,
        stack=stack,
        resources=resources,
        problems=tuple(sorted(set(problems))),
        merged=merged,
    )


def _problem(document: Document, path: Path, message: str, hint: str, reference: str) -> Problem:
    return Problem(document.path, document.line(*path), message, hint, reference)


def _keys(raw: bytes, file: str) -> Iterator[Problem]:
    """API keys and webhook secrets anywhere in the file, also in a damaged one."""
    for number, line in enumerate(raw.decode("utf-8", "replace").split("\n"), start=1):
        for kind in keys_in(line):
            message = f"{described(kind)} is in the file in clear, {kind}_..."
            yield Problem(file, number, message, _ROLL, "state-secret")


def _spelling(
    document: Document, state: State, raw: bytes, advice: Advice, back: str
) -> Iterator[Problem]:
    """Bytes that differ from what the engine writes, although they may mean the same."""
    written = canonical(document.fields)
    if document.version in WRITTEN and document.is_untouched:
        written = encode(state, engine_version=state.engine_version)
    if raw == written:
        return
    theirs, ours = raw.split(b"\n"), written.split(b"\n")
    pairs = zip(theirs, ours, strict=False)
    differing = (
        at
        for at, (one, other) in enumerate(pairs)
        if one != other and not one.startswith(b'  "digest"')  # it only follows from the rest
    )
    same = next(differing, len(ours) - 1)
    if raw.replace(b"\r\n", b"\n") == written:
        message = "its line ends were rewritten"
        hint = advice.keep_bytes
    else:
        message = "it is not spelt as the engine spells it"
        hint = f"an editor or a formatter was here; keep it off state/. {back}"
    yield Problem(document.path, min(same + 1, len(theirs)), message, hint, "state-spelling")


def _place(document: Document, state: State, environment: str, stack: str) -> Iterator[Problem]:
    says = {"environment": (state.environment, environment), "stack": (state.stack, stack)}
    for name, (written, place) in says.items():
        if written != place:
            yield _problem(
                document,
                (name,),
                f"it is the state of {name} {written!r}, in the place of {place!r}",
                "a state file keeps its place: copying one to another name makes duplicates",
                "state-place",
            )


def _contents(document: Document, state: State, schemas: Schemas, back: str) -> Iterator[Problem]:
    owners: dict[tuple[str, str, str], str] = {}
    for address, resource in state.resources.items():
        kind = schemas.get(resource.type)
        if kind is None or not _is_address(address, resource.type):
            what = f"{address!r} is no address of a {resource.type}"
            if kind is None:
                what = f"there is no resource type {resource.type!r}"
            yield _problem(document, ("resources", address), what, back, "state-type")
            continue
        own = (resource.type, resource.removal_policy.account, resource.id)
        first = owners.setdefault(own, address)
        if first != address:
            yield _problem(
                document,
                ("resources", address, "id"),
                f"{address} and {first} are the same object, {resource.id}",
                f"release one of them with removed(ADDRESS, keep=True); or {back}",
                "state-twice",
            )
        for index, name in enumerate(resource.former):
            if name in (resource.id, *resource.superseded, *resource.former[:index]):
                yield _problem(
                    document,
                    ("resources", address, "former", index),
                    f"{address} records {name} as an object that it replaced, and once more",
                    back,
                    "state-twice",
                )
        yield from _dependencies(document, state, address, kind, back)
        yield from _secrets(document, address, resource, kind)


def _dependencies(
    document: Document, state: State, address: str, kind: ResourceType, back: str
) -> Iterator[Problem]:
    resource = state.resources[address]
    _, soft = references_of(resource.declared, kind)
    for index, need in enumerate(resource.dependencies):
        # An object can exist before an update that adds a reference, and an apply can end there.
        if need not in state.resources and need not in soft:
            yield _problem(
                document,
                ("resources", address, "dependencies", index),
                f"{address} depends on {need}, which is not in the state",
                back,
                "state-dependency",
            )


def _secrets(
    document: Document, address: str, resource: ResourceState, kind: ResourceType
) -> Iterator[Problem]:
    for part, value in (("declared", resource.declared), ("attributes", resource.attributes)):
        for path in _bare(kind.root, value):
            yield _problem(
                document,
                ("resources", address, part, *path),
                f"{dotted(path)} of {address} is a secret and is here in clear",
                _ROLL,
                "state-secret",
            )


def _is_address(text: str, type_name: str) -> bool:
    try:
        address = parse_address(text)
    except UsageError:
        return False
    return address.type == type_name and not address.lookup


def _bare(attribute: Attribute, value: Any, path: Path = ()) -> Iterator[Path]:
    """Paths of sensitive leaves that are not sealed; a reference is no secret."""
    if value in (None, "", [], {}) or isinstance(value, Sealed):
        return
    if attribute.sensitive:
        if not (isinstance(value, str) and any(targets_in(value))):
            yield path
        return
    for name, child, entry in attribute.parts(value):
        yield from _bare(child, entry, (*path, name))
