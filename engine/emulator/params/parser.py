"""From a form to typed parameters, checked against the catalog's shapes.

An empty string becomes None where it clears a value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from engine.catalog.model import Shape
from engine.emulator.wire import errors
from engine.emulator.wire.messages import Form, is_index
from engine.frozen import frozen
from engine.schema.attribute import Kind

_INTEGER = re.compile(r"[+-]?\d{1,18}")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?")
# D: unit_amount_decimal and its like take at most 12 decimal places.
_MOST_DECIMAL_PLACES: Final = 12
_BLANKS: Final = "\0 \t\r\n"
_STRUCTURES: Mapping[Kind, str] = {Kind.OBJECT: "object", Kind.MAP: "hash", Kind.LIST: "array"}


@frozen
class ParamParser:
    """Parses the parameters of one type: what the semantics table adds to shapes.

    Attributes:
        fold_case: Dotted paths whose values are stored in lower case.
        unlisted: Dotted paths of enums that take further values.
        clearable: Dotted paths that an empty string clears although the SDK does not declare it.
        optional: Dotted paths that are not required although the SDK declares them so.
    """

    fold_case: frozenset[str] = frozenset()
    unlisted: frozenset[str] = frozenset()
    clearable: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()

    def parse(self, form: Form, fields: Mapping[str, Shape]) -> dict[str, Any]:
        """Convert a form to typed parameters.

        Raises:
            StripeRefusal: An unknown, missing or malformed parameter.
        """
        unknown = list(_unknown(form, fields, ""))
        if unknown:
            raise errors.unknown_parameters(unknown)
        return self._fields(form, fields, "", "")

    def _fields(
        self, form: Form, fields: Mapping[str, Shape], param: str, path: str
    ) -> dict[str, Any]:
        read: dict[str, Any] = {}
        for name, shape in fields.items():
            inner = f"{param}[{name}]" if param else name
            place = f"{path}.{name}" if path else name
            if name in form:
                read[name] = self._value(form[name], shape, inner, place)
            elif shape.required and place not in self.optional:
                raise errors.missing_parameter(inner)
        return read

    def _value(self, given: Any, shape: Shape, param: str, path: str) -> Any:
        if shape.kind is Kind.ANY:
            return self._any(given, shape, param, path)
        if isinstance(given, str) and not given.strip(_BLANKS):
            # R: blanks are stripped, and a value of blanks alone counts as not sent.
            blank = given != "" and not shape.required
            known = shape.emptyable or path in self.clearable or _is_metadata(shape, path)
            if known or blank:
                return None
            raise errors.empty_string(param)
        if shape.kind in _STRUCTURES:
            return self._structure(given, shape, param, path)
        if not isinstance(given, str):
            raise errors.invalid_value(shape.kind.value, param, _inspected(given))
        return self._scalar(given.strip(_BLANKS), shape, param, path)

    def _scalar(self, given: str, shape: Shape, param: str, path: str) -> Any:
        if shape.kind is Kind.STRING:
            return self._string(given, shape, param, path)
        if shape.kind is Kind.INTEGER:
            return _integer(given, shape, param)
        return _SCALARS[shape.kind](given, param)

    def _structure(self, given: Any, shape: Shape, param: str, path: str) -> Any:
        if shape.kind is Kind.LIST:
            elements = _elements(given)
            if elements is None or shape.element is None:
                raise errors.invalid_value("array", param)
            read = (
                self._value(one, shape.element, f"{param}[{index}]", f"{path}.*")
                for index, one in enumerate(elements)
            )
            # A blank one counts as not sent, too.
            return [one for one in read if one is not None]
        if not isinstance(given, dict):
            raise errors.invalid_value(_STRUCTURES[shape.kind], param)
        if shape.kind is Kind.OBJECT:
            return self._fields(given, shape.fields, param, path)
        if _is_metadata(shape, path):
            return {key: _metadata_value(key, value) for key, value in given.items()}
        element = shape.element or Shape(kind=Kind.ANY)
        return {
            key: self._value(value, element, f"{param}[{key}]", f"{path}.*")
            for key, value in given.items()
        }

    def _any(self, given: Any, shape: Shape, param: str, path: str) -> Any:
        """A value of several forms, such as a time or a range of times."""
        if shape.fields and isinstance(given, dict):
            return self._fields(given, shape.fields, param, path)
        if "gt" in shape.fields:
            if not isinstance(given, str):
                raise errors.invalid_value("integer", param, _inspected(given))
            return _integer(given, shape, param)
        return given

    def _string(self, given: str, shape: Shape, param: str, path: str) -> str:
        text = given.lower() if shape.currency or path in self.fold_case else given
        if shape.values and text not in shape.values and path not in self.unlisted:
            raise errors.not_a_word(param, shape.values)
        return text


def _is_metadata(shape: Shape, path: str) -> bool:
    return shape.kind is Kind.MAP and path.rpartition(".")[2] == "metadata"


def _metadata_value(key: str, value: Any) -> str | None:
    if not isinstance(value, str):
        # ? The text is ours: metadata is flat.
        raise errors.StripeRefusal(
            f"Metadata values must be strings, but for key '{key}' you passed in a value of type "
            f"{'hash' if isinstance(value, dict) else 'array'}.",
            param="metadata",
        )
    return value or None


def _unknown(given: Any, fields: Mapping[str, Shape], param: str) -> list[str]:
    if not isinstance(given, dict):
        return []
    found: list[str] = []
    for name, value in given.items():
        inner = f"{param}[{name}]" if param else name
        if name not in fields:
            found.append(inner)
        else:
            found += _unknown_below(value, fields[name], inner)
    return found


def _unknown_below(value: Any, shape: Shape, param: str) -> list[str]:
    if shape.fields:
        return _unknown(value, shape.fields, param)
    if shape.element is None or not shape.element.fields:
        return []
    if shape.kind is Kind.LIST:
        elements = _elements(value) or []
        return [
            name
            for index, one in enumerate(elements)
            for name in _unknown(one, shape.element.fields, f"{param}[{index}]")
        ]
    entries = value.items() if isinstance(value, dict) else ()
    return [
        name
        for key, one in entries
        for name in _unknown(one, shape.element.fields, f"{param}[{key}]")
    ]


def _elements(given: Any) -> list[Any] | None:
    """The elements of a list, with or without indexes; None if it is not a list."""
    if isinstance(given, list):
        return given
    if isinstance(given, dict) and given and all(is_index(key) for key in given):
        return [given[key] for key in sorted(given, key=int)]
    return None


def _integer(given: str, shape: Shape, param: str) -> int | str:
    if given in shape.literals:
        return given
    if not _INTEGER.fullmatch(given):
        raise errors.invalid_integer(param, given)
    number = int(given)
    if number < 0 and "amount" in param.rpartition("[")[2]:
        raise errors.negative_integer(param)
    return number


def _number(given: str, param: str) -> float:
    if not _NUMBER.fullmatch(given):
        raise errors.invalid_value("decimal", param, given)
    return float(given)


def _boolean(given: str, param: str) -> bool:
    # R: the SDK for Python sent `True` and `False` until its version 8.
    if given not in ("true", "false", "True", "False"):
        raise errors.invalid_value("boolean", param, given)
    return given in ("true", "True")


def _decimal(given: str, param: str) -> str:
    """A decimal in Stripe's form: plain digits, no zeros at the end (R)."""
    try:
        if not _NUMBER.fullmatch(given):
            raise errors.invalid_value("decimal", param, given)
        number = Decimal(given)
    except InvalidOperation:
        raise errors.invalid_value("decimal", param, given) from None
    # Zeros at the end are not places: the BigDecimal that Stripe's refusal shows has none.
    if -int(number.normalize().as_tuple().exponent) > _MOST_DECIMAL_PLACES:
        raise errors.StripeRefusal(
            f"Invalid decimal: {_ruby(number)}; must contain at most {_MOST_DECIMAL_PLACES} "
            "decimal places.",
            param=param,
        )
    if number < 0:
        raise errors.too_small(param, 0, _ruby(number))
    return plain_decimal(number)


_SCALARS: Mapping[Kind, Callable[[str, str], Any]] = {
    Kind.NUMBER: _number,
    Kind.DECIMAL: _decimal,
    Kind.BOOLEAN: _boolean,
}


def plain_decimal(number: Decimal) -> str:
    """Print a decimal without exponent and without zeros at the end."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _ruby(number: Decimal) -> str:
    """Print a decimal as Ruby's BigDecimal does, which Stripe's errors quote: 1.5 as `0.15e1`."""
    sign, digits, _ = number.as_tuple()
    significant = "".join(str(digit) for digit in digits).lstrip("0").rstrip("0") or "0"
    exponent = number.adjusted() + 1 if number else 0
    return f"{'-' if sign else ''}0.{significant}e{exponent}"


def _inspected(given: Any) -> str:
    """Print a structure as Ruby does, for the refusal of a structure in place of a string."""
    if isinstance(given, dict):
        inner = ", ".join(f'"{key}"=>{_inspected(value)}' for key, value in given.items())
        return "{" + inner + "}"
    if isinstance(given, list):
        return "[" + ", ".join(_inspected(one) for one in given) + "]"
    return f'"{given}"'
