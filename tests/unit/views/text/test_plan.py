"""The plan for people, word for word."""

from __future__ import annotations

import dataclasses
from textwrap import dedent
from typing import Any

import pytest

from engine.address import parse_address
from engine.catalog import loader
from engine.plan.impact import Impact, Use
from engine.plan.inputs.options import PlanOptions
from engine.plan.model import (
    Action,
    Change,
    Drift,
    FieldReason,
    OutputChange,
    PlanReport,
    Reason,
    StepKind,
)
from engine.plan.orphan import Orphan
from engine.plan.rename import Rename
from engine.plan.saved.file import SavedPlan, SavedStack
from engine.plan.saved.preconditions import Preconditions
from engine.schema.lifecycle import Removal, Verb
from engine.values.markers import ABSENT, UNKNOWN
from engine.views.style import PLAIN, Style
from engine.views.text.plan import plan_text, question, saved_text, untouched
from tests.support import build

SCHEMAS = loader.schemas()
FIRST_LINE = "Environment local (embedded emulator), account acct_1, test mode"


def text_of(report: PlanReport, **parts: Any) -> str:
    """The plain text of a report."""
    return plan_text(report, SCHEMAS, PLAIN, **parts)


def heading_of(change: Change) -> list[str]:
    """The comment lines of one change."""
    text = text_of(build.report(build.plan(change)))
    return [line.strip() for line in text.splitlines() if line.startswith("  #")]


def test_a_plan_names_what_why_and_where(
    price_change: Change, product_change: Change, id_output: OutputChange
) -> None:
    """One stack: account, legend, changes, outputs and the summary."""
    step = build.step(
        "stripe_product.pro",
        StepKind.CREATE,
        params={"name": "Pro", "default_price": "${stripe_price.pro.id}"},
    )
    plan = build.plan(price_change, product_change, outputs=(id_output,), steps=(step,))
    assert text_of(build.report(plan)) == dedent("""\
        Environment local (embedded emulator), account acct_1, test mode

        What the symbols mean:
            + create
          +/- create the replacement, then remove

          # stripe_price.pro will be replaced: unit_amount cannot be changed in place
          # the new one first, then the old one is archived (Stripe cannot delete a price)
        +/- stripe_price.pro [price_1]  stacks/saas.py:12
              ~ nickname:    "old" -> "new"
              ~ unit_amount: 2900 ($29.00) -> 3400 ($34.00)  # forces replacement

          # stripe_product.pro will be created
          + stripe_product.pro  stacks/saas.py:7
              + name:          "Pro"
              + default_price: (known after apply)  # stripe_price.pro.id

        Changes to outputs:
          + pro_id: (known after apply)

        Plan: 1 to create, 0 to update, 1 to replace, 0 to remove.""")


def test_several_stacks_have_headers_a_list_and_one_summary(
    price_change: Change, product_change: Change
) -> None:
    """The last line counts over all stacks."""
    report = build.report(
        build.plan(product_change, stack="saas"),
        build.plan(price_change, stack="portals"),
        build.plan(stack="quiet"),
    )
    text = text_of(report)
    assert "\nStack saas\n\n  # stripe_product.pro" in text
    assert "\nStack portals\n" in text
    assert "Stack quiet" not in text
    assert text.endswith(
        dedent("""\
        By stack:
          saas     1 to create
          portals  1 to replace
          quiet    no changes

        Plan: 1 to create, 0 to update, 1 to replace, 0 to remove.""")
    )


def test_nothing_to_do_is_said_in_a_line_of_its_own() -> None:
    """Scripts and people look for the same line."""
    unchanged = build.change("stripe_product.pro", Action.NO_OP)
    assert text_of(build.report(build.plan(unchanged))) == dedent(f"""\
        {FIRST_LINE}

        No changes.
        What is on Stripe is what the code says.""")


