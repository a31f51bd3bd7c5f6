"""A plan as a comment: what matters first, in words, and nothing that could do harm."""

from __future__ import annotations

import re

import pytest
from markdown_it import MarkdownIt

from engine.address import parse_address
from engine.catalog import loader
from engine.errors import LockHeldError, Problem, StackError
from engine.plan.impact import Impact, Use
from engine.plan.model import Action, Change, Drift, OutputChange, PlanReport, Reason, StepKind
from engine.plan.refusal import PlanRule, PolicyFinding, Refusal, RefusedError
from engine.ports.outcomes import Outcome
from engine.schema.lifecycle import Removal, Verb
from engine.state.model import ResourceState, State
from engine.views.markdown.inline import size
from engine.views.markdown.plan import plan_markdown
from engine.views.markdown.results import applied_markdown, error_markdown, states_markdown
from tests.support import build

SCHEMAS = loader.schemas()
PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
PROTECTED = Refusal(
    "it is protected: remove protect=True first",
    PlanRule.PROTECTED,
    address="stripe_coupon.old",
    line="stacks/shop.py:3",
)


def price(amount: int, **more: object) -> dict[str, object]:
    """The leaves of a monthly price."""
    return {
        "currency": "usd",
        "unit_amount": amount,
        "recurring": {"interval": "month"},
        **more,
    }


@pytest.fixture
def dearer() -> Change:
    """A price that becomes 20 % dearer."""
    return build.change(
        "stripe_price.pro-monthly",
        Action.REPLACE,
        id="price_1",
        line="stacks/shop.py:12",
        reasons=(Reason.IMMUTABLE,),
        before=price(2000),
        after=price(2400),
        fields=(build.field("unit_amount", 2000, 2400, forces_replacement=True, currency="usd"),),
        create_first=True,
        removal=Removal(verb=Verb.ARCHIVE, params={"active": False}),
    )


def lines_of(report: PlanReport) -> list[str]:
    """The lines of a page."""
    return plan_markdown(report, SCHEMAS).splitlines()


def test_the_money_is_in_words(dearer: Change) -> None:
    """What it is called, from how much to how much, and what happens to the old one."""
    line = next(
        line for line in lines_of(build.report(build.plan(dearer))) if "Pro monthly" in line
    )
    assert line.startswith("- `+/-` **Pro monthly** $20.00 -> $24.00 a month, +20 %")
    assert "archived" in line
    assert line.endswith("(`stripe_price.pro-monthly`, `stacks/shop.py:12`)")


def test_what_matters_comes_first(
    dearer: Change, product_change: Change, id_output: OutputChange
) -> None:
    """Counts, then refusals, warnings, money, use, removals, the rest, and at last the fields."""
    gone = build.change(
        "stripe_coupon.old",
        Action.DELETE,
        id="OLD",
        before={"id": "OLD", "percent_off": 10},
        removal=Removal(verb=Verb.DELETE),
    )
    plan = build.plan(
        dearer,
        gone,
        product_change,
        outputs=(id_output,),
        warnings=("mind the gap",),
        refusals=(PROTECTED,),
    )
    uses = (Use(what="active subscriptions", count=1000, more=True),)
    impact = Impact(
        stack="saas", address=parse_address("stripe_price.pro-monthly"), id="price_1", uses=uses
    )
    report = build.report(
        plan, livemode=True, environment="live", embedded=False, impacts=(impact,)
    )
    found = [line for line in lines_of(report) if line.startswith(("##", "<details>"))]
    assert found == [
        "### Plan: 1 to create, 0 to update, 1 to replace, 1 to remove.",
        "#### This plan is refused",
        "#### Warnings",
        "#### Money",
        "#### In use",
        "#### Removed",
        "#### Other changes",
        "#### Outputs",
        "<details><summary>Every field</summary>",
    ]
    text = plan_markdown(report, SCHEMAS)
    assert "Environment live, account `acct_1`, **LIVE MODE**" in text
    assert "- **Pro monthly** 1,000+ active subscriptions (`stripe_price.pro-monthly`)" in text


