"""Plans of any size: a line for each change, what several have in common once."""

from __future__ import annotations

import dataclasses
from textwrap import dedent
from typing import Any

import pytest

from engine.address import parse_address
from engine.catalog import loader
from engine.plan.impact import Impact, Use
from engine.plan.model import (
    Action,
    Change,
    Drift,
    OutputChange,
    PlanReport,
    Reason,
    StepKind,
)
from engine.plan.refusal import PlanRule, Refusal
from engine.schema.lifecycle import Removal, Verb
from engine.values.markers import ABSENT, UNKNOWN
from engine.views.style import PLAIN, Style, visible
from engine.views.text.plan import plan_text
from tests.support import build

SCHEMAS = loader.schemas()
ARCHIVED = Removal(verb=Verb.ARCHIVE)
POINTER = (
    "Where a change is one line, -v shows all its fields (of a saved plan: engine show FILE -v)."
)


def text_of(report: PlanReport, **parts: Any) -> str:
    """The plain text of a report."""
    return plan_text(report, SCHEMAS, PLAIN, **parts)


def price(number: int, **parts: Any) -> Change:
    """A price that gets two dollars dearer, as one of several."""
    monthly = {"currency": "usd", "recurring": {"interval": "month"}}
    old, new = 1000 * number, 1000 * number + 200
    about: dict[str, Any] = {
        "id": f"price_{number:08}",
        "line": "stacks/saas.py:12",
        "reasons": (Reason.IMMUTABLE,),
        "before": {**monthly, "unit_amount": old},
        "after": {**monthly, "unit_amount": new},
        "fields": (build.field("unit_amount", old, new, forces_replacement=True, currency="usd"),),
        "create_first": True,
        "removal": ARCHIVED,
        **parts,
    }
    return build.change(f"stripe_price.p{number:03}", Action.REPLACE, **about)


def prices(count: int) -> list[Change]:
    """That many of them."""
    return [price(number) for number in range(1, count + 1)]


def test_equal_reasons_are_said_once_and_each_change_in_a_line() -> None:
    """With its money, aligned, in two lines of what they have in common."""
    report = build.report(build.plan(*prices(3)))
    assert text_of(report, compact=True) == dedent(f"""\
        Environment local (embedded emulator), account acct_1, test mode

        What the symbols mean:
          +/- create the replacement, then remove

          # 3 prices will be replaced: unit_amount cannot be changed in place
          # the new ones first, then the old ones are archived (Stripe cannot delete a price)
        +/- stripe_price.p001  $10.00 -> $12.00 a month, +20 %
        +/- stripe_price.p002  $20.00 -> $22.00 a month, +10 %
        +/- stripe_price.p003  $30.00 -> $32.00 a month, +6.7 %

        {POINTER}

        Plan: 0 to create, 0 to update, 3 to replace, 0 to remove.""")


def test_one_change_of_its_kind_reads_as_one() -> None:
    """And what it is called is said where its address does not say it."""
    change = price(7, before={}, after={"nickname": "Early bird"}, fields=())
    text = text_of(build.report(build.plan(change)), compact=True)
    assert "  # 1 price will be replaced: a field changed that Stripe cannot change" in text
    assert "\n  # the new one first, then the old one is archived (" in text
    assert "\n+/- stripe_price.p007  Early bird\n" in text


def test_a_screenful_of_equal_changes_is_written_leaf_by_leaf() -> None:
    """The number of changes decides, not the terminal: a pipe gives the same."""
    text = text_of(build.report(build.plan(*prices(24))))
    assert text.count("# forces replacement") == 24
    assert POINTER not in text


def test_more_than_a_screenful_is_written_in_lines_by_itself() -> None:
    """50 prices were 259 lines."""
    text = text_of(build.report(build.plan(*prices(50))))
    assert "\n  # 50 prices will be replaced: unit_amount cannot be changed in place\n" in text
    assert text.count("\n+/- stripe_price.p0") == 50
    assert len(text.splitlines()) == 62
    assert text.endswith(
        f"{POINTER}\n\nPlan: 0 to create, 0 to update, 50 to replace, 0 to remove."
    )