def test_nothing_to_do_without_asking_stripe_says_that_it_did_not_ask() -> None:
    """An unread account is not claimed to be right."""
    unchanged = build.change("stripe_product.pro", Action.NO_OP)
    text = text_of(build.report(build.plan(unchanged), requests=0))
    assert text.endswith("No changes.\nThe state is what the code says; Stripe was not asked.")


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        (
            {"options": PlanOptions(destroy=True)},
            "The state has no resource: there is nothing to remove.",
        ),
        (
            {"options": PlanOptions(destroy=True, targets=(parse_address("stripe_price.a"),))},
            "Of what was chosen, the state has nothing: there is nothing to remove.",
        ),
        ({}, "What is on Stripe is what the code says."),
        ({"options": PlanOptions(refresh_only=True)}, "The state is what Stripe has."),
        (
            {"options": PlanOptions(excludes=(parse_address("stripe_price.a"),))},
            "Of what was chosen: What is on Stripe is what the code says.",
        ),
    ],
)
def test_nothing_to_do_is_explained_by_what_was_looked_at(parts: dict[str, Any], why: str) -> None:
    """A destroy compares nothing, and what was left out of the plan is not claimed to be right."""
    unchanged = build.change("stripe_product.pro", Action.NO_OP)
    text = text_of(build.report(build.plan(unchanged), **parts))
    assert text.endswith(f"No changes.\n{why}")


def test_a_stack_without_a_module_is_named_with_what_it_holds_and_the_ways_on() -> None:
    """Then nothing is claimed to be as the code says; what cannot be read has other ways on."""
    old = Orphan(
        stack="old",
        environment="test",
        addresses=tuple(map(parse_address, ("stripe_card.a", "stripe_plan.m", "stripe_plan.n"))),
    )
    torn = Orphan(
        stack="torn", environment="test", problem="its state cannot be read: no", advice="Bring it"
    )
    unchanged = build.change("stripe_product.pro", Action.NO_OP)
    text = text_of(build.report(build.plan(unchanged), orphans=(old, torn)))
    assert text.removeprefix(f"{FIRST_LINE}\n\n") == dedent("""\
        Warning: stack old has a state and no module stacks/old.py. It is not planned:
          3 resources (1 stripe_card, 2 stripe_plan): stripe_card.a, stripe_plan.m, stripe_plan.n
          its module is stacks/NEW.py now: engine state mv old: NEW: -e test
          what it manages is to be removed: engine destroy old -e test
          what it manages stays on Stripe, and nothing manages it: engine state rm old: -e test

        Warning: stack torn has a state and no module stacks/torn.py. It is not planned:
          its state cannot be read: no
          Bring it
          what is wrong with it: engine state verify torn -e test

        Nothing to do in the stacks that have a module.
        Without a module: old, torn. What to do about them is above.""")
    text = text_of(build.report(orphans=(dataclasses.replace(old, renamed="new"),)))
    assert "its module is stacks/new.py now: engine state mv old: new: -e test" in text
    assert text.endswith(
        "No stack has a module, so nothing is planned.\n"
        "Without a module: old. What to do about it is above."
    )


def test_a_rename_is_shown_above_the_plan_if_something_is_lost_by_it() -> None:
    """With all lines that belong into that module; else below. The plan does not repeat it."""
    made = build.change("stripe_coupon.b", Action.CREATE)
    hint = Rename(
        stack="saas",
        old=parse_address("stripe_product.a"),
        new=parse_address("stripe_product.b"),
        same="name 'Pro'",
        line="stacks/saas.py:2",
    )
    warning = dataclasses.replace(hint, giver="shop", loses="its URL")
    other = dataclasses.replace(hint, stack="other")
    plan = build.plan(made, warnings=(str(warning), "Another."))
    text = text_of(build.report(plan, renames=(other, hint, warning)))
    above, below = text.split("What the symbols mean:")
    seems = (
        "what is no longer declared seems to be declared under another address. If each is the "
        "same object, add to"
    )
    agree = "# they agree in name 'Pro'"
    assert above.splitlines()[2:] == [
        f"Warning: {seems} stacks/saas.py (from engine import moved):",
        f'  moved("stripe_product.a", "stripe_product.b")  {agree}',
        (
            f'  moved("shop:stripe_product.a", "stripe_product.b")  {agree}; '
            "made anew, it loses its URL"
        ),
        "",
    ]
    assert below.splitlines()[-7:] == [
        "",
        "Warning: Another.",
        "",
        f"Hint: {seems} stacks/other.py (from engine import moved):",
        f'  moved("stripe_product.a", "stripe_product.b")  {agree}',
        "",
        "Plan: 1 to create, 0 to update, 0 to replace, 0 to remove.",
    ]


