"""Checking arguments against a type: every kind, every limit, every form of rule."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

import pytest

from engine.catalog import loader
from engine.schema.attribute import Attribute, Kind
from engine.schema.resource_type import ResourceType
from engine.schema.rules import Rule, RuleKind
from engine.stack.checks.fields import check_arguments
from engine.stack.checks.rules import CheckContext
from engine.values.markers import ABSENT
from engine.values.secret import Sensitive

NOW = 1_790_000_000
CIRCUMSTANCES = CheckContext(now=NOW, live=False, held={"b": NOW - 60})
REF = "${stripe_product.pro.id}"
OTHER = "${stripe_product.other.id}"
USD, EUR, USDS = {"currency": "USD"}, {"currency": "eur"}, {"usd": {"unit_amount": 1}}


def field(kind: Kind, **facts: Any) -> Attribute:
    """A declarable attribute."""
    return Attribute(kind=kind, in_create=True, **facts)


def thing(*rules: Rule, **fields: Attribute) -> ResourceType:
    """A type with some fields."""
    return ResourceType(
        name="stripe_thing",
        object="thing",
        title="thing",
        face="Thing",
        root=Attribute(kind=Kind.OBJECT, fields=fields),
        rules=rules,
    )


def found(kind: ResourceType, **arguments: Any) -> list[str]:
    """What is wrong, as `path reference: message | hint`."""
    return [
        f"{'.'.join(map(str, finding.path))} {finding.reference}: {finding.message}"
        + (f" | {finding.hint}" if finding.hint else "")
        for finding in check_arguments(kind, arguments, CIRCUMSTANCES)
    ]


NESTED = field(
    Kind.OBJECT,
    fields={"mode": field(Kind.STRING, required=True), "size": field(Kind.INTEGER)},
)


# ── kinds ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (Kind.STRING, ["", "a", "ß"]),
        (Kind.INTEGER, [0, -5, 2**70]),
        (Kind.NUMBER, [1, 1.5, Decimal("2.5")]),
        (Kind.DECIMAL, ["0.5", "1e3", 7, Decimal("0.000000000001")]),
        (Kind.BOOLEAN, [True, False]),
        (Kind.OBJECT, [{}]),
        (Kind.LIST, [[], ["a", 1], ("b",)]),
        (Kind.MAP, [{}, {"a": 1}]),
        (Kind.ANY, ["a", 1, [None], {"a": object()}]),
    ],
)
def test_values_of_their_kind(kind: Kind, values: list[Any]) -> None:
    """None counts as not given, everywhere."""
    for value in [*values, None]:
        assert found(thing(x=field(kind)), x=value) == []


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        (Kind.STRING, 5, 'x takes a string, not int 5 | write "5"'),
        (Kind.STRING, True, 'x takes a string, not bool True | write "true"'),
        (Kind.STRING, ["a"], "x takes a string, not list ['a']"),
        (Kind.INTEGER, "29", "x takes a whole number, not str '29' | write 29"),
        (Kind.INTEGER, "2.9", "x takes a whole number, not str '2.9'"),
        (
            Kind.INTEGER,
            29.0,
            (
                "x takes a whole number, not float 29.0 | "
                "amounts are whole numbers of minor units: 2900 is $29.00"
            ),
        ),
        (Kind.INTEGER, True, "x takes a whole number, not bool True"),
        (Kind.NUMBER, "1", "x takes a number, not str '1'"),
        (Kind.NUMBER, False, "x takes a number, not bool False"),
        (Kind.NUMBER, float("nan"), "x is not a number: nan"),
        (Kind.NUMBER, float("inf"), "x is not a number: inf"),
        (
            Kind.DECIMAL,
            0.1,
            (
                "x takes a decimal as a string, int or Decimal, not float 0.1 | "
                'write "0.1", so that no digit is lost'
            ),
        ),
        (Kind.DECIMAL, "a", "x is not a number: 'a'"),
        (Kind.DECIMAL, "NaN", "x is not a number: 'NaN'"),
        (Kind.BOOLEAN, "true", "x takes True or False, not str 'true' | write True"),
        (Kind.BOOLEAN, 1, "x takes True or False, not int 1"),
        (Kind.OBJECT, "a", "x takes a dict, not str 'a'"),
        (Kind.OBJECT, REF, f"x takes a dict, not str '{REF}'"),
        (Kind.LIST, "a", "x takes a list, not str 'a' | put it into a list: [...]"),
        (Kind.LIST, {"a"}, "x takes a list, not set {'a'} | write [...] for {...}"),
        (Kind.LIST, REF, f"x takes a list, not str '{REF}' | put it into a list: [...]"),
        (Kind.MAP, ["a"], "x takes a dict, not list ['a']"),
    ],
)
def test_values_of_another_kind(kind: Kind, value: Any, message: str) -> None:
    """What was given is shown, with what to write where that is clear."""
    assert found(thing(x=field(kind)), x=value) == [f"x wrong-type: {message}"]


def test_any_number_of_currencies() -> None:
    """The codes have three letters; that is no limit to how many there are."""
    kind = loader.by_object("price")
    options = {code: {"unit_amount": 5} for code in ("eur", "gbp", "chf", "sek", "nok")}
    price = {"product": "prod_9", "currency": "usd", "unit_amount": 5}
    assert found(kind, **price, currency_options=options) == []
    assert found(kind, **price, currency_options={"EUR": {"unit_amount": 5}}) == [
        (
            "currency_options.EUR bad-key: currency_options cannot have the key 'EUR' | "
            'a currency is its three-letter code in lower case, such as "usd"'
        )
    ]


def test_long_values_are_cut() -> None:
    """A message is one line."""
    (text,) = found(thing(x=field(Kind.BOOLEAN)), x="a" * 500)
    assert len(text) < 120


@pytest.mark.parametrize(
    "kind", [Kind.STRING, Kind.INTEGER, Kind.NUMBER, Kind.DECIMAL, Kind.BOOLEAN]
)
def test_references_are_of_any_scalar_kind(kind: Kind) -> None:
    """Only an apply can tell their values; limits do not apply to their text."""
    narrow = field(kind, values=("a",), max_length=1, min_length=1, pattern="a")
    assert found(thing(x=narrow), x=REF) == []
    assert found(thing(x=narrow), x=f"before {REF} ") == []


def test_a_secret_is_checked_and_not_shown() -> None:
    """Where it is wrong, and nothing of what it is."""
    kind = thing(x=field(Kind.STRING, values=("a",)), y=field(Kind.OBJECT, fields={"z": NESTED}))
    secret = Sensitive("hunter2")
    assert found(kind, x=Sensitive("a")) == []
    assert found(kind, x=secret, y={"z": Sensitive({"mode": "hunter2", "size": "hunter2"})}) == [
        "x wrong-enum: x is not what Stripe takes; its value is not shown",
        "y.z.size wrong-type: y.z.size is not what Stripe takes; its value is not shown",
    ]


# ── words ─────────────────────────────────────────────────────────────────────────────────


def test_words_of_an_enum() -> None:
    """The nearest word and all of them; many are cut."""
    few = thing(x=field(Kind.STRING, values=("day", "month")))
    assert found(few, x="month") == []
    assert found(few, x="monthly") == [
        "x wrong-enum: x cannot be 'monthly' | did you mean 'month'? must be one of day, month"
    ]
    assert found(few, x="zzz") == ["x wrong-enum: x cannot be 'zzz' | must be one of day, month"]
    many = thing(x=field(Kind.STRING, values=tuple(f"w{n}" for n in range(20))))
    assert found(many, x="zzz")[0].endswith("w10, w11, ...")


def test_an_open_enum_takes_further_words() -> None:
    """Stripe knows newer ones than the SDK."""
    kind = thing(x=field(Kind.STRING, values=("a",), open_values=True))
    assert found(kind, x="newer") == []


def test_a_literal_beside_the_kind() -> None:
    """`up_to` takes a number or `inf`."""
    kind = thing(x=field(Kind.INTEGER, words={"inf": None}))
    assert found(kind, x="inf") == []
    assert found(kind, x=5) == []
    assert found(kind, x="infinite") == ["x wrong-type: x takes a whole number, not str 'infinite'"]


# ── limits ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("facts", "value", "message"),
    [
        ({"max_length": 3}, "abcd", "x too-long: x has 4 characters; Stripe takes 3"),
        ({"min_length": 2}, "a", "x too-short: x needs at least 2 characters"),
        ({"min_length": 1}, "", "x too-short: x needs at least 1 character"),
        (
            {"pattern": "[a-z]+"},
            "A",
            "x bad-value: x cannot be 'A' | Stripe takes what matches [a-z]+",
        ),
        (
            {},
            " a ",
            "x white-space: x begins or ends with white space, which Stripe strips | write 'a'",
        ),
    ],
)
def test_limits_of_a_text(facts: dict[str, Any], value: str, message: str) -> None:
    """Each says what Stripe takes."""
    assert found(thing(x=field(Kind.STRING, **facts)), x=value) == [message]


def test_limits_reached_are_fine() -> None:
    """The bounds themselves are allowed, and a pattern speaks of texts that are not empty."""
    kind = thing(x=field(Kind.STRING, max_length=3, pattern="[a-z]*"))
    assert found(kind, x="abc") == []
    assert found(thing(x=field(Kind.STRING, pattern="a+")), x="") == []


def test_limits_of_a_list() -> None:
    """Too many, too few, and each element by itself."""
    element = field(Kind.STRING, max_length=1)
    kind = thing(x=field(Kind.LIST, min_length=1, max_length=2, element=element))
    assert found(kind, x=["a", "b"]) == []
    assert found(kind, x=[]) == ["x too-short: x needs at least 1 entry"]
    assert found(kind, x=["a", "b", "cc"]) == [
        "x too-long: x has 3 entries; Stripe takes 2",
        "x.2 too-long: x[2] has 2 characters; Stripe takes 1",
    ]


def test_limits_of_a_map() -> None:
    """How many keys, which keys, and each value by itself."""
    element = field(Kind.STRING, max_length=1)
    kind = thing(x=field(Kind.MAP, max_length=2, pattern="[a-z]+", element=element))
    assert found(kind, x={"a": "1", "b": None}) == []
    assert found(kind, x={"a": "12", "B": "1", "c": 3}) == [
        "x too-long: x has 3 keys; Stripe takes 2",
        "x.a too-long: x.a has 2 characters; Stripe takes 1",
        "x.B bad-key: x cannot have the key 'B' | keys match [a-z]+",
        'x.c wrong-type: x.c takes a string, not int 3 | write "3"',
    ]
    assert found(kind, x={5: "1"}) == ["x.5 bad-key: x cannot have the key 5 | keys match [a-z]+"]


@pytest.mark.parametrize(
    ("kind", "facts", "value", "message"),
    [
        (Kind.INTEGER, {"least": 1}, 0, "must be greater than or equal to 1 (it is 0)"),
        (Kind.INTEGER, {"least": 1}, 1, ""),
        (Kind.NUMBER, {"above": 0}, 0, "must be greater than 0 (it is 0)"),
        (Kind.NUMBER, {"above": 0}, 0.5, ""),
        (Kind.NUMBER, {"most": 100}, 100.5, "must be less than or equal to 100 (it is 100.5)"),
        (Kind.NUMBER, {"most": 100}, Decimal(100), ""),
        (Kind.DECIMAL, {"least": 0}, "-0.1", "must be greater than or equal to 0 (it is -0.1)"),
        (Kind.DECIMAL, {"least": 0}, "0", ""),
        (Kind.INTEGER, {"least": 0}, REF, ""),
        (Kind.INTEGER, {"least": 1, "words": {"inf": None}}, "inf", ""),
        (Kind.STRING, {"least": 1}, "0", ""),
    ],
)
def test_bounds_of_a_number(kind: Kind, facts: dict[str, Any], value: Any, message: str) -> None:
    """The bounds themselves are allowed, unless the number has to be above."""
    expected = [f"x out-of-range: x {message}"] if message else []
    assert found(thing(x=field(kind, **facts)), x=value) == expected


def test_what_is_no_number_is_not_out_of_range_too() -> None:
    """One mistake is one finding."""
    bounded = thing(x=field(Kind.DECIMAL, least=0))
    assert len(found(bounded, x="NaN")) == 1
    assert len(found(bounded, x="many")) == 1


def test_decimal_places() -> None:
    """Stripe keeps twelve; zeros at the end are none."""
    kind = thing(x=field(Kind.DECIMAL))
    assert found(kind, x="1." + "0" * 20) == []
    assert found(kind, x="0." + "0" * 12 + "1") == [
        "x too-long: x has more than 12 decimal places: 0.0000000000001"
    ]


# ── parameters ────────────────────────────────────────────────────────────────────────────


def test_unknown_parameters() -> None:
    """The nearest one, or all there are; nested ones by their path."""
    kind = thing(name=field(Kind.STRING), nested=NESTED)
    assert found(kind, nmae="x") == [
        "nmae unknown-parameter: unknown parameter nmae | did you mean 'name'?"
    ]
    assert found(kind, zzz=1) == [
        "zzz unknown-parameter: unknown parameter zzz | Thing takes: name, nested"
    ]
    assert found(kind, nested={"mode": "a", "zzz": 1}) == [
        (
            "nested.zzz unknown-parameter: unknown parameter nested.zzz | "
            "Thing.nested takes: mode, size"
        )
    ]


def test_computed_parameters() -> None:
    """What Stripe sets is told from what does not exist."""
    kind = thing(created=Attribute(kind=Kind.INTEGER, in_response=True))
    assert found(kind, created=1) == [
        "created computed-parameter: created is set by Stripe and cannot be declared | leave it out"
    ]


@pytest.mark.parametrize(
    ("facts", "example"),
    [
        ({"kind": Kind.STRING}, '"..."'),
        ({"kind": Kind.STRING, "values": ("day",)}, '"day"'),
        ({"kind": Kind.INTEGER}, "1000"),
        ({"kind": Kind.NUMBER}, "12.5"),
        ({"kind": Kind.DECIMAL}, '"0.5"'),
        ({"kind": Kind.BOOLEAN}, "True"),
        ({"kind": Kind.LIST}, "[...]"),
        ({"kind": Kind.OBJECT}, "{...}"),
        ({"kind": Kind.MAP}, "{...}"),
    ],
)
def test_missing_parameters(facts: dict[str, Any], example: str) -> None:
    """The example is of the right kind; None is as good as nothing."""
    kind = thing(x=field(required=True, **facts))
    expected = [f" missing-parameter: missing required parameter x | add x={example}"]
    assert found(kind) == expected
    assert found(kind, x=None) == expected


def test_missing_nested_parameters() -> None:
    """Only where their parent is given; the example is in a dict's spelling."""
    kind = thing(nested=NESTED)
    assert found(kind) == []
    assert found(kind, nested={}) == [
        'nested missing-parameter: missing required parameter nested.mode | add "mode": "..."'
    ]