@pytest.mark.parametrize(
    "parts",
    [
        {"notes": ("mind",)},
        {"account": "acct_2"},
        {"create_first": False},
        {"fields": (build.field("nickname", "a", "b"),)},
    ],
)
def test_a_change_that_differs_is_never_among_them(parts: dict[str, Any]) -> None:
    """It has its own block, with its leaves, in its place."""
    plan = build.plan(*prices(40), price(41, **parts), *[price(n) for n in range(42, 52)])
    text = text_of(build.report(plan))
    assert "# 50 prices will be replaced" in text
    assert "\n  # stripe_price.p041 will be replaced" in text
    assert text.index("stripe_price.p051 ") < text.index("stripe_price.p041")


def created(number: int, **values: Any) -> Change:
    """A new price, as one of several."""
    after = {"currency": "usd", "unit_amount": 1000 * number, "tax_behavior": "exclusive", **values}
    fields = tuple(build.field(name, ABSENT, value) for name, value in after.items())
    return build.change(f"stripe_price.p{number:03}", Action.CREATE, after=after, fields=fields)


def test_new_objects_with_another_choice_in_a_field_are_not_equal() -> None:
    """A line says the amount and its currency, and nothing of taxes."""
    plan = build.plan(
        *(created(number) for number in range(1, 41)),
        created(41, tax_behavior="inclusive"),
        created(42, currency="eur"),
    )
    text = text_of(build.report(plan))
    assert "# 41 prices will be created" in text
    assert "\n  + stripe_price.p042  €420.00\n" in text
    assert '      + tax_behavior: "inclusive"\n' in text


def test_few_equal_changes_keep_their_places_among_many() -> None:
    """Order by address, as in the whole plan."""
    products = [
        build.change(f"stripe_product.p{n}", action, after={"name": "a"})
        for n, action in enumerate([Action.CREATE, Action.UPDATE, Action.CREATE])
    ]
    text = text_of(build.report(build.plan(*prices(30), *products)))
    places = [text.index(f"# stripe_product.p{n} ") for n in range(3)]
    assert places == sorted(places)


def test_every_leaf_is_shown_on_request() -> None:
    """However many there are, and whatever else is asked for."""
    report = build.report(build.plan(*prices(50)))
    text = text_of(report, verbose=True, compact=True)
    assert text.count("# forces replacement") == 50
    assert POINTER not in text


def test_the_summary_is_at_the_top_too() -> None:
    """Of a plan with more than a few changes, in the line after the account."""
    summary = "Plan: 0 to create, 0 to update, 6 to replace, 0 to remove."
    lines = text_of(build.report(build.plan(*prices(6)))).splitlines()
    assert (lines[1], lines[-1]) == (summary, summary)
    assert text_of(build.report(build.plan(*prices(5)))).count("Plan: 0 to create") == 1


def test_the_top_says_that_a_plan_is_refused() -> None:
    """Its reasons are below the changes."""
    refusals = (
        Refusal("Too many", reference=PlanRule.MASS_CHANGE),
        Refusal("No", reference=PlanRule.NO_ROOM),
    )
    lines = text_of(build.report(build.plan(*prices(6), refusals=refusals))).splitlines()
    assert lines[2] == "This plan is refused; 2 reasons below."
    assert "This plan is refused:" in lines


def test_removals_say_what_they_remove() -> None:
    """In both forms: amount and interval, what it is called, its code, its URL."""
    monthly = {"currency": "usd", "unit_amount": 2400, "recurring": {"interval": "month"}}
    changes = [
        build.change(
            "stripe_price.p1", Action.DELETE, id="price_1", removal=ARCHIVED,
            before={**monthly, "nickname": "Early bird"},
        ),
        build.change(
            "stripe_promotion_code.c1", Action.FORGET, id="promo_1", reasons=(Reason.RELEASED,),
            before={"code": "SPRING", "promotion": {"coupon": "x"}},
        ),
        build.change(
            "stripe_webhook_endpoint.w1", Action.DELETE, removal=Removal(verb=Verb.DELETE),
            id="we_1", before={"url": "https://a.example/hook", "enabled_events": ["*"]},
        ),
    ]  # fmt: skip
    report = build.report(build.plan(*changes))
    short, full = text_of(report, compact=True), text_of(report)
    assert "\n  - stripe_price.p1  Early bird: $24.00 a month\n" in short
    assert "\n  . stripe_promotion_code.c1  SPRING\n" in short
    assert "\n  - stripe_webhook_endpoint.w1  https://a.example/hook: all events\n" in short
    assert "\n  - stripe_price.p1 [price_1]  Early bird: $24.00 a month\n" in full
    assert "\n  . stripe_promotion_code.c1 [promo_1]  SPRING\n" in full
    assert "\n  - stripe_webhook_endpoint.w1 [we_1]  https://a.example/hook: all events\n" in full


