"""Lengths, forms and sizes of parameters, from the limits and bounds in the semantics table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from engine.catalog.model import Shape
from engine.catalog.rows import Field, Row
from engine.emulator.params.currencies import is_currency, unknown_currency
from engine.emulator.shapes.paths import values_at
from engine.emulator.wire import errors
from engine.schema.attribute import Kind

# S: strings take 5,000 characters where the description does not limit them.
_LONGEST_STRING = 5000
_METADATA_KEYS = 50
_METADATA_KEY = 40
_METADATA_VALUE = 500
_URL = "https?://"
_ANYTHING = Shape(kind=Kind.ANY)


def check_bounds(
    params: Mapping[str, Any],
    fields: Mapping[str, Shape],
    limits: Mapping[str, Field],
    row: Row,
) -> None:
    """Check every value that has a limit or bounds, and the length of every string.

    Args:
        params: Typed parameters.
        fields: The parameters that exist.
        limits: By dotted path.
        row: The semantics table's bounds and references: an id of a wrong form is refused as an
            id of no object.

    Raises:
        StripeRefusal: A value is out of its bounds.
    """
    _check_lengths(params, Shape(kind=Kind.OBJECT, fields=fields), "")
    for path, limit in limits.items():
        if path.partition(".")[0] == "metadata" or path.partition(".")[0] not in params:
            continue
        for param, value in values_at(params, path.split(".")):
            _check(value, limit, param, row.at(path).reference)
    for path, facts in row.fields.items():
        if (facts.least, facts.above, facts.most) == (None, None, None):
            continue
        for param, value in values_at(params, path.split(".")):
            if value is not None:
                _check_size(value, facts, param)
    _check_currencies(params, "")
    for param, metadata in _metadata_in(params, ""):
        check_metadata(metadata, param)


def check_metadata(metadata: Mapping[str, Any], param: str = "metadata") -> None:
    """Check keys and values of metadata (L), and how many there are (R: of the merged result).

    Raises:
        StripeRefusal: Too many, or too long.
    """
    if len(metadata) > _METADATA_KEYS:
        raise errors.StripeRefusal(
            f"Metadata can have up to {_METADATA_KEYS} keys, but you've set {len(metadata)}.",
            param=param,
        )
    for key, value in metadata.items():
        if len(key) > _METADATA_KEY:
            raise errors.StripeRefusal(
                f"Metadata keys can have up to {_METADATA_KEY} characters, but you passed in a key "
                f"that is {len(key)} characters. Invalid key: {key}",
                param=param,
            )
        if value is not None and len(value) > _METADATA_VALUE:
            raise errors.StripeRefusal(
                f"Metadata values can have up to {_METADATA_VALUE} characters, but you passed in a "
                f"value that is {len(value)} characters. Invalid value: {value}",
                param=param,
            )


def _check(value: Any, limit: Field, param: str, reference: str) -> None:
    if isinstance(value, str):
        _check_string(value, limit, param, reference)
    elif isinstance(value, list):
        if limit.max_length and len(value) > limit.max_length:
            raise errors.too_many(param, limit.max_length, len(value))
        if len(value) < limit.min_length:
            raise errors.too_few(param, limit.min_length)


def _check_size(value: Any, bounds: Field, param: str) -> None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return  # such as `inf`, which the parameter takes in place of a number
    if bounds.least is not None and number < bounds.least:
        raise errors.too_small(param, bounds.least, value)
    if bounds.above is not None and number <= bounds.above:
        raise errors.not_above(param, bounds.above, value)
    if bounds.most is not None and number > bounds.most:
        raise errors.too_large(param, bounds.most, value)


def _check_string(value: str, limit: Field, param: str, reference: str) -> None:
    if limit.max_length and len(value) > limit.max_length and "currency" not in param:
        raise errors.too_long(param, value, limit.max_length)
    if not limit.pattern or "currency" in param:
        return
    if limit.pattern.startswith(_URL):
        check_url(value, param)
    elif not re.fullmatch(limit.pattern, value):
        if reference:
            raise errors.resource_missing(reference.replace("_", " "), value, param=param)
        raise errors.no_match(param, rf"\A{limit.pattern}\z", value)


def check_url(value: str, param: str) -> None:
    """Check that a URL has a scheme and a host.

    Raises:
        StripeRefusal: `url_invalid`.
    """
    try:
        parts = urlsplit(value)
        host = parts.hostname
    except ValueError:
        raise errors.not_a_url(param) from None
    if not parts.scheme or "://" not in value:
        raise errors.no_scheme(param)
    if parts.scheme not in ("http", "https") or not host or re.search(r"\s", value):
        raise errors.not_a_url(param)


def _check_lengths(value: Any, shape: Shape, param: str) -> None:
    if isinstance(value, str):
        most = shape.max_length or _LONGEST_STRING
        if len(value) > most:
            raise errors.too_long(param, value, most)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name != "metadata":
                below = shape.fields.get(name) or shape.element or _ANYTHING
                _check_lengths(inner, below, f"{param}[{name}]" if param else name)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _check_lengths(inner, shape.element or _ANYTHING, f"{param}[{index}]")


def _check_currencies(value: Any, param: str) -> None:
    if isinstance(value, list):
        for index, inner in enumerate(value):
            _check_currencies(inner, f"{param}[{index}]")
    if not isinstance(value, dict):
        return
    for name, inner in value.items():
        place = f"{param}[{name}]" if param else name
        if name == "metadata":
            continue
        if name.endswith("currency") and isinstance(inner, str) and not is_currency(inner):
            raise unknown_currency(inner, place)
        if name == "currency_options" and isinstance(inner, dict):
            for code in inner:
                if not is_currency(code):
                    # L: upper case is refused in keys of maps; the text is ours (?).
                    raise unknown_currency(code, f"{place}[{code}]")
        _check_currencies(inner, place)


def _metadata_in(value: Any, param: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            place = f"{param}[{name}]" if param else name
            if name == "metadata" and isinstance(inner, dict):
                yield place, inner
            elif name != "metadata":
                yield from _metadata_in(inner, place)