def test_what_uses_an_object_is_below_its_change(price_change: Change) -> None:
    """Of its own stack: another may have a resource of the same name."""
    use = Use(what="active subscriptions", count=1000, more=True)
    mine = Impact(stack="saas", address=price_change.address, id="price_1", uses=(use,))
    other = Impact(stack="shop", address=price_change.address, id="price_2")
    text = text_of(build.report(build.plan(price_change), impacts=(mine, other), impact_asked=True))
    assert "\n      used by: 1,000+ active subscriptions\n" in text
    assert text.count("used by:") == 1
    assert "used by" not in text_of(build.report(build.plan(price_change)))


def test_nothing_declared_is_not_claimed_to_be_right() -> None:
    """There was nothing to compare."""
    text = text_of(build.report(build.plan()))
    assert text.endswith(
        "No changes.\nNothing is declared in stack saas, and nothing of it is in the state."
    )
    text = text_of(build.report(build.plan(), options=PlanOptions(refresh_only=True)))
    assert text.endswith("No changes.\nThe state is what Stripe has.")
    text = text_of(build.report(build.plan(), build.plan(stack="shop")))
    assert text.endswith("declared in stacks saas, shop, and nothing of them is in the state.")


def test_drift_that_asks_for_nothing_is_still_shown() -> None:
    """What changed is told even where the code does not care."""
    drift = Drift(
        address=parse_address("stripe_product.pro"),
        type="stripe_product",
        id="prod_1",
        fields=(build.field("name", "Pro", "Hacked", reason=FieldReason.DRIFT),),
    )
    text = text_of(build.report(build.plan(drift=(drift,))))
    assert '~ name: "Pro" -> "Hacked"' in text
    assert text.endswith("No changes.\nWhat changed on Stripe asks for nothing to be done.")


def test_drift_comes_before_what_is_done_about_it() -> None:
    """Changed, cleared, deleted and ended objects each in their words."""
    where = parse_address("stripe_product.pro")
    change = build.change(
        "stripe_product.pro",
        Action.UPDATE,
        id="prod_1",
        line="stacks/saas.py:7",
        reasons=(Reason.DRIFTED,),
        before={"name": "Hacked"},
        fields=(build.field("name", "Hacked", "Pro", reason=FieldReason.DRIFT),),
    )
    base = Drift(address=where, type="stripe_product", id="prod_1")
    drifts = (
        dataclasses.replace(
            base,
            fields=(
                build.field("name", "Pro", "Hacked"),
                build.field("description", "Mine", ABSENT),
                build.field("url", "a", ABSENT, sensitive=True),
            ),
        ),
        dataclasses.replace(base, address=parse_address("stripe_price.a"), id="", gone=True),
        dataclasses.replace(base, address=parse_address("stripe_price.b"), ended=True),
    )
    assert text_of(build.report(build.plan(change, drift=drifts))) == dedent("""\
        Environment local (embedded emulator), account acct_1, test mode

        What the symbols mean:
            ~ update in place

        Changed outside of the code since the last apply:
          ~ stripe_product.pro [prod_1]
              ~ name:        "Pro" -> "Hacked"
              - description: "Mine" -> nothing
              - url:         (sensitive)
          - stripe_price.a: deleted
          - stripe_price.b [prod_1]: archived or disabled

        What an apply would do:

          # stripe_product.pro will be updated in place: it was changed outside of the code
          ~ stripe_product.pro [prod_1]  stacks/saas.py:7
              ~ name: "Hacked" -> "Pro"

        Plan: 0 to create, 1 to update, 0 to replace, 0 to remove.""")


