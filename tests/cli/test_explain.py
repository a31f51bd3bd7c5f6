"""`engine explain`, and the line below an error that leads to it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.explanations import pages
from tests.support.command_line import Engine, Terminal, Write

HEAD = "from engine import *\nfrom engine.stripe import *\n"
AWAY = 'lifecycle=Lifecycle(account="acct_1AAAAAAAAAAAAAAA")'
MODULES = {
    "arguments": f"""{HEAD}pro = Product("pro", name="Pro ")
Price("monthly", product=pro.id, currency="usd", amount=1, unit_amount=29.0,
      recurring={{"interval": "monthly"}})
Price("yearly", product="${{stripe_product.pro", unit_amount=1)
Price("weekly", product="${{stripe_coupon.spring.id}}", currency="usd", unit_amount=1, created=5)
Coupon("spring", percent_off=150, duration="once")
WebhookEndpoint("app", url="localhost:4242", enabled_events=[])
Product("basic", name="n", metadata={{"plan[1]": "x", "engine": "y"}})
Product("long", name="n" * 6000)
File("logo", file="logo.png", purpose="business_logo")
Price("tiered", currency="usd", product=pro.id, tiers=[{{"up_to": "inf", "unit_amount": 1}}])
Price("first", product=pro.id, currency="usd", unit_amount=1, lookup_key="pro_monthly")
Price("second", product=pro.id, currency="usd", unit_amount=1, lookup_key="pro_monthly")
Price.lookup(id=pro.id)
moved("stripe_price.first", "stripe_price.second")
Product("adopted", name="q", lifecycle=Lifecycle(adopt=True))
WebhookEndpoint("other", url="https://a.b", enabled_events=["*"], {AWAY})
Price("away", product=pro.id, currency="usd", unit_amount=1, {AWAY})
Coupon("away", percent_off=1, duration="once", lifecycle=Lifecycle(account="berlin"))
Product("last", name="x", lifecycle=Lifecycle(replace_triggered_by=["stripe_product.por"]))
""",
    "calls": f"""{HEAD}pro = Product("pro", name="x")
Product("Pro Monthly", name="x")
Product("pro", name="x")
variable("seats", 5)
variable("domain")
fleet_variable("domain")
stack_output("shop", "x")
variable("token", "sk_live_0123456789abcdef")
removed("data.stripe_price.monthly")
""",
    "names": "import os\nx = prices\n",
    "syntax": "x = Price(\n",
}
"""Stacks with a mistake in nearly each line, and what the pages of these mistakes quote."""
FOUND = {
    "arguments": {
        *("across-accounts", "bad-account", "bad-key", "bad-lookup", "bad-refactoring"),
        *("bad-reference", "bad-value", "computed-parameter", "dangling-ref", "missing-file"),
        *("missing-parameter", "not-on-account", "nothing-to-adopt-by", "out-of-range"),
        *("reserved-key", "same-key", "stripe-rule", "too-long", "too-short"),
        *("unknown-parameter", "white-space", "wrong-enum", "wrong-reference", "wrong-type"),
    },
    "calls": {
        *("bad-address", "bad-name", "duplicate-name", "key-in-clear", "missing-variable"),
        *("no-fleet-account", "own-output", "wrong-variable"),
    },
    "names": {"exception"},
    "syntax": {"syntax-error"},
}


def _quoted(reference: str) -> str:
    """What a page quotes, without the line of a module that is not here."""
    page = pages.page_of(reference)
    example = page.partition("```text\n")[2].partition("\n```")[0]
    return example.split(": ", 1)[1]


@pytest.mark.parametrize("name", MODULES)
def test_pages_quote_what_validate_finds(
    engine: Engine, write: Write, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Word for word, with the hint."""
    monkeypatch.setenv("ENGINE_VAR_SEATS", "ten")
    write("shop", MODULES[name])
    problems = json.loads(engine("validate", "--json").out)["problems"]
    printed = {one["message"] + (f"\n    {one['hint']}" if one["hint"] else "") for one in problems}
    assert {one["reference"] for one in problems} == FOUND[name]
    assert {one for one in FOUND[name] if _quoted(one) not in printed} == set()


def test_a_page_is_printed(engine: Engine) -> None:
    """As text for a terminal, without Markdown's marks; as a document with them."""
    ended = engine("explain", "lock-held")
    assert ended.code == 0
    assert ended.out.startswith("lock-held\n\nAnother run is at work on this stack")
    assert "```" not in ended.out
    document = json.loads(engine("explain", "lock-held", "--json").out)
    assert document["reference"] == "lock-held"
    assert document["page"].startswith("# lock-held\n")


@pytest.mark.parametrize("name", ["LOCK-HELD", "lock_held", '"lock-held"', " lock-held "])
def test_a_copied_reference_is_understood(engine: Engine, name: str) -> None:
    """With quotes, spaces or another spelling."""
    assert engine("explain", name).out.startswith("lock-held\n")


def test_all_are_listed(engine: Engine) -> None:
    """A line each."""
    ended = engine("explain")
    for name in pages.references():
        assert f"\n{name} " in ended.out
    listed = json.loads(engine("explain", "--json").out)["explanations"]
    assert [one["reference"] for one in listed] == list(pages.references())


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("lock-hold", "did you mean engine explain lock-held?"),
        ("../errors", "engine explain lists them"),
        ("", "engine explain lists them"),
        ("zzzzzz", "engine explain lists them"),
    ],
)
def test_an_unknown_reference_gets_a_suggestion(engine: Engine, name: str, hint: str) -> None:
    """What a person typed is no path."""
    ended = engine("explain", name)
    assert ended.code == 1
    assert hint in ended.err


def test_a_terminal_says_where_an_error_is_explained(
    terminal: Terminal, engine: Engine, write: Write
) -> None:
    """One line below it; a log gets none, nor does a typo in the command."""
    write("shop", "x = prices\n")
    code, screen = terminal(["validate", "--no-color"])
    assert code == 1
    assert screen.endswith("\nengine explain exception says more\n")
    assert "engine explain" not in engine("validate").err
    code, screen = terminal(["plan", "nosuch", "--no-color"])
    assert "says more" not in screen


def test_a_terminal_names_what_several_findings_are_explained_under(
    terminal: Terminal, write: Write
) -> None:
    """The first five."""
    write("shop", MODULES["calls"])
    _, screen = terminal(["validate", "--no-color"])
    last = screen.rstrip("\n").rpartition("\n")[2]
    assert last == (
        "engine explain REFERENCE says more of each: bad-name, duplicate-name, "
        "missing-variable, no-fleet-account, own-output, …"
    )


def test_no_page_is_a_folder_or_a_module() -> None:
    """The package has pages and the module that reads them."""
    folder = Path(pages.__file__).parent
    rest = {entry.name for entry in folder.iterdir() if entry.suffix != ".md"}
    assert rest <= {"__init__.py", "pages.py", "__pycache__"}
