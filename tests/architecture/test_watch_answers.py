"""The check of responses against a published description, on a small one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.catalog.generator.description import HOW_TO_GET_IT, VARIABLE, Description
from engine.emulator.core import Emulator
from engine.emulator.wire.messages import Request
from tests.support.watch.answers import Answers, Published

THING = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "object": {"type": "string", "enum": ["thing"]},
        "colour": {"type": "string", "enum": ["blue", "red"], "nullable": True},
        "note": {"type": "string"},
        "owner": {
            "anyOf": [{"type": "string"}, {"$ref": "#/components/schemas/thing"}],
            "nullable": True,
        },
        "rates": {"type": "object", "additionalProperties": {"type": "integer"}},
        "parts": {"type": "array", "items": {"$ref": "#/components/schemas/part"}},
    },
    "required": ["id", "object"],
}
PART = {"type": "object", "properties": {"size": {"type": "number"}}, "required": ["size"]}
GONE = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "object": {"type": "string", "enum": ["thing"]},
        "deleted": {"type": "boolean", "enum": [True]},
    },
    "required": ["id", "object", "deleted"],
}
ERROR = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {"type": {"type": "string"}, "message": {"type": "string"}},
            "required": ["type"],
        }
    },
    "required": ["error"],
}


def call(*schemas: str) -> dict[str, Any]:
    """An operation that returns one of these."""
    refs = [{"$ref": f"#/components/schemas/{name}"} for name in schemas]
    content = {"application/json": {"schema": {"anyOf": refs}}}
    return {"responses": {"200": {"content": content}}}


SMALL = Description(
    {
        "info": {"version": "2026-01-01"},
        "components": {"schemas": {"thing": THING, "part": PART, "gone": GONE, "error": ERROR}},
        "paths": {
            "/v1/things/{thing}": {"get": call("thing", "gone"), "delete": call("gone")},
            "/v1/things/last": {"get": call("part")},
        },
    }
)
THERE = {"id": "th_1", "object": "thing"}


def misfits(body: Any, *, status: int = 200, method: str = "GET", path: str = "th_1") -> list[str]:
    """What is wrong with a response."""
    published = Published(SMALL)
    return published.misfits(method, f"/v1/things/{path}", status, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (THERE, []),
        ({**THERE, "colour": "red", "owner": "th_2", "note": ""}, []),
        ({**THERE, "colour": None, "owner": {**THERE, "owner": None}}, []),
        ({**THERE, "rates": {"eur": 5}, "parts": [{"size": 1.5}, {"size": 2}]}, []),
        ({"id": "th_1"}, ["object is missing"]),
        ({**THERE, "frob": 1}, ["frob is unknown"]),
        ({**THERE, "note": None}, ["note is null"]),
        ({**THERE, "note": 5}, ["note is 5"]),
        ({**THERE, "note": {}}, ["note is {}"]),
        ({**THERE, "colour": "green"}, ["colour is 'green'"]),
        ({**THERE, "rates": {"eur": "5"}}, ["rates.eur is '5'"]),
        ({**THERE, "rates": {"eur": True}}, ["rates.eur is True"]),
        ({**THERE, "parts": [{"size": 1}, {}]}, ["parts[1].size is missing"]),
        (
            {**THERE, "owner": {"id": "th_2", "object": "thing", "frob": 1}},
            ["owner.frob is unknown"],
        ),
        ({**THERE, "deleted": True}, []),
        ({**THERE, "deleted": True, "note": "x"}, ["note is unknown"]),
    ],
)
def test_what_an_answer_has_and_lacks(body: dict[str, Any], found: list[str]) -> None:
    """Required, known, of its type, one of its words, and null only where it may be."""
    assert misfits(body) == [f".{one}" for one in found]


def test_the_path_with_fewer_placeholders_comes_first() -> None:
    """As Stripe's own router has it."""
    assert misfits({"size": 1}, path="last") == []
    assert misfits(THERE, path="last") == [
        ".size is missing",
        ".id is unknown",
        ".object is unknown",
    ]


def test_errors_have_their_own_form() -> None:
    """For every request, also on an unknown path."""
    assert misfits({"error": {"type": "api_error"}}, status=500, path="x/y") == []
    assert misfits({"error": {"message": "No"}}, status=400) == [".error.type is missing"]
    assert misfits(THERE, status=400) == [
        ".error is missing",
        ".id is unknown",
        ".object is unknown",
    ]


def test_what_the_description_does_not_have_is_noted() -> None:
    """v2, and what only the newer SDK has, cannot be looked at."""
    published = Published(SMALL)
    assert published.misfits("GET", "/v1/other", 200, b"{}") == []
    assert published.unknown == {"GET /v1/other"}
    assert published.misfits("GET", "/v2/core/event_destinations", 200, b"{}") == []
    assert published.looked_at == 0


def test_what_the_newer_sdk_has_is_let_through() -> None:
    """A word and a field of a real type that the description lacks are no offence."""
    product = {"type": "object", "properties": {"object": {"type": "string"}}}
    small = Description(
        {
            "info": {"version": "2026-01-01"},
            "components": {"schemas": {"gone": product}},
            "paths": {"/v1/products/{id}": {"get": call("gone")}},
        }
    )
    body = {"object": "product", "name": "P", "frob": 1}
    found = Published(small).misfits("GET", "/v1/products/x", 200, json.dumps(body).encode())
    assert found == [".frob is unknown"]


def test_every_answer_of_this_run_is_looked_at(answers: Answers) -> None:
    """What goes through an emulator of this process is held against the whole description."""
    published = answers.published
    if published is None:
        pytest.skip(f"{VARIABLE} names no description: {HOW_TO_GET_IT}")
    before = published.looked_at
    headers = {"Authorization": "Bearer sk_test_watch"}
    with Emulator() as emulator:
        emulator.handle(Request.to("GET", "/v1/products", headers))
        emulator.handle(Request.to("GET", "/v1/frob", headers))
    assert published.looked_at == before + 2


def test_answers_in_an_older_form_are_left_out() -> None:
    """The description is of one version."""
    answers = Answers(Published(SMALL))
    for version, offences in (("2024-06-20", 0), ("2099-01-01", 1)):
        request = Request.to("GET", "/v1/things/x", {"Stripe-Version": version})
        answers.answered(request, 500, b"{}")
        assert len(answers.drain()) == offences