def test_what_a_replacement_left_is_named_in_both_forms() -> None:
    """An earlier run made the new object and did not get to remove the old one."""
    change = build.change(
        "stripe_price.p1", Action.UPDATE, id="price_new", reasons=(Reason.SUPERSEDED,),
        removal=ARCHIVED, before={"currency": "usd"}, after={"currency": "usd"},
    )  # fmt: skip
    step = build.step("stripe_price.p1", StepKind.REMOVE, id="price_old", removal=ARCHIVED)
    report = build.report(build.plan(change, steps=(step,)))
    words = "the price that it replaced is removed [price_old]"
    assert f"\n  ~ stripe_price.p1  {words}\n" in text_of(report, compact=True)
    assert f"\n  ~ stripe_price.p1 [price_new]  {words}\n" in text_of(report)


def test_what_a_removal_removes_goes_below_where_it_has_no_room() -> None:
    """Lines end at 100 columns where their words allow it."""
    name = "A name that is long enough to need a line of its own"
    change = build.change(
        "stripe_product.a-logical-name-of-some-length", Action.DELETE, id="prod_12345678901234",
        removal=ARCHIVED, before={"name": name},
    )  # fmt: skip
    lines = text_of(build.report(build.plan(change))).splitlines()
    at = lines.index("  - stripe_product.a-logical-name-of-some-length [prod_12345678901234]")
    assert lines[at + 1] == f"      {name}"


def test_moves_say_where_each_was() -> None:
    """And once that they move."""
    moves = [
        build.change(f"stripe_price.n{n}", Action.MOVE, reasons=(Reason.MOVED,),
                     moved_from=f"stripe_price.o{n}")
        for n in (1, 2)
    ]  # fmt: skip
    assert (
        "  # 2 prices will be moved\n"
        "  > stripe_price.n1  was stripe_price.o1\n"
        "  > stripe_price.n2  was stripe_price.o2\n"
    ) in text_of(build.report(build.plan(*moves)), compact=True)


def test_a_connected_account_is_said_once() -> None:
    """Changes on another one are another group."""
    changes = [price(1, account="acct_2"), price(2, account="acct_2"), price(3)]
    text = text_of(build.report(build.plan(*changes)), compact=True)
    assert "  # 2 prices on acct_2 will be replaced:" in text
    assert "  # 1 price will be replaced:" in text


def test_notes_that_all_have_are_said_once_and_others_below_their_changes() -> None:
    """Nothing that a person should know is left out."""
    both, one = "it counts from zero", "price_00000009 is archived with it"
    changes = [price(1, notes=(both,)), price(2, notes=(both, one))]
    lines = text_of(build.report(build.plan(*changes)), compact=True).splitlines()
    at = lines.index("+/- stripe_price.p001  $10.00 -> $12.00 a month, +20 %")
    assert lines[at + 1 : at + 4] == [
        "+/- stripe_price.p002  $20.00 -> $22.00 a month, +10 %",
        f"      ! {one}",
        f"      ! of all 2: {both}",
    ]


def test_what_uses_an_object_is_below_it() -> None:
    """It is why a person reads the plan."""
    where = parse_address("stripe_price.p001")
    use = Use(what="active subscriptions", count=1000, more=True)
    impact = Impact(stack="saas", address=where, id="price_00000001", uses=(use,))
    report = build.report(build.plan(*prices(30)), impacts=(impact,), impact_asked=True)
    assert (
        "\n+/- stripe_price.p001  $10.00 -> $12.00 a month, +20 %\n"
        "      used by: 1,000+ active subscriptions\n"
    ) in text_of(report)