def test_a_refusal_names_its_rule_and_its_line() -> None:
    """In the plan, and as the error of an apply."""
    line = (
        "- **protected** (`shop:stripe_coupon.old`) at `stacks/shop.py:3`: "
        "it is protected: remove `protect=True` first"
    )
    assert line in lines_of(build.report(build.plan(stack="shop", refusals=(PROTECTED,))))
    error = RefusedError("the plan is refused: ...", [("shop", PROTECTED)])
    assert error_markdown(error) == f"### Refused\n\n{line}"


def test_what_a_policy_finds_is_said_once() -> None:
    """Its sentence names the policy, the resource and both lines."""
    finding = PolicyFinding(
        policy="no-cuts",
        mandatory=True,
        message="it is cheap",
        stack="shop",
        address="stripe_price.pro",
        line="stacks/shop.py:9",
        defined_at="stacks/_policies.py:3",
    )
    assert (
        "- **Policy no-cuts** (`stacks/_policies.py:3`) refuses `stripe_price.pro` "
        "(`stacks/shop.py:9`): it is cheap"
    ) in lines_of(build.report(build.plan(refusals=(finding.refusal,))))


def test_the_fields_are_a_difference_in_a_fold(dearer: Change) -> None:
    """In colours, where the host shows them."""
    text = plan_markdown(build.report(build.plan(dearer)), SCHEMAS)
    why = "will be replaced: unit_amount cannot be changed in place"
    assert text.partition("<details>")[2].splitlines() == [
        "<summary>Every field</summary>",
        "",
        "```diff",
        f"@@ stripe_price.pro-monthly [price_1] {why} @@",
        "# the new one first, then the old one is archived (Stripe cannot delete a price)",
        "! unit_amount: 2000 ($20.00) -> 2400 ($24.00)  # forces replacement",
        "```",
        "",
        "</details>",
    ]


def test_the_stack_is_named_where_there_are_several(dearer: Change) -> None:
    """An address alone would not say which."""
    report = build.report(build.plan(dearer, stack="shop"), build.plan(stack="other"))
    text = plan_markdown(report, SCHEMAS)
    assert "(`shop:stripe_price.pro-monthly`, " in text
    assert "@@ shop:stripe_price.pro-monthly [price_1]" in text


def test_a_plan_without_changes_says_so() -> None:
    """And nothing else."""
    text = plan_markdown(build.report(build.plan()), SCHEMAS)
    assert text.startswith("### No changes.\n\nEnvironment local")
    assert "####" not in text


def test_a_secret_is_not_in_it() -> None:
    """A sensitive leaf has no value."""
    change = build.change(
        "stripe_webhook_endpoint.events",
        Action.UPDATE,
        id="we_1",
        before={"url": "a"},
        after={"url": "b"},
        fields=(build.field("url", "first*secret", "second*secret", sensitive=True),),
    )
    text = plan_markdown(build.report(build.plan(change)), SCHEMAS)
    assert "secret" not in text
    assert "! url: (sensitive)" in text


@pytest.mark.parametrize("stacks", [1, 400])
@pytest.mark.parametrize("count", [1, 2_000])
def test_a_large_plan_fits_and_says_what_it_leaves_out(stacks: int, count: int) -> None:
    """Whatever it is that there is much of."""
    plans = [
        build.plan(
            *(
                build.change(
                    f"stripe_price.p{number}",
                    Action.CREATE,
                    after=price(100 + number, nickname="🌈`" * 30),
                    notes=("é" * 3000,),
                )
                for number in range(count if stack == 0 else 1)
            ),
            stack=f"stack{stack}",
            outputs=tuple(
                OutputChange(name=f"o{number}", after="x" * 5000) for number in range(10)
            ),
            warnings=("a warning",),
            refusals=(Refusal("r" * 9000, PlanRule.NO_ROOM),),
        )
        for stack in range(stacks)
    ]
    text = plan_markdown(build.report(*plans, saved=True), SCHEMAS)
    assert size(text) <= 60_000
    if stacks * count > 1:
        assert "more changes, field by field: `engine show FILE` shows all" in text
    assert plan_markdown(build.report(*plans, saved=True), SCHEMAS) == text


