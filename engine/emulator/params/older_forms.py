"""What types were before an API version, so that clients of older SDKs run unchanged.

An `OlderForm` says it as data: which parameter went where, and where a field is now.
Requests are rewritten before they are read, and responses once they are whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from typing import Any, Final

from engine.emulator.shapes.paths import get
from engine.emulator.wire import errors
from engine.emulator.wire.messages import Form
from engine.frozen import frozen

MARKETING: Final = "2024-04-10"
BASIL: Final = "2025-03-31"
CLOVER: Final = "2025-09-30"
THEN: Final = "_then"
"""Where a stored object keeps what only older versions return, by the field's own name."""
_LISTED: Final = "data."
_DATE: Final = 10


@frozen
class OlderForm:
    """What a type was before an API version (D: Stripe's changelog).

    Paths are dotted; an element of a list is named by its index.

    Attributes:
        until: Date of the first version that has the form of now.
        params: Path of the parameter now, by its name then.
        implied: Parameters that are now sent along, and their values.
        required: Of `params`, those that a create cannot do without.
        fields: Path in the response now, by the name of the field then.
        whole: Of `fields`, those whose object was always expanded.
        newer: Names that neither requests nor responses had then.
        gone: Paths of parameters and fields that are no more, and the words that they took.
    """

    until: str
    params: Mapping[str, str] = field(default_factory=dict)
    implied: Mapping[str, str] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    fields: Mapping[str, str] = field(default_factory=dict)
    whole: frozenset[str] = frozenset()
    newer: frozenset[str] = frozenset()
    gone: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def applicable(forms: Iterable[OlderForm], version: str) -> tuple[OlderForm, ...]:
    """Those that a type has in a version."""
    return tuple(form for form in forms if is_before(version, form.until))


def is_before(version: str, date: str) -> bool:
    """Whether an API version, such as `2024-06-20`, is older than a date."""
    return version[:_DATE] < date


def params_now(form: Form, older: OlderForm, *, creating: bool) -> Form:
    """Parameters as they are sent now.

    Raises:
        StripeRefusal: One is unknown or missing in the older version, or excludes another.
    """
    unknown = sorted(older.newer & form.keys())
    if unknown:
        raise errors.unknown_parameters(unknown)
    now = dict(form)
    for name, path in older.params.items():
        if name not in now:
            if creating and name in older.required:
                raise errors.missing_parameter(name)
            continue
        value, (head, *steps) = now.pop(name), path.split(".")
        if head in form:
            raise errors.exclusive((name, head))
        if value == "" and name not in older.required:
            now[head] = ""
        else:
            _place(now, [head, *steps], value)
    for path, value in older.implied.items():
        if path.partition(".")[0] in now:
            _place(now, path.split("."), value)
    return now


def take_gone(form: Form, older: OlderForm) -> dict[str, str]:
    """Take parameters that are no more out of what was sent.

    Returns:
        Their values, by path.

    Raises:
        StripeRefusal: One takes other words.
    """
    taken = {}
    for path, words in older.gone.items():
        *above, name = path.split(".")
        holder = _at(form, ".".join(above)) if above else form
        value = holder.get(name) if isinstance(holder, dict) else None
        if value is None:
            continue
        if value not in words:
            raise errors.not_a_word(bracketed(path), words)
        taken[path] = holder.pop(name)
    return taken


def expand_now(given: list[Any], older: OlderForm, *, of_list: bool) -> list[Any]:
    """Paths to expand, and those of objects that the older version always expands."""
    prefix = _LISTED if of_list else ""
    renamed = [_path_now(one, older, prefix) if isinstance(one, str) else one for one in given]
    return renamed + [
        whole for name in sorted(older.whole) if (whole := prefix + older.fields[name]) not in given
    ]


def param_then(param: str, older: OlderForm) -> str:
    """What the older version calls a parameter, given in brackets."""
    for name, path in older.params.items():
        now = bracketed(path)
        if param == now or param.startswith(f"{now}["):
            return name + param.removeprefix(now)
    return param


def bracketed(path: str) -> str:
    """A dotted path as the name of a parameter, such as `a[b]`."""
    head, *steps = path.split(".")
    return head + "".join(f"[{step}]" for step in steps)


def show_then(
    response: Any,
    forms: Mapping[str, tuple[OlderForm, ...]],
    kept: Callable[[str, str], Mapping[str, Any]],
) -> None:
    """Give every object in a response the form that it had.

    Args:
        response: Changed in place.
        forms: Of the version, by object name.
        kept: Returns what an object keeps for older versions (`THEN`), by object name and id.
    """
    if isinstance(response, list):
        for one in response:
            show_then(one, forms, kept)
    elif isinstance(response, dict):
        for one in response.values():
            show_then(one, forms, kept)
        if not response.get("deleted"):
            for older in forms.get(str(response.get("object")), ()):
                response.update({name: _at(response, path) for name, path in older.fields.items()})
                for name in older.newer:
                    response.pop(name, None)
                if older.gone:
                    _show_gone(response, older, kept(response["object"], response["id"]))


def _show_gone(response: Form, older: OlderForm, kept: Mapping[str, Any]) -> None:
    for path in older.gone:
        above, _, name = path.rpartition(".")
        holder = _at(response, above) if above else response
        if isinstance(holder, dict):
            holder[name] = kept.get(name)


def _path_now(path: str, older: OlderForm, prefix: str) -> str:
    for name, now in older.fields.items():
        then = prefix + name
        if path == then or path.startswith(f"{then}."):
            return prefix + now + path.removeprefix(then)
    return path


def _place(form: Form, steps: list[str], value: Any) -> None:
    *above, last = steps
    here = form
    for step in above:
        here = here.setdefault(step, {})
    here[last] = value


def _at(document: Mapping[str, Any], path: str) -> Any:
    """The value at a path; None if there is none."""
    head, _, rest = path.partition(".")
    value = get(document, head)
    if not rest or value is None:
        return value
    if isinstance(value, list):
        value = {str(index): one for index, one in enumerate(value)}
    return _at(value, rest) if isinstance(value, Mapping) else None