def test_a_required_dict_that_is_empty_is_missing() -> None:
    """Stripe would see nothing of it; what is required inside says so by itself."""
    inside = {"size": field(Kind.INTEGER)}
    kind = thing(x=field(Kind.OBJECT, required=True, fields=inside))
    assert found(kind, x={}) == [" missing-parameter: missing required parameter x | add x={...}"]
    assert found(kind, x={"size": 1}) == []
    (text,) = found(thing(x=dataclasses.replace(NESTED, required=True)), x={})
    assert text.startswith("x missing-parameter: missing required parameter x.mode")


def test_a_required_list_that_is_empty_is_missing() -> None:
    """A list of none cannot be sent; one that has to have some is too short, and no more."""
    missing = " missing-parameter: missing required parameter x | add x=[...]"
    cases: list[dict[str, Any]] = [{}, {"min_length": 1}]
    for facts in cases:
        kind = thing(x=field(Kind.LIST, required=True, element=field(Kind.STRING), **facts))
        assert found(kind) == [missing]
        assert found(kind, x=["a"]) == []
    assert found(thing(x=field(Kind.LIST, required=True, element=field(Kind.STRING))), x=[]) == [
        missing
    ]
    (text,) = found(kind, x=[])
    assert text.startswith("x too-short:")


def test_a_misspelt_parameter_is_not_missing_too() -> None:
    """One mistake is one finding, for required parameters and for rules."""
    rule = Rule(kind=RuleKind.REQUIRES, fields=("amount",), message="amount is needed")
    kind = thing(
        rule, name=field(Kind.STRING, required=True), amount=field(Kind.INTEGER), nested=NESTED
    )
    assert [
        text.split(":")[0] for text in found(kind, nmae="x", amuont=1, nested={"mod": "a"})
    ] == [
        "nmae unknown-parameter",
        "amuont unknown-parameter",
        "nested.mod unknown-parameter",
    ]
    assert len(found(kind, zzz="x")) == 3