@pytest.mark.parametrize(
    ("address", "action", "parts", "expected"),
    [
        (
            "stripe_price.pro",
            Action.DELETE,
            {"removal": Removal(verb=Verb.ARCHIVE), "reasons": (Reason.UNDECLARED,)},
            "will be archived: Stripe cannot delete a price; it is no longer declared",
        ),
        (
            "stripe_coupon.pro",
            Action.DELETE,
            {"removal": Removal(verb=Verb.DELETE), "reasons": (Reason.DESTROYED,)},
            "will be deleted",
        ),
        (
            "stripe_billing_portal_configuration.pro",
            Action.DELETE,
            {"removal": Removal(verb=Verb.KEEP, note="it is the default")},
            "stays on Stripe: it is the default",
        ),
        ("stripe_price.pro", Action.DELETE, {}, "will be dropped from the state: it is gone from"),
        (
            "stripe_price.pro",
            Action.FORGET,
            {"reasons": (Reason.RELEASED,)},
            "will be forgotten: it stays on Stripe, as the stack asks",
        ),
        (
            "stripe_price.pro",
            Action.FORGET,
            {"reasons": (Reason.MISSING,)},
            "will be forgotten: it was deleted outside of the code",
        ),
        (
            "stripe_price.pro",
            Action.REVIVE,
            {"reasons": (Reason.REMEMBERED, Reason.ENDED)},
            "will be revived: it was removed earlier and still exists on Stripe",
        ),
        ("stripe_price.pro", Action.IMPORT, {"reasons": (Reason.IMPORTED,)}, "will be imported"),
        ("stripe_price.pro", Action.READ, {}, "will be read"),
        (
            "stripe_price.pro",
            Action.MOVE,
            {"reasons": (Reason.MOVED,), "moved_from": parse_address("stripe_price.old")},
            "will be moved (was stripe_price.old)",
        ),
        (
            "stripe_price.pro",
            Action.UPDATE,
            {"reasons": (Reason.SUPERSEDED,)},
            "stays as it is, and what it replaced will be removed: an earlier replacement did not",
        ),
        (
            "stripe_price.pro",
            Action.REPLACE,
            {"reasons": (Reason.REQUESTED, Reason.TRIGGERED)},
            "will be replaced: as requested with --replace; something in its replace_triggered_by",
        ),
        (
            "stripe_price.pro",
            Action.REPLACE,
            {"reasons": (Reason.IMMUTABLE,)},
            "will be replaced: a field changed that Stripe cannot change in place",
        ),
    ],
)
def test_each_action_is_said_in_words(
    address: str, action: Action, parts: Any, expected: str
) -> None:
    """What happens, what Stripe makes of it, and why."""
    first = heading_of(build.change(address, action, **parts))[0]
    assert first.startswith(f"# {address} {expected}")


@pytest.mark.parametrize(
    ("removal", "create_first", "expected"),
    [
        (None, True, "# the old one is gone already"),
        (Removal(verb=Verb.DELETE), True, "# the new one first, then the old one is deleted"),
        (
            Removal(verb=Verb.DELETE),
            False,
            "# the old one is deleted first, then the new one is created",
        ),
        (Removal(verb=Verb.KEEP, note="why"), True, "# the old one stays on Stripe (why)"),
    ],
)
def test_a_replacement_says_what_goes_first(
    removal: Removal | None, expected: str, *, create_first: bool
) -> None:
    """Whether there is a gap is what a person wants to know."""
    change = build.change(
        "stripe_coupon.pro", Action.REPLACE, removal=removal, create_first=create_first
    )
    assert heading_of(change)[1] == expected


@pytest.mark.parametrize(("create_first", "symbol"), [(True, "+/-"), (False, "-/+")])
def test_the_symbol_of_a_replacement_tells_its_order(symbol: str, *, create_first: bool) -> None:
    """Terraform's two symbols, with Terraform's meaning."""
    change = build.change("stripe_coupon.pro", Action.REPLACE, create_first=create_first)
    assert f"\n{symbol} stripe_coupon.pro\n" in text_of(build.report(build.plan(change)))


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a"], "a cannot be changed in place"),
        (["a", "b"], "a and b cannot be changed in place"),
        (["a", "b", "c"], "a, b and c cannot be changed in place"),
        (["a", "b", "c", "d"], "a, b and 2 more cannot be changed in place"),
    ],
)
def test_the_fields_that_force_a_replacement_are_named(names: list[str], expected: str) -> None:
    """Up to three; below stand all of them."""
    change = build.change(
        "stripe_price.pro",
        Action.REPLACE,
        reasons=(Reason.IMMUTABLE,),
        before={"a": 1},
        fields=tuple(build.field(name, 1, 2, forces_replacement=True) for name in names),
    )
    assert heading_of(change)[0].endswith(f"will be replaced: {expected}")


def test_a_change_that_sends_nothing_says_so() -> None:
    """A field that Stripe cannot clear is dropped from the record, and that is all."""
    change = build.change(
        "stripe_price.pro",
        Action.UPDATE,
        before={"nickname": "x"},
        fields=(build.field("nickname", "x", "x", reason=FieldReason.STAYS),),
        notes=("nickname is no longer declared, but Stripe cannot clear it",),
    )
    text = text_of(build.report(build.plan(change)))
    assert "will be recorded: nothing is sent to Stripe" in text
    assert '      . nickname: "x" (stays)\n      ! nickname is no longer declared' in text


