"""What no case file can say: types that Stripe has not, stamps, and plans as bytes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest

from engine.catalog import loader
from engine.plan.decide.replacement import choose_removal
from engine.plan.inputs.observed import Observed
from engine.plan.inputs.options import PlanOptions
from engine.plan.model import Action
from engine.plan.planner import make_plan
from engine.plan.translate.params import stamp_params
from engine.schema.lifecycle import Life, Probe, Removal, Verb
from engine.schema.remote import STAMP_KEY
from engine.state.model import ResourceState, new_state
from engine.values.markers import UNKNOWN
from engine.values.secret import Sensitive
from engine.values.targets import OutputTarget
from tests.support.cases import graph_of, plan_of

PRO = "stripe_product.pro"
PRODUCT = loader.resource_type("stripe_product")
CASE = {"stack": {"declarations": {PRO: {"arguments": {"name": "Pro", "type": "good"}}}}}
EMPTY: Mapping[str, Any] = {}


def test_a_type_whose_ways_are_all_ruled_out() -> None:
    """Without a way that is open there is no removal."""
    asked = Removal(verb=Verb.DELETE, unless=Probe(object="price", filter="product"))
    leaf = Removal(verb=Verb.DEACTIVATE, unless_leaf=("deep.flag", True))
    kind = dataclasses.replace(PRODUCT, life=Life(removals=(asked, leaf)))
    assert choose_removal(kind, {"deep": {"flag": True}}, probed=True) is None
    assert choose_removal(kind, {"deep": {"flag": True}}, probed=False) is asked
    assert choose_removal(kind, {"deep": {"flag": False}}, probed=True) is leaf


def test_nothing_is_made_in_place_of_an_import_that_was_not_read() -> None:
    """Without a refresh it is not known whether the object exists."""
    case = {**CASE, "stack": {**CASE["stack"], "imports": {PRO: "prod_1"}}}
    found = plan_of({**case, "observed": {"refreshed": False}})
    [refusal] = found.refusals
    assert refusal == (
        f"{PRO} is to be imported, and Stripe was not asked for its object: plan without "
        "--no-refresh"
    )
    assert not plan_of({**CASE, "observed": {"refreshed": False}}).refusals


def test_nothing_is_made_in_place_of_an_import_whose_id_is_not_known() -> None:
    """The reference is named, and what to do."""
    case = {**CASE, "stack": {**CASE["stack"], "imports": {PRO: "${output.shop.id}"}}}
    seen = Observed(imports={PRO: None}, import_ids={PRO: UNKNOWN})
    graph = graph_of(case)
    found = make_plan(graph, new_state("case", "test"), seen, loader.schemas())
    [refusal] = found.refusals
    assert refusal == (
        f"{PRO} is to be imported as ${{output.shop.id}}, which is no id before the apply. Apply "
        "what it refers to first, or take import_ out to create it"
    )
    assert list(graph.read_once()) == [OutputTarget("shop", "id")]


def test_a_type_that_nothing_removes() -> None:
    """Its objects are forgotten, and replacing one leaves the old one without a duty to remove."""
    schemas = {"stripe_product": dataclasses.replace(PRODUCT, life=Life())}
    entry = ResourceState(
        type="stripe_product", id="prod_1", declared={"name": "Pro", "type": "service"}
    )
    state = new_state("case", "test").with_resource(PRO, entry)
    seen = Observed(objects={PRO: {"id": "prod_1", "name": "Pro", "active": True}})

    gone = make_plan(graph_of(EMPTY), state, seen, schemas)
    assert [change.action for change in gone.changes] == [Action.FORGET]
    assert [step.key for step in gone.steps] == [f"forget {PRO}"]

    replaced = make_plan(graph_of(CASE), state, seen, schemas)
    assert [change.action for change in replaced.changes] == [Action.REPLACE]
    (create,) = replaced.steps
    assert create.record is not None
    assert (create.key, create.supersedes, create.record.superseded) == (f"create {PRO}", "", ())


def test_stamps_and_options_have_defaults() -> None:
    """New objects are stamped with lineage and address unless the settings say otherwise."""
    state = new_state("case", "test", "cafe")
    (create,) = make_plan(graph_of(CASE), state, Observed(), loader.schemas()).steps
    assert create.params["metadata"] == {"engine": f"cafe:{PRO}"}
    (bare,) = make_plan(
        graph_of(CASE), state, Observed(), loader.schemas(), PlanOptions(), stamped=False
    ).steps
    assert "metadata" not in bare.params


@pytest.mark.parametrize("metadata", [Sensitive({"team": "a"}), {STAMP_KEY: "V8"}])
def test_metadata_that_the_stamp_cannot_go_with(metadata: Any) -> None:
    """A secret as a whole, and an author who keeps the key: the update stays as it is."""
    assert stamp_params(PRODUCT, {"metadata": metadata}, {"metadata": {}}, f"cafe:{PRO}") == {}


def test_same_input_same_plan() -> None:
    """The same case twice is the same plan, down to its text."""
    assert repr(plan_of(CASE)) == repr(plan_of(CASE))