# ── rules ─────────────────────────────────────────────────────────────────────────────────


def rule(kind: RuleKind, *fields: str, **facts: Any) -> Rule:
    """A rule whose message is `broken`."""
    return Rule(kind=kind, fields=fields, message="broken", **facts)


ANYTHING = {name: field(Kind.ANY) for name in ("a", "b", "c")}
BROKEN: list[tuple[Rule, dict[str, Any], str | None]] = [
    # REQUIRES: each declared and not empty
    (rule(RuleKind.REQUIRES, "a"), {}, ""),
    (rule(RuleKind.REQUIRES, "a"), {"a": 1}, None),
    (rule(RuleKind.REQUIRES, "a"), {"a": REF}, None),
    (rule(RuleKind.REQUIRES, "a"), {"a": False}, None),
    (rule(RuleKind.REQUIRES, "a"), {"a": ""}, "a"),
    (rule(RuleKind.REQUIRES, "a"), {"a": []}, "a"),
    (rule(RuleKind.REQUIRES, "a"), {"a": {}}, "a"),
    (rule(RuleKind.REQUIRES, "a"), {"a": None}, "a"),
    (rule(RuleKind.REQUIRES, "a", "b"), {"a": 1}, ""),
    (rule(RuleKind.REQUIRES, "a.x.y"), {"a": {"x": {}}}, "a.x"),
    (rule(RuleKind.REQUIRES, "a.x.y"), {"a": {"x": {"y": 1}}}, None),
    # REQUIRES a value
    (rule(RuleKind.REQUIRES, "a", value=True), {"a": True}, None),
    (rule(RuleKind.REQUIRES, "a", value=True), {"a": False}, "a"),
    (rule(RuleKind.REQUIRES, "a", value=True), {}, ""),
    # when
    (rule(RuleKind.REQUIRES, "a", when={"b": 1}), {}, None),
    (rule(RuleKind.REQUIRES, "a", when={"b": 1}), {"b": 2}, None),
    (rule(RuleKind.REQUIRES, "a", when={"b": 1}), {"b": 1}, "b"),
    (rule(RuleKind.REQUIRES, "a", when={"b.x": 1}), {"b": {"x": 1}}, "b.x"),
    (rule(RuleKind.REQUIRES, "a", when={"b": ...}), {"b": 0}, "b"),
    (rule(RuleKind.REQUIRES, "a", when={"b": ...}), {}, None),
    (rule(RuleKind.REQUIRES, "a", when={"b": ABSENT}), {}, "b"),
    (rule(RuleKind.REQUIRES, "a", when={"b": ABSENT}), {"b": 1}, None),
    (rule(RuleKind.REQUIRES, "a", when={"b": 1, "c": 2}), {"b": 1}, None),
    (rule(RuleKind.REQUIRES, "a", when={"b": 1, "c": 2}), {"b": 1, "c": 2}, "b"),
    # FORBIDS
    (rule(RuleKind.FORBIDS, "a", "b"), {}, None),
    (rule(RuleKind.FORBIDS, "a", "b"), {"b": 0}, "b"),
    (rule(RuleKind.FORBIDS, "a"), {"a": ""}, None),
    (rule(RuleKind.FORBIDS, "a", value="x"), {"a": "y"}, None),
    (rule(RuleKind.FORBIDS, "a", value="x"), {"a": "x"}, "a"),
    # ONE_OF
    (rule(RuleKind.ONE_OF, "a", "b", "c"), {}, ""),
    (rule(RuleKind.ONE_OF, "a", "b", "c"), {"b": 0}, None),
    (rule(RuleKind.ONE_OF, "a", "b", "c"), {"a": 1, "c": 1}, "c"),
    # AT_MOST_ONE
    (rule(RuleKind.AT_MOST_ONE, "a", "b"), {}, None),
    (rule(RuleKind.AT_MOST_ONE, "a", "b"), {"a": 1}, None),
    (rule(RuleKind.AT_MOST_ONE, "a", "b"), {"a": 1, "b": 1}, "b"),
    # LAST_ELEMENT
    (rule(RuleKind.LAST_ELEMENT, "a", value=("x", "inf")), {}, None),
    (rule(RuleKind.LAST_ELEMENT, "a", value=("x", "inf")), {"a": []}, None),
    (rule(RuleKind.LAST_ELEMENT, "a", value=("x", "inf")), {"a": [{"x": 1}, {"x": "inf"}]}, None),
    (rule(RuleKind.LAST_ELEMENT, "a", value=("x", "inf")), {"a": [{"x": "inf"}, {"x": 1}]}, "a"),
    (rule(RuleKind.LAST_ELEMENT, "a", value=("x", "inf")), {"a": [{}]}, "a"),
    (rule(RuleKind.LAST_ELEMENT, "a", value=("x", "inf")), {"a": ({"x": 1},)}, "a"),
    # AT_LEAST_ONE
    (rule(RuleKind.AT_LEAST_ONE, "a", "b"), {}, ""),
    (rule(RuleKind.AT_LEAST_ONE, "a", "b"), {"a": 1, "b": 1}, None),
    (rule(RuleKind.AT_LEAST_ONE, "a.*.x", "b"), {"a": [{}, {"x": 1}]}, None),
    (rule(RuleKind.AT_LEAST_ONE, "a.*.x", "b"), {"a": [{}]}, ""),
    (rule(RuleKind.AT_LEAST_ONE, "a.*.x", when={"c": ...}), {"a": [{}], "c": 1}, "c"),
    # AT_MOST
    (rule(RuleKind.AT_MOST, "a", value=5), {}, None),
    (rule(RuleKind.AT_MOST, "a", value=5), {"a": 5}, None),
    (rule(RuleKind.AT_MOST, "a", value=5), {"a": 6}, "a"),
    (rule(RuleKind.AT_MOST, "a", value=5), {"a": "5.5"}, "a"),
    (rule(RuleKind.AT_MOST, "a", value=5), {"a": Decimal("5.5")}, "a"),
    (rule(RuleKind.AT_MOST, "a", value=5), {"a": REF}, None),
    (rule(RuleKind.AT_MOST, "a", value=5), {"a": True}, None),
    (rule(RuleKind.AT_MOST, "a", value=5), {"a": "many"}, None),
    (rule(RuleKind.AT_MOST, "a", value=5), {"a": "NaN"}, None),
    # MATCHES
    (rule(RuleKind.MATCHES, "a", value="x+"), {}, None),
    (rule(RuleKind.MATCHES, "a", value="x+"), {"a": "xx"}, None),
    (rule(RuleKind.MATCHES, "a", value="x+"), {"a": "xy"}, "a"),
    (rule(RuleKind.MATCHES, "a", value="x+"), {"a": REF}, None),
    (rule(RuleKind.MATCHES, "a", value="x+", live=True), {"a": "xy"}, None),
    # RISING
    (rule(RuleKind.RISING, "a", "b", "c", value=0), {"a": 1, "b": 1, "c": 2}, None),
    (rule(RuleKind.RISING, "a", "b", "c", value=0), {"a": 2, "c": 1}, "c"),
    (rule(RuleKind.RISING, "a", "b", "c", value=0), {"a": 2, "b": REF, "c": 1}, "c"),
    (rule(RuleKind.RISING, "a", "b", value=1), {"a": 1, "b": 1}, "b"),
    (rule(RuleKind.RISING, "a", "b", value=1), {"a": "now", "b": 1}, None),
    # WITHIN
    (rule(RuleKind.WITHIN, "a", value=60), {}, None),
    (rule(RuleKind.WITHIN, "a", value=60), {"a": NOW + 60}, None),
    (rule(RuleKind.WITHIN, "a", value=60), {"a": NOW + 61}, "a"),
    (rule(RuleKind.WITHIN, "a", value=60), {"a": 0}, None),
    (rule(RuleKind.WITHIN, "a", value=60), {"a": "now"}, None),
    # AHEAD
    (rule(RuleKind.AHEAD, "a"), {}, None),
    (rule(RuleKind.AHEAD, "a"), {"a": NOW + 1}, None),
    (rule(RuleKind.AHEAD, "a"), {"a": NOW}, "a"),
    (rule(RuleKind.AHEAD, "a"), {"a": "now"}, None),
    (rule(RuleKind.AHEAD, "b"), {"b": NOW - 60}, None),
    (rule(RuleKind.AHEAD, "b"), {"b": NOW - 61}, "b"),
    # RISING_ELEMENTS
    (rule(RuleKind.RISING_ELEMENTS, "a", value="x"), {"a": [{"x": 1}, {"x": "inf"}]}, None),
    (rule(RuleKind.RISING_ELEMENTS, "a", value="x"), {"a": [{"x": 2}, {"x": 1}]}, "a.1.x"),
    (rule(RuleKind.RISING_ELEMENTS, "a", value="x"), {"a": [{"x": 1}, {"x": 1}]}, "a.1.x"),
    (rule(RuleKind.RISING_ELEMENTS, "a", value="x"), {"a": [{"x": "inf"}, {"x": 9}]}, "a.1.x"),
    (rule(RuleKind.RISING_ELEMENTS, "a", value="x"), {"a": [{"x": REF}, {}]}, None),
    (rule(RuleKind.RISING_ELEMENTS, "a", value="x"), {}, None),
    # OWN_KEY
    (rule(RuleKind.OWN_KEY, "a", value="b"), {}, None),
    (rule(RuleKind.OWN_KEY, "a", value="b"), {"b": "DE", "a": {"de": 1, "fr": None}}, None),
    (rule(RuleKind.OWN_KEY, "a", value="b"), {"b": "DE", "a": {"de": 1, "fr": 1}}, "a.fr"),
    (rule(RuleKind.OWN_KEY, "a", value="b"), {"b": "DE", "a": {}}, "a"),
    (rule(RuleKind.OWN_KEY, "a", value="b"), {"b": REF, "a": {"fr": 1}}, None),
    # what only an apply can tell
    (rule(RuleKind.REQUIRES, "a", value=True), {"a": REF}, None),
    (rule(RuleKind.REQUIRES, "a.x"), {"a": REF}, None),
    (rule(RuleKind.FORBIDS, "a.x"), {"a": REF}, None),
    (rule(RuleKind.ONE_OF, "a.x", "b"), {"a": REF}, None),
    (rule(RuleKind.REQUIRES, "c", when={"a.x": ABSENT}), {"a": REF}, None),
    (rule(RuleKind.REQUIRES, "c", when={"a.x": ...}), {"a": REF}, None),
    (rule(RuleKind.LAST_ELEMENT, "a", value=("x", "inf")), {"a": [{"x": REF}]}, None),
    # every element, one by one
    (rule(RuleKind.REQUIRES, "a.*.x"), {"a": [{"x": 1}, {"y": 1}]}, "a.1"),
    (rule(RuleKind.REQUIRES, "a.*.x"), {"a": {"k": {"y": 1}}}, "a.k"),
    (rule(RuleKind.REQUIRES, "a.*.x"), {"a": []}, None),
    (rule(RuleKind.REQUIRES, "a.*.x"), {}, None),
    (rule(RuleKind.ONE_OF, "a.*.x", "a.*.y", each="a.*"), {"a": [{"x": 1}, {}]}, "a.1"),
    (rule(RuleKind.ONE_OF, "a.*.x", "a.*.y", each="a.*"), {"a": [{"x": 1}, {"y": 1}]}, None),
    (rule(RuleKind.ONE_OF, "a.*.x", "a.*.y", each="a.*"), {"a": [{"x": 1, "y": 1}]}, "a.0.y"),
    (rule(RuleKind.ONE_OF, "a.*.x", each="a.*"), {"a": REF}, None),
    (
        rule(RuleKind.FORBIDS, "a.*.x", each="a.*", when={"a.*.y": 1, "b": 2}),
        {"a": [{"x": 1}, {"x": 1, "y": 1}], "b": 2},
        "a.1.x",
    ),
    (
        rule(RuleKind.FORBIDS, "a.*.x", each="a.*", when={"a.*.y": 1}),
        {"a": [{"x": 1}, {"y": 1}]},
        None,
    ),
    (
        rule(RuleKind.REQUIRES, "a.*.x", each="a.*.l.*", when={"a.*.l.*.y": 1}),
        {"a": [{"l": [{"y": 1}]}, {"l": [], "x": 1}]},
        "a.0",
    ),
    # UNIQUE_ELEMENTS
    (rule(RuleKind.UNIQUE_ELEMENTS, "a", value=("x",)), {}, None),
    (rule(RuleKind.UNIQUE_ELEMENTS, "a", value=("x",)), {"a": [{"x": 1}, {"x": "1"}]}, None),
    (rule(RuleKind.UNIQUE_ELEMENTS, "a", value=("x",)), {"a": [{"x": REF}, {"x": REF}]}, "a.1"),
    (rule(RuleKind.UNIQUE_ELEMENTS, "a", value=("x",)), {"a": "text"}, None),
    (rule(RuleKind.UNIQUE_ELEMENTS, "a", value=("x",)), {"a": [{}, {}]}, None),
    (
        rule(RuleKind.UNIQUE_ELEMENTS, "a", value=("x", "y")),
        {"a": [{"x": 1, "y": 1}, {"x": 1}, {"x": 1, "y": 1}]},
        "a.2",
    ),
    (rule(RuleKind.UNIQUE_ELEMENTS, "a", value=()), {"a": [1, 2, 1]}, "a.2"),
    (rule(RuleKind.UNIQUE_ELEMENTS, "a", value=()), {"a": ["x", Sensitive("x")]}, "a.1"),
    # OTHER_KEYS
    (rule(RuleKind.OTHER_KEYS, "a", value="b"), {}, None),
    (rule(RuleKind.OTHER_KEYS, "a", value="b"), {"b": "usd", "a": {"eur": 1}}, None),
    (rule(RuleKind.OTHER_KEYS, "a", value="b"), {"b": "USD", "a": {"usd": 1}}, "a.usd"),
    (rule(RuleKind.OTHER_KEYS, "a", value="b"), {"a": {"usd": 1}}, None),
    # BELONGS
    (rule(RuleKind.BELONGS, "a", value="b"), {"a": "x", "b": "x"}, None),
    (rule(RuleKind.BELONGS, "a", value="b"), {"a": "y", "b": "x"}, "a"),
    (rule(RuleKind.BELONGS, "a", value="b"), {"a": REF, "b": REF}, None),
    (rule(RuleKind.BELONGS, "a", value="b"), {"a": OTHER, "b": REF}, "a"),
    # One of them may be the id of the other.
    (rule(RuleKind.BELONGS, "a", value="b"), {"a": "x", "b": REF}, None),
    (rule(RuleKind.BELONGS, "a", value="b"), {"a": "${data.stripe_product.p.id}", "b": REF}, None),
    (rule(RuleKind.BELONGS, "a", value="b"), {"a": "${stripe_price.p.product}", "b": REF}, None),
    (rule(RuleKind.BELONGS, "a", value="b"), {"a": "x", "b": 1}, None),
    (rule(RuleKind.BELONGS, "a", value="b"), {"a": "x"}, None),
    (rule(RuleKind.BELONGS, "a"), {"a": OTHER}, None),
    # ONE_CURRENCY
    (rule(RuleKind.ONE_CURRENCY, "a.*"), {"a": [USD, {**EUR, "currency_options": USDS}]}, None),
    (rule(RuleKind.ONE_CURRENCY, "a.*"), {"a": [USD, EUR]}, "a.1"),
    (rule(RuleKind.ONE_CURRENCY, "a.*"), {"a": [USD, "price_1", {"currency": REF}]}, None),
    (rule(RuleKind.ONE_CURRENCY, "a.*"), {"a": [USD, {**EUR, "currency_options": REF}]}, None),
    (rule(RuleKind.ONE_CURRENCY, "a.*", value="b"), {"a": [EUR], "b": "Eur"}, None),
    (rule(RuleKind.ONE_CURRENCY, "a.*", value="b"), {"a": [EUR], "b": "usd"}, "a.0"),
    (rule(RuleKind.ONE_CURRENCY, "a.*", value="b"), {"a": [EUR], "b": REF}, None),
    (rule(RuleKind.ONE_CURRENCY, "a.*", value="b"), {"a": [EUR, USD], "b": REF}, "a.1"),
]