def test_a_removals_note_is_said_once() -> None:
    """The heading has said it."""
    removal = Removal(verb=Verb.ARCHIVE, note="it has a price")
    change = build.change(
        "stripe_product.pro", Action.DELETE, removal=removal, notes=("it has a price", "mind")
    )
    text = text_of(build.report(build.plan(change)))
    assert text.count("it has a price") == 1
    assert "      ! mind" in text


def test_a_creation_without_leaves_shows_what_will_be() -> None:
    """Whatever the planner leaves out, a new object is shown whole."""
    change = build.change("stripe_product.pro", Action.CREATE, after={"name": "Pro", "id": UNKNOWN})
    text = text_of(build.report(build.plan(change)))
    assert '      + name: "Pro"\n      + id:   (known after apply)' in text


def test_rare_actions_are_counted_only_where_they_happen() -> None:
    """The first four are always there."""
    actions = (Action.IMPORT, Action.REVIVE, Action.READ, Action.MOVE, Action.FORGET)
    changes = [build.change(f"stripe_price.{action.value}", action) for action in actions]
    assert text_of(build.report(build.plan(*changes))).endswith(
        "Plan: 0 to create, 0 to update, 0 to replace, 0 to remove, "
        "1 to import, 1 to revive, 1 to read, 1 to move, 1 to forget."
    )


@pytest.mark.parametrize(
    ("kept", "expected"),
    [
        (1, "2 to remove (1 of them stays on Stripe)."),
        (2, "2 to remove (2 of them stay on Stripe)."),
    ],
)
def test_a_removal_that_removes_nothing_is_counted_as_such(kept: int, expected: str) -> None:
    """The summary does not claim what Stripe refuses."""
    verbs = [Verb.KEEP] * kept + [Verb.DELETE] * (2 - kept)
    changes = [
        build.change(f"stripe_price.p{number}", Action.DELETE, removal=Removal(verb=verb))
        for number, verb in enumerate(verbs)
    ]
    assert text_of(build.report(build.plan(*changes))).endswith(expected)


def test_outputs_alone_send_nothing() -> None:
    """Added, changed, removed and hidden outputs; nothing for Stripe."""
    outputs = (
        OutputChange(name="new", after="a"),
        OutputChange(name="other", before="a", after="b"),
        OutputChange(name="old", before="a"),
        OutputChange(name="secret", before="x", after="y", sensitive=True),
    )
    report = build.report(build.plan(outputs=outputs), build.plan(stack="quiet"))
    assert text_of(report).partition("Changes to outputs:\n")[2].splitlines() == [
        '  + new:    "a"',
        '  ~ other:  "a" -> "b"',
        '  - old:    "a"',
        "  ~ secret: (sensitive)",
        "",
        "By stack:",
        "  saas   only the state or its outputs",
        "  quiet  no changes",
        "",
        "Plan: 0 to create, 0 to update, 0 to replace, 0 to remove.",
        "Only the state or its outputs change; nothing is sent to Stripe.",
    ]


def test_a_refresh_only_plan_says_that_nothing_is_sent() -> None:
    """It is about the state alone."""
    drift = Drift(
        address=parse_address("stripe_price.pro"), type="stripe_price", id="price_1", gone=True
    )
    step = build.step("stripe_price.pro", StepKind.FORGET)
    plan = build.plan(drift=(drift,), steps=(step,), refresh_only=True)
    assert text_of(build.report(plan)).endswith(
        "The state will be updated to what Stripe has (1 resource); nothing is sent to Stripe."
    )


def test_warnings_and_refusals_stand_below_the_changes() -> None:
    """A plan that an apply would refuse is still shown."""
    plan = build.plan(warnings=("mind the gap",), refusals=("it is protected. Unprotect it",))
    text = text_of(build.report(plan))
    assert "Warning: mind the gap\n\nThis plan is refused:\n  it is protected." in text