def test_what_uses_most_of_them_is_said_once() -> None:
    """So that the line of the one that is used is seen."""

    def impact(number: int, *uses: Use) -> Impact:
        where = parse_address(f"stripe_price.p{number:03}")
        return Impact(stack="saas", address=where, id=f"price_{number:08}", uses=uses)

    use = Use(what="active subscriptions", count=7)
    impacts = (impact(1), impact(2, use), impact(3))
    report = build.report(build.plan(*prices(3)), impacts=impacts, impact_asked=True)
    lines = text_of(report, compact=True).splitlines()
    at = lines.index("+/- stripe_price.p001  $10.00 -> $12.00 a month, +20 %")
    assert lines[at + 2 : at + 5] == [
        "      used by: 7 active subscriptions",
        "+/- stripe_price.p003  $30.00 -> $32.00 a month, +6.7 %",
        "      the other 2 used by: nothing that was found",
    ]
    unused = build.report(build.plan(*prices(2)), impacts=(impact(1), impact(2)), impact_asked=True)
    assert "\n      all 2 used by: nothing that was found\n" in text_of(unused, compact=True)


def test_long_words_go_on_in_their_column() -> None:
    """Or below the address, if that leaves them no room."""
    names = ("name", "unit_label", "url", "statement_descriptor")
    fields = tuple(build.field(name, "a" * 15, "b" * 15) for name in names)
    narrow = build.change("stripe_product.p", Action.UPDATE, fields=fields)
    wide = build.change(f"stripe_product.{'p' * 60}", Action.UPDATE, fields=fields)
    lines = text_of(build.report(build.plan(narrow)), compact=True).splitlines()
    at = next(at for at, line in enumerate(lines) if line.startswith("  ~ stripe_product.p  name:"))
    assert lines[at + 1][:23].strip() == lines[at + 1][22]
    assert max(map(len, lines[: at + 4])) <= 100
    assert f"{'p' * 60}\n      name: " in text_of(build.report(build.plan(wide)), compact=True)


def drift(number: int, **parts: Any) -> Drift:
    """An object that was renamed by hand."""
    about: dict[str, Any] = {
        "fields": (build.field("name", "A", "B"),),
        **parts,
    }
    return Drift(
        address=parse_address(f"stripe_product.p{number}"),
        type="stripe_product",
        id=f"prod_{number}",
        **about,
    )


def test_drift_is_a_line_an_object() -> None:
    """Of which a longer one goes on below."""
    long = (build.field("description", "a" * 60, "b" * 60),)
    plan = build.plan(drift=(drift(1), drift(2, gone=True), drift(3, fields=long)))
    lines = text_of(build.report(plan), compact=True).splitlines()
    assert '  ~ stripe_product.p1 [prod_1]  name: "A" -> "B"' in lines
    assert "  - stripe_product.p2 [prod_2]: deleted" in lines
    at = lines.index("  ~ stripe_product.p3 [prod_3]")
    assert lines[at + 1].startswith("      description: ")


def test_much_drift_is_short_by_itself() -> None:
    """As changes are."""
    drifted = tuple(drift(n) for n in range(25))
    assert "[prod_7]  name" in text_of(build.report(build.plan(drift=drifted)))
    assert "[prod_7]\n      ~ name" in text_of(build.report(build.plan(drift=drifted[:24])))


def outputs(count: int, before: Any) -> tuple[OutputChange, ...]:
    """Outputs whose values only an apply can tell."""
    return tuple(
        OutputChange(name=f"price_{n}", before=before, after=UNKNOWN) for n in range(count)
    )