@pytest.mark.parametrize("case", range(len(BROKEN)))
def test_rules(case: int) -> None:
    """Broken or not, and where: the field that is wrong, else what is nearest to it."""
    checked, arguments, where = BROKEN[case]
    expected = [] if where is None else [f"{where} stripe-rule: broken"]
    assert found(thing(checked, **ANYTHING), **arguments) == expected


def test_every_form_of_rule_is_held_here() -> None:
    """A new form needs its rows."""
    assert {checked.kind for checked, *_ in BROKEN} == set(RuleKind)


def test_every_element_that_breaks_a_rule_is_told() -> None:
    """One mistake in each of two elements is two findings, each with its place in the text."""
    one_price = Rule(
        kind=RuleKind.REQUIRES, each="a.*", fields=("a.*.x",), message="add x to `{place}`"
    )
    assert found(thing(one_price, **ANYTHING), a=[{}, {"x": 1}, {}]) == [
        "a.0 stripe-rule: add x to `a[0]`",
        "a.2 stripe-rule: add x to `a[2]`",
    ]


@pytest.mark.parametrize(("live", "broken"), [(True, True), (False, False), (None, False)])
def test_what_live_mode_alone_refuses(live: bool | None, broken: bool) -> None:  # noqa: FBT001 - a row
    """Where nothing tells the mode, nothing is refused."""
    kind = thing(rule(RuleKind.MATCHES, "a", value="x+", live=True), **ANYTHING)
    where = CheckContext(now=NOW, live=live)
    assert bool(list(check_arguments(kind, {"a": "y"}, where))) is broken


def test_a_misspelt_field_of_an_element_is_not_missing_too() -> None:
    """One mistake is one finding inside of lists as well."""
    items = field(Kind.LIST, element=field(Kind.OBJECT, fields={"price": field(Kind.STRING)}))
    kind = thing(rule(RuleKind.REQUIRES, "items.*.price", each="items.*"), items=items)
    assert [text.split(":")[0] for text in found(kind, items=[{"prise": "x"}])] == [
        "items.0.prise unknown-parameter"
    ]


def test_a_rule_speaks_with_its_hint() -> None:
    """Message and hint are the table's own."""
    kind = thing(
        Rule(kind=RuleKind.REQUIRES, fields=("a",), message="a is needed.", hint="add a=1"),
        **ANYTHING,
    )
    assert found(kind) == [" stripe-rule: a is needed. | add a=1"]


def test_rules_see_through_secrets() -> None:
    """A secret counts as given."""
    kind = thing(rule(RuleKind.ONE_OF, "a", "b"), **ANYTHING)
    assert found(kind, a=Sensitive("x")) == []