def test_verbose_tells_the_number_of_requests() -> None:
    """The number comes from the report."""
    assert text_of(build.report(build.plan(), requests=1), verbose=True).endswith(
        "1 request made to Stripe."
    )


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (
            {"environment": "live", "embedded": False, "livemode": True},
            "Environment live, account acct_1, LIVE MODE",
        ),
        (
            {"environment": "test", "embedded": False, "livemode": None, "account_id": ""},
            "Environment test, account not asked",
        ),
        (
            {"embedded": False, "livemode": None},
            "Environment local, account acct_1",
        ),
        (
            {"environment": "test", "embedded": False, "server": "http://127.0.0.1:4242"},
            "Environment test, account acct_1, test mode, at http://127.0.0.1:4242",
        ),
    ],
)
def test_the_first_line_says_whom_it_speaks_to(parts: Any, expected: str) -> None:
    """Environment, account, mode: as far as anybody asked."""
    assert text_of(build.report(build.plan(), **parts)).splitlines()[0] == expected


def test_colours_decorate_and_change_no_word(price_change: Change, product_change: Change) -> None:
    """Without its codes the coloured text is the plain one."""
    report = build.report(build.plan(price_change, product_change))
    coloured = plan_text(report, SCHEMAS, Style(colour=True))
    assert "\x1b[35m+/-\x1b[0m stripe_price.pro" in coloured
    for code in ("1", "2", "31", "32", "33", "35"):
        coloured = coloured.replace(f"\x1b[{code}m", "")
    assert coloured.replace("\x1b[0m", "") == text_of(report)


def test_the_question_names_real_money() -> None:
    """Whoever types yes has read where."""
    assert question(build.report(build.plan()), PLAIN) == (
        "Apply this to environment local? Only 'yes' is accepted: "
    )
    live = build.report(build.plan(), environment="live", livemode=True)
    assert question(live, PLAIN) == (
        "Apply this to environment live, account acct_1, in LIVE MODE? Only 'yes' is accepted: "
    )


def test_the_question_of_a_destroy_counts_what_ends_and_what_stays() -> None:
    """How many objects, of which account, in which mode, and what becomes of them."""
    ends = [
        build.change(f"stripe_price.{number}", Action.DELETE, removal=removal)
        for number, removal in enumerate(
            (
                Removal(verb=Verb.ARCHIVE),
                Removal(verb=Verb.DELETE),
                Removal(verb=Verb.KEEP),
                Removal(verb=Verb.ARCHIVE),
                None,
            )
        )
    ]
    options = PlanOptions(destroy=True)
    parts = {"environment": "live", "livemode": True, "options": options}
    assert question(build.report(build.plan(*ends), **parts), PLAIN, operation="Destroy") == (
        "Destroy 5 resources of account acct_1 in LIVE MODE (environment live): 2 archived, "
        "1 deleted, 1 gone from Stripe already, 1 stays on Stripe? Only 'yes' is accepted: "
    )
    kept = build.report(build.plan(ends[2]), options=options, account_id="")
    assert question(kept, PLAIN, operation="Destroy") == (
        "Destroy 1 resource of the account (environment local): 1 stays on Stripe? "
        "Only 'yes' is accepted: "
    )
    assert question(build.report(build.plan(), options=options), PLAIN, operation="Destroy") == (
        "Destroy this to environment local? Only 'yes' is accepted: "
    )


def test_what_was_not_carried_out_left_nothing_changed() -> None:
    """Unless an unfinished run was taken up before."""
    assert untouched(build.report()) == "Nothing was changed."
    assert untouched(build.report(recovered=True)).startswith(
        "Nothing of this plan was carried out;"
    )


def test_a_saved_plan_says_who_made_it_and_how() -> None:
    """Then it is shown as it was when it was made."""
    address = parse_address("stripe_price.a")
    saved = SavedPlan(
        engine_version="1.2.3",
        environment="local",
        embedded=True,
        account_id="acct_1",
        livemode=False,
        options=PlanOptions(),
        stacks=(SavedStack(plan=build.plan(), preconditions=Preconditions()),),
        requests=2,
    )
    shown = plan_text(build.report(build.plan()), {}, PLAIN, verbose=True)
    assert saved_text(saved, {}, PLAIN, verbose=True) == f"Plan saved by engine 1.2.3\n{shown}"
    options = PlanOptions(
        refresh=False,
        refresh_only=True,
        destroy=True,
        targets=(address,),
        excludes=(address, address),
        replace=(address,),
        allow_mass_change=True,
    )
    head, *_ = saved_text(dataclasses.replace(saved, options=options), {}, PLAIN).splitlines()
    assert head == (
        "Plan saved by engine 1.2.3, made with --no-refresh --refresh-only --destroy "
        "--allow-mass-change --target stripe_price.a --exclude stripe_price.a "
        "--exclude stripe_price.a --replace stripe_price.a"
    )


