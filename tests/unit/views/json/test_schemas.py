"""The JSON Schemas that are shipped, and what they say of every plan of the planner's cases."""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from engine.errors import ProviderError
from engine.plan.model import Action
from engine.views.json.plan import plan_document
from engine.views.json.schemas.documents import DOCUMENTS, schema_of
from engine.views.json.view import JsonView
from engine.views.style import PLAIN
from engine.views.view import View, ViewOptions
from tests.support import build
from tests.support.cases import plan_of
from tests.support.documents import misfits

CASES = sorted((Path(__file__).parents[3] / "cases").glob("*.json"))

PAGES = {
    "accepted": "accepted",
    "account_import": "import",
    "addresses": "addresses",
    "applied": "apply",
    "completion": "completion",
    "constants": "constants-files",
    "fleet_plan": "fleet-plan",
    "fleet_report": "fleet-apply",
    "diagnosis": "diagnosis",
    "differences": "diff",
    "drift": "drift",
    "emulated_events": "emulator-events",
    "error": "error",
    "explanation": "explanation",
    "explanations": "explanations",
    "field": "field",
    "fleets": "fleets",
    "locks": "locks",
    "migration": "migration",
    "moved": "moved",
    "moves": "moves",
    "moves_applied": "subscribers-moved",
    "output": "output",
    "outputs": "outputs",
    "picture": "graph",
    "plan": "plan",
    "project": "project",
    "promoted": "promotion",
    "rebuilt": "rebuilt",
    "resource": "resource",
    "saved_plan": "plan",
    "schemas": "schemas",
    "serving": "serving",
    "stacks": "stacks",
    "states": "states",
    "subscribers": "subscribers",
    "type": "type",
    "types": "types",
    "upgrade": "upgrade",
    "validated": "validation",
    "verified": "verified",
    "versions": "versions",
    "reviewed": "review",
}
"""The document of each page of a view."""
NO_PAGES = {"constants"}
"""Documents of no view: what `engine output --format json` writes for applications."""


def test_every_page_has_a_document() -> None:
    """A new page needs a schema."""
    pages = {name for name, _ in inspect.getmembers(View, inspect.isfunction) if name[0] != "_"}
    assert pages - {"written"} == PAGES.keys()
    assert {*PAGES.values(), *NO_PAGES} == DOCUMENTS.keys()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_schema_is_one(name: str) -> None:
    """By the rules of its dialect, and named with its version."""
    schema = schema_of(name)
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"urn:engine:json:{name}:1"
    assert schema["properties"]["format_version"] == {"const": "1"}


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_each_plan_is_what_the_schema_says(file: Path) -> None:
    """Over all cases of the planner."""
    plan = plan_of(json.loads(file.read_text(encoding="utf-8")))
    report = build.report(plan)
    assert misfits("plan", json.loads(json.dumps(plan_document(report)))) == []


def test_a_document_with_another_key_is_a_misfit() -> None:
    """The comparison is strict, although the shipped schema lets newer keys pass."""
    document = plan_document(
        build.report(build.plan(build.change("stripe_product.a", Action.CREATE)))
    )
    document["stacks"][0]["changes"][0]["unheard_of"] = True
    (found,) = misfits("plan", document)
    assert found.startswith("plan.stacks[0].changes[0]: ")
    assert Draft202012Validator(schema_of("plan")).is_valid(document)


def test_a_document_that_lacks_a_key_is_a_misfit() -> None:
    """A reader relies on each that the schema requires."""
    document = plan_document(build.report(build.plan()))
    del document["requests"]
    assert misfits("plan", document) == ["plan: 'requests' is a required property"]


def test_an_error_without_an_answer_is_what_the_schema_says() -> None:
    """As where Stripe cannot be reached: there is no status then."""
    document = JsonView(ViewOptions(style=PLAIN)).error(ProviderError("no connection"))
    assert misfits("error", json.loads(json.dumps(document))) == []