def test_an_apply_says_what_failed_and_what_was_done() -> None:
    """What failed is first."""
    done = build.step("stripe_product.p", StepKind.CREATE)
    failed = build.step("stripe_coupon.c", StepKind.CREATE)
    plan = build.plan(
        build.change("stripe_product.p", Action.CREATE, after={"name": "P"}),
        build.change("stripe_coupon.c", Action.CREATE, after={"percent_off": 1}),
        steps=(done, failed),
    )
    report = build.applied(
        plan,
        build.result(done, Outcome.APPLIED, id="prod_1"),
        build.result(failed, Outcome.FAILED, error=LockHeldError("no <b>")),
        outputs={"id": "prod_1"},
    )
    text = applied_markdown(report, "Apply", SCHEMAS)
    assert text.startswith("### Apply incomplete: 1 created")
    assert text.index("#### Failed") < text.index("#### Other changes")
    assert "- `+` **P** (`stripe_product.p`)" in text
    assert "stripe_coupon.c`" not in text.partition("#### Other changes")[2]
    assert 'id = "prod_1"' in text


def test_a_state_lists_its_resources_in_a_fold() -> None:
    """With ids and leaves."""
    resource = ResourceState(type="stripe_product", id="prod_1", attributes={"name": "<b>"})
    state = State(
        stack="shop",
        environment="live",
        lineage="f" * 32,
        resources={"stripe_product.pro": resource},
    )
    text = states_markdown("live", [state], SCHEMAS)
    assert text.startswith("### Environment live: 1 resource\n")
    assert "stripe_product.pro [prod_1]" in text.partition("```text")[2]


def test_an_error_says_what_to_do_next() -> None:
    """The lock of another run, and what authors have to mend, with file and line."""
    held = LockHeldError("stack shop is locked", cause="by a run", hint="run engine unlock 12")
    assert error_markdown(held) == (
        "### Error: stack shop is locked\n\nby a run\n\n**Hint:** run engine unlock 12"
    )
    problem = Problem(file="stacks/shop.py", line=3, message="no such field @x", hint="say `y`")
    assert "- `stacks/shop.py:3`: no such field `@x`" in error_markdown(StackError((problem,)))


HOSTILE = "@all #1 <img src=x> </details> `a` ```b [c](https://d.example) |e| \u202ef\n/close"


def test_text_of_an_account_has_no_effect_on_a_page(dearer: Change) -> None:
    """Wherever it comes from: a name, a code, a note, a warning, an output, an id."""
    product = build.change(
        "stripe_product.pro",
        Action.UPDATE,
        id=HOSTILE,
        before={"name": HOSTILE, "description": "x"},
        after={"name": HOSTILE, "description": HOSTILE},
        fields=(build.field("description", "x", HOSTILE),),
        notes=(HOSTILE,),
    )
    coupon = build.change(
        "stripe_coupon.old",
        Action.DELETE,
        id=HOSTILE,
        before={"id": HOSTILE, "name": HOSTILE},
        removal=Removal(verb=Verb.DELETE),
    )
    plan = build.plan(
        dearer,
        product,
        coupon,
        outputs=(OutputChange(name="o", before=HOSTILE, after=HOSTILE + "!"),),
        warnings=(HOSTILE,),
        refusals=(Refusal(HOSTILE, PlanRule.PROTECTED, address="stripe_coupon.old"),),
        drift=(Drift(address=product.address, type="stripe_product", id=HOSTILE, gone=True),),
    )
    uses = (Use(what="links", count=1, unmanaged=(HOSTILE,)),)
    impact = Impact(stack="saas", address=product.address, id="p", uses=uses)
    text = plan_markdown(build.report(plan, impacts=(impact,)), SCHEMAS)
    tokens = PARSER.parse(text)
    within = [child for token in tokens for child in token.children or ()]
    kinds = {token.type for token in (*tokens, *within)}
    assert not kinds & {"image", "link_open", "html_inline", "table_open", "s_open"}
    html = [token.content for token in tokens if token.type == "html_block"]
    assert all(
        re.fullmatch(r"(<details><summary>[\w ,]+</summary>|</details>)\n?", h) for h in html
    )
    seen = " ".join(child.content for child in within if child.type == "text")
    assert not re.search(r"@|#1|/close|https|\u202e", seen)
    assert sum(token.type == "fence" for token in tokens) == 3