def test_a_list_of_ids_says_whose_it_is() -> None:
    """The product whose prices change, and each price, by address; what is no id stays as it is."""
    prices = build.field(
        "features.subscription_update.products.prod_1.prices",
        [f"price_{'1' * 30}", f"price_{'2' * 30}"],
        [f"price_{'2' * 30}", UNKNOWN],
    )
    allowed = build.field(
        "features.subscription_update.default_allowed_updates",
        ["price", "quantity", "promotion_code", "x" * 60],
        ["price"],
    )
    portal = build.change(
        "stripe_billing_portal_configuration.p",
        Action.UPDATE,
        id="bpc_1",
        fields=(allowed, prices),
        before={"active": True},
    )
    step = build.step(
        "stripe_billing_portal_configuration.p",
        StepKind.UPDATE,
        params={
            "features": {
                "subscription_update": {
                    "products": [
                        {"product": "prod_0", "prices": []},
                        {
                            "product": "${stripe_product.pro.id}",
                            "prices": ["${stripe_price.new.id}", "${stripe_price.two.id}"],
                        },
                    ]
                }
            }
        },
    )
    others = (
        build.change("stripe_product.pro", Action.NO_OP, id="prod_1"),
        build.change("stripe_price.one", Action.NO_OP, id=f"price_{'1' * 30}"),
        build.change("stripe_price.two", Action.NO_OP, id=f"price_{'2' * 30}"),
        build.change("stripe_coupon.quantity", Action.NO_OP, id="quantity"),
    )
    text = text_of(build.report(build.plan(portal, *others, steps=(step,))))
    shown = [line[6:] for line in text.splitlines() if line.startswith(" " * 6)]
    assert shown == [
        "~ features.subscription_update.default_allowed_updates:         1 of 4 entries kept",
        '    - "quantity"',
        '    - "promotion_code"',
        f'    - "{"x" * 60}"',
        "~ features.subscription_update.products[stripe_product.pro].prices: 1 of 2 entries kept",
        f'    - "price_{"1" * 30}"  # stripe_price.one',
        "    + (known after apply)  # stripe_price.new.id",
    ]


@pytest.mark.parametrize(
    ("address", "before", "lines"),
    [
        (
            "stripe_price.m",
            {
                "active": True,
                "currency": "usd",
                "lookup_key": "pro",
                "metadata": {"a": "1"},
                "nickname": "",
                "product": "prod_1",
                "recurring": {"interval": "month", "interval_count": 1},
                "unit_amount": 2900,
            },
            [
                '- lookup_key:         "pro"',
                "- unit_amount:        2900 ($29.00)",
                '- currency:           "usd"',
                '- recurring.interval: "month"',
            ],
        ),
        (
            "stripe_webhook_endpoint.w",
            {"url": "https://a.example/h"},
            ['- url: "https://a.example/h"'],
        ),
        (
            "stripe_product.p",
            {
                "description": "d",
                "name": "Pro",
                "tax": {"code": "x", "deep": {"er": 1}},
                "package_dimensions": {"height": 1.0},
            },
            [
                '- name:                      "Pro"',
                '- description:               "d"',
                "- package_dimensions.height: 1.0",
            ],
        ),
        ("stripe_promotion_code.p", {"code": "LAUNCH", "active": True}, ['- code: "LAUNCH"']),
        ("stripe_unknown.x", {"url": "https://a.example/h"}, []),
    ],
)
@pytest.mark.parametrize("action", [Action.DELETE, Action.FORGET])
def test_what_goes_shows_what_a_person_knows_it_by(
    address: str, before: Any, lines: list[str], action: Action
) -> None:
    """Its key, its amount, its address: an id alone says little to whoever has to agree."""
    change = build.change(address, action, id="id_1", before=before)
    text = text_of(build.report(build.plan(change)))
    shown = [line.strip() for line in text.splitlines() if line.startswith("      -")]
    assert shown == lines