def test_outputs_that_are_not_known_yet_are_named() -> None:
    """New ones and changed ones; what is known is a line each."""
    known = OutputChange(name="currency", before="usd", after="eur")
    changed = tuple(OutputChange(name=f"id_{n}", before="price_1", after=UNKNOWN) for n in range(2))
    plan = build.plan(outputs=(*outputs(2, ABSENT), *changed, known))
    assert dedent("""\
        Changes to outputs:
          + 2 outputs will be added, known after apply: price_0, price_1
          ~ 2 outputs will change, known after apply: id_0, id_1
          ~ currency: "usd" -> "eur"
        """) in text_of(build.report(plan), compact=True)
    assert "  + price_1:  (known after apply)" in text_of(build.report(plan))


def test_many_outputs_are_named_by_themselves() -> None:
    """All of them, over lines that go on further in."""
    text = text_of(build.report(build.plan(outputs=outputs(40, ABSENT))))
    assert "  + 40 outputs will be added, known after apply: price_0," in text
    assert "\n    price_" in text
    assert "price_39" in text


def test_warnings_and_refusals_that_say_the_same_are_said_once() -> None:
    """And of what else, so that nothing is hidden."""
    warnings = tuple(
        f"stripe_price.p{n} (stacks/saas.py:{n}) is not what it was" for n in range(10)
    )
    refusals = tuple(
        Refusal(f"stripe_coupon.c{n} is protected", reference=PlanRule.PROTECTED) for n in range(10)
    )
    plan = build.plan(price(1), warnings=(*warnings, "another one"), refusals=refusals)
    text = text_of(build.report(plan))
    assert (
        "Warning: stripe_price.p0 (stacks/saas.py:0) is not what it was\n"
        "    The same of 9 more: stripe_price.p1, stripe_price.p2, stripe_price.p3,\n"
        "    stripe_price.p4, stripe_price.p5, stripe_price.p6, stripe_price.p7,\n"
        "    stripe_price.p8, stripe_price.p9\n"
        "Warning: another one\n\n"
        "This plan is refused:\n"
        "  stripe_coupon.c0 is protected\n"
        "    The same of 9 more: stripe_coupon.c1, stripe_coupon.c2, stripe_coupon.c3,\n"
        "    stripe_coupon.c4, stripe_coupon.c5, stripe_coupon.c6, stripe_coupon.c7,\n"
        "    stripe_coupon.c8, stripe_coupon.c9\n"
    ) in text
    assert text_of(build.report(plan), verbose=True).count("is protected") == 10


def test_three_of_a_kind_are_still_said_one_by_one() -> None:
    """They are read at once."""
    refusals = tuple(
        Refusal(f"stripe_coupon.c{n} is protected", reference=PlanRule.PROTECTED) for n in range(3)
    )
    plan = build.plan(price(1), refusals=refusals)
    assert text_of(build.report(plan)).count("is protected") == 3
    assert "The same of 2 more: stripe_coupon.c1, stripe_coupon.c2" in text_of(
        build.report(plan), compact=True
    )


def test_colours_are_where_they_are_in_the_long_form() -> None:
    """Symbols by their action, headings bold."""
    report = build.report(build.plan(*prices(3)))
    text = plan_text(report, SCHEMAS, Style(colour=True), compact=True)
    assert "\x1b[35m+/-\x1b[0m stripe_price.p001" in text
    assert "\x1b[1m  # 3 prices will be replaced" in text


def test_a_name_from_an_account_is_one_harmless_line() -> None:
    """It may hold codes that a terminal obeys, line ends, marks that turn its direction."""
    hostile = "Pro\n\x1b[31mred\u202e"
    change = build.change(
        "stripe_product.p1",
        Action.DELETE,
        removal=ARCHIVED,
        before={"name": hostile, "metadata": {hostile: "a"}},
    )
    other = build.change(
        "stripe_product.p2",
        Action.UPDATE,
        fields=(build.field("metadata", {hostile: "a"}, {hostile: "b"}),),
    )
    key = dataclasses.replace(other.fields[0], path=("metadata", hostile), before="a", after="b")
    other = dataclasses.replace(other, fields=(key,))
    report = build.report(build.plan(change, other))
    for text in map(visible, (text_of(report), text_of(report, compact=True))):
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "Pro \\u001b[31mred\\u202e" in text
        assert "metadata.Pro\\n\\u001b[31mred\\u202e: " in text
