"""`engine output --format`: constants printed, written and checked from outside."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from engine.cli.commands.output import CONSTANTS
from engine.views.constants.formats import FORMATS
from tests.support.command_line import Ended, Engine, Write
from tests.support.git import git

SHOP = """
    from engine import output
    from engine.stripe import Price, Product

    pro = Product("pro", name="Pro")
    monthly = Price(
        "{name}", product=pro.id, currency="usd", unit_amount={amount},
        recurring={{"interval": "month"}}, lookup_key="pro_monthly",
    )
    output("price_id", monthly.id)
"""
HOOKS = """
    from engine import output
    from engine.stripe import WebhookEndpoint

    hook = WebhookEndpoint("events", url="https://example.com/h", enabled_events=["*"])
    output("WEBHOOK_SECRET", hook.secret, sensitive=True)
"""
TWO = """
[tool.engine.environments.test]
emulator = true
[tool.engine.environments.live]
emulator = true
"""
CONFIGURED = """
[[tool.engine.constants]]
file = "app/ids.py"
environments = ["local"]
stacks = ["shop"]

[[tool.engine.constants]]
file = "web/ids.ts"
environments = ["local"]
"""

Applied: TypeAlias = Callable[..., str]


@pytest.fixture
def applied(engine: Engine, write: Write, root: Path) -> Applied:
    """Applies the shop with a price's amount and name; gives the id of the price."""

    def apply(amount: int = 2900, name: str = "pro-monthly", environment: str = "local") -> str:
        write("shop", SHOP.format(amount=amount, name=name))
        ended = engine("apply", "--yes", "-e", environment)
        assert ended.code == 0, ended.err
        state = json.loads((root / "state" / environment / "shop.json").read_text())
        return str(state["resources"][f"stripe_price.{name}"]["id"])

    return apply


def refused(ended: Ended, message: str, hint: str) -> None:
    """A call that ends with 1, a message and what to do, and writes nothing to stdout."""
    assert (ended.code, ended.out) == (1, "")
    text, _, way_on = ended.err.partition("Hint: ")
    assert message in text
    assert hint in way_on


def test_ids_are_printed_under_the_names_of_applications(applied: Applied, engine: Engine) -> None:
    """Those of resources by type and name, and outputs by their own."""
    id = applied()
    ended = engine("output", "--format", "dotenv")
    assert (ended.code, ended.err) == (0, "")
    assert {f"STRIPE_PRICE_PRO_MONTHLY={id}", f"price_id={id}"} <= set(ended.out.splitlines())
    assert "# Pro monthly, $29.00 a month\n" in ended.out
    document = json.loads(engine("output", "--format", "json").out)
    assert document["environments"]["local"]["shop"]["constants"]["STRIPE_PRICE_PRO_MONTHLY"] == id


def test_a_former_price_is_listed(applied: Applied, engine: Engine) -> None:
    """Its subscribers are still on the plan."""
    old, new = applied(2900), applied(3400)
    document = json.loads(engine("output", "--format=json").out)
    shop = document["environments"]["local"]["shop"]
    assert shop["former"]["STRIPE_PRICE_PRO_MONTHLY"] == [old]
    assert shop["names"][old] == shop["names"][new] == "STRIPE_PRICE_PRO_MONTHLY"
    assert f"STRIPE_PRICE_PRO_MONTHLY_FORMER={old}\n" in engine("output", "--format", "dotenv").out
    assert f"(replaced {old}, which is archived)" in engine("show").out


def test_a_file_shows_its_format_and_is_written_once(
    applied: Applied, engine: Engine, root: Path
) -> None:
    """What is fresh is not written again."""
    applied()
    for name in ("ids.py", "ids.ts", "ids.json", ".env", ".env.local"):
        ended = engine("output", "-o", name)
        assert (ended.code, ended.out) == (0, f"Wrote {name}: 3 constants.\n")
        before = (root / name).stat().st_mtime_ns
        assert engine("output", "-o", name).out == f"{name} is fresh: 3 constants.\n"
        assert engine("output", "-o", name, "--check").code == 0
        assert (root / name).stat().st_mtime_ns == before
    ended = engine("output", "-o", "more.py", "--json")
    assert json.loads(ended.out)["files"] == [{"file": "more.py", "constants": 3, "written": True}]


@pytest.mark.parametrize("name", ["ids.py", "ids.ts", "ids.json", ".env"])
def test_renaming_a_price_makes_the_check_fail(
    applied: Applied, engine: Engine, root: Path, name: str
) -> None:
    """Once it is applied; the message names the first difference and what to run."""
    applied()
    assert engine("output", "-o", name).code == 0
    text = (root / name).read_text()
    write = SHOP.format(amount=2900, name="gold-monthly").replace(
        "    output(", '    moved("stripe_price.pro-monthly", monthly)\n    output('
    )
    module = root / "stacks" / "shop.py"
    module.write_text(textwrap.dedent(write.replace("output\n", "moved, output\n")))
    assert engine("apply", "--yes").code == 0
    ended = engine("output", "--check", "-o", name)
    refused(ended, f"{name} is not what engine output would write now", f"engine output -o {name}")
    assert "PRO_MONTHLY" in ended.err
    assert "GOLD_MONTHLY" in ended.err
    error = json.loads(engine("output", "--check", "-o", name, "--json").out)["error"]
    assert error["reference"] == "stale-constants"
    assert (root / name).read_text() == text
    assert engine("output", "-o", name).code == 0
    assert engine("output", "--check", "-o", name).code == 0


def test_the_first_difference_is_one_that_shows(engine: Engine, write: Write) -> None:
    """Not the end of a long line, such as the list of all names, that is not shown."""
    shop = """
        from engine.stripe import Product
        for name in ("one-product", "two-product", "{name}"):
            Product(name, name=name)
    """
    write("shop", shop.format(name="zinc-product"))
    assert engine("apply", "--yes").code == 0
    assert engine("output", "-o", "ids.py").code == 0
    write("shop", shop.format(name="zoom-product"))
    assert engine("apply", "--yes").code == 0
    ended = engine("output", "--check", "-o", "ids.py")
    assert ended.code == 1
    assert "STRIPE_PRODUCT_ZINC_PRODUCT" in ended.err
    assert "STRIPE_PRODUCT_ZOOM_PRODUCT" in ended.err


def test_what_a_price_costs_begins_with_its_own_amount(engine: Engine, write: Write) -> None:
    """Other currencies come after it."""
    write(
        "shop",
        """
        from engine.stripe import Price, Product

        Price(
            "pro-monthly", product=Product("pro", name="Pro"), currency="usd", unit_amount=2900,
            recurring={"interval": "month"}, currency_options={"eur": {"unit_amount": 2700}},
        )
        """,
    )
    assert engine("apply", "--yes").code == 0
    ended = engine("output", "--format", "dotenv")
    assert "# Pro monthly, $29.00 a month, also in eur\n" in ended.out


def test_line_ends_that_git_rewrote_are_no_difference(
    applied: Applied, engine: Engine, root: Path
) -> None:
    """A clone on another system has the same constants."""
    applied()
    assert engine("output", "-o", "ids.py").code == 0
    written = (root / "ids.py").read_bytes().replace(b"\n", b"\r\n")
    (root / "ids.py").write_bytes(written)
    assert engine("output", "--check", "-o", "ids.py").code == 0
    assert engine("output", "-o", "ids.py").out == "ids.py is fresh: 3 constants.\n"


def test_a_missing_file_is_stale(applied: Applied, engine: Engine) -> None:
    """A check never writes one."""
    applied()
    refused(engine("output", "--check", "-o", "ids.py"), "It does not exist.", "output -o ids.py")


def test_an_application_chooses_an_environment_by_name(
    applied: Applied, engine: Engine, root: Path
) -> None:
    """Test ids in CI, live ids in production, from one module."""
    (root / "pyproject.toml").write_text(TWO)
    test, live = applied(environment="test"), applied(environment="live")
    assert engine("output", "-o", "ids.py", "--environments", "test,live").code == 0
    script = (
        "from ids import SHOP, get_shop; print(get_shop('test').price_id, SHOP['live'].price_id)"
    )
    done = subprocess.run(  # noqa: S603 - this very Python
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{test} {live}\n"
    refused(
        engine("output", "-o", ".env", "--environments", "test,live"),
        "a dotenv file is of one environment, not of live, test",
        "--environments NAME",
    )
    refused(
        engine("output", "-o", "ids.py", "--environments", "test,prod"),
        "no stack that was asked for has a state in environment 'prod'",
        "engine apply -e prod",
    )


def test_pyproject_names_the_files(
    applied: Applied, engine: Engine, root: Path, write: Write
) -> None:
    """Then one command writes all of them, and one checks them, from any folder of the project."""
    applied()
    (root / "pyproject.toml").write_text(CONFIGURED)
    refused(engine("output", "--write"), "there is no folder for app/ids.py", "make it first")
    for folder in ("app", "web"):
        (root / folder).mkdir()
    refused(
        engine("output", "--check"),
        "app/ids.py, web/ids.ts are not what engine output would write now",
        "engine output --write",
    )
    assert engine("output", "--write").out == (
        "Wrote app/ids.py: 3 constants.\nWrote web/ids.ts: 3 constants.\n"
    )
    assert engine("output", "--check").code == 0
    before = engine("plan", "-o", "shop.plan")
    assert before.code == 0
    assert "Stale now" not in engine("apply", "shop.plan").err
    write("shop", SHOP.format(amount=3400, name="pro-monthly"))
    assert engine("apply", "--yes").err.endswith(
        "\nStale now: app/ids.py, web/ids.ts. To write it anew: engine output --write\n"
    )
    assert "Line " in engine("output", "--check").err
    assert engine("output", "--check", "--format", "json").code == 1


@pytest.mark.parametrize(
    ("table", "message", "hint"),
    [
        ('constants = ["ids.py"]', "an entry is a table", "file ="),
        ("[[tool.engine.constants]]", "names no file", "file ="),
        ('[[tool.engine.constants]]\nfil = "x"', "has no key 'fil'", "did you mean 'file'?"),
        ('[[tool.engine.constants]]\nfile = "x.py"\nstacks = "a"', "stacks takes a list", ""),
        ('[[tool.engine.constants]]\nfile = "x.txt"', "does not show a format", "say which"),
        (
            '[[tool.engine.constants]]\nfile = "x"\nformat = "go"',
            "there is no format 'go' of constants",
            "known: dotenv, json, python, typescript",
        ),
        (
            '[[tool.engine.constants]]\nfile = "x.py"\n[[tool.engine.constants]]\nfile = "x.py"',
            "names x.py twice",
            "take one",
        ),
        ("constants = 1", "constants takes an array of tables", ""),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(
    engine: Engine, root: Path, table: str, message: str, hint: str
) -> None:
    """With its key."""
    (root / "pyproject.toml").write_text(f"[tool.engine]\n{table}\n")
    refused(engine("output", "--check"), message, hint)


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        ("--check", "nothing says which file holds constants", "engine output -o FILE"),
        ("--check -e local", "-e does not choose what is in the files", "environments = "),
        ("--write --check", "--check and --write do not go together", "choose one"),
        ("--check --format python", "--check compares a file", "-o FILE"),
        ("--format text -o x.py", "--format text is for people", "choose dotenv"),
        ("--force", "it is not known which constants", "-o FILE"),
        ("--environments local", "it is not known which constants", "--format FORMAT"),
        ("--write -o x.py", "--write writes the files that pyproject.toml names", "leave it out"),
        ("-o x.txt", "the name x.txt does not show a format", "say which"),
        ("price_id -o x.py", "constants are written all at once", "leave out NAME"),
        ("--format python --reveal s", "holds no secret", "--format dotenv"),
        ("--format dotenv --reveal s --environments a,b", "of one environment at a time", "-e"),
        ("--format dotenv --reveal WEB", "there is no output WEB", ""),
        ("--format dotenv --stack shp", "stack 'shp' has no state", "did you mean 'shop'?"),
        ("--format dotenv -e nowhere", "there is no environment 'nowhere'", "pyproject.toml"),
        ("--reveal a --reveal b", "--reveal NAME prints one value alone", "leave out"),
    ],
)
def test_a_call_that_makes_no_sense_is_refused(
    applied: Applied, engine: Engine, words: str, message: str, hint: str
) -> None:
    """And says what would."""
    applied()
    refused(engine("output", *words.split()), message, hint)


# ── files ─────────────────────────────────────────────────────────────────────────────────


def test_a_file_of_another_is_not_written_over(
    applied: Applied, engine: Engine, root: Path
) -> None:
    """Unless it is forced, or empty; its mode stays."""
    applied()
    for name in ("ids.py", "ids.json", ".env"):
        (root / name).write_text('{"mine": 1}\n')
        ended = engine("output", "-o", name)
        refused(ended, f"{name} is not written over: engine output did not write it", "--force")
        assert (root / name).read_text() == '{"mine": 1}\n'
    (root / "ids.py").chmod(0o600)
    assert engine("output", "-o", "ids.py", "--force").code == 0
    assert (root / "ids.py").stat().st_mode & 0o777 == 0o600
    (root / "empty.py").touch()
    assert engine("output", "-o", "empty.py").code == 0


def test_a_place_where_nothing_can_be_written_is_named(
    applied: Applied, engine: Engine, root: Path
) -> None:
    """A folder that is missing, a folder, a file that is read-only."""
    applied()
    refused(engine("output", "-o", "a/ids.py"), "there is no folder for a/ids.py", "make it")
    (root / "folder.py").mkdir()
    refused(engine("output", "-o", "folder.py"), "folder.py cannot be read", "name a file")
    assert engine("output", "-o", "ids.py").code == 0
    (root / "ids.py").chmod(0o444)
    applied(3400)
    refused(engine("output", "-o", "ids.py"), "ids.py is read-only", "chmod u+w ids.py")


def test_a_link_stays_one(applied: Applied, engine: Engine, root: Path) -> None:
    """What it points to is written."""
    applied()
    (root / "real.py").touch()
    (root / "ids.py").symlink_to("real.py")
    assert engine("output", "-o", "ids.py").code == 0
    assert (root / "ids.py").is_symlink()
    assert "SHOP_LOCAL" in (root / "real.py").read_text()


# ── secrets ───────────────────────────────────────────────────────────────────────────────


def test_a_secret_is_left_out_unless_it_is_asked_for_by_name(
    applied: Applied, engine: Engine, write: Write, root: Path
) -> None:
    """Then its file is its user's alone."""
    write("hooks", HOOKS)
    applied()
    secret = engine("output", "--reveal", "WEBHOOK_SECRET").out
    ended = engine("output", "-o", ".env")
    assert "Left out, since they are secret: WEBHOOK_SECRET. --reveal NAME" in ended.err
    assert "SECRET" not in (root / ".env").read_text()
    for name in (".env", "ids.json"):
        ended = engine("output", "-o", name, "--reveal", "WEBHOOK_SECRET")
        assert (ended.code, ended.err) == (0, "")
        assert secret in (root / name).read_text()
        assert (root / name).stat().st_mode & 0o777 == 0o600
    assert f"WEBHOOK_SECRET={secret}\n" in (root / ".env").read_text()
    for format in ("python", "typescript", "json", "dotenv"):
        assert secret not in engine("output", "--format", format).out


def test_a_stale_secret_is_not_shown(applied: Applied, engine: Engine, write: Write) -> None:
    """The old one may still be in use somewhere."""
    write("hooks", HOOKS)
    applied()
    words = ("output", "-o", ".env", "--reveal", "WEBHOOK_SECRET")
    assert engine(*words).code == 0
    assert engine(*words, "--check").code == 0
    old = engine("output", "--reveal", "WEBHOOK_SECRET").out
    assert engine("apply", "--yes", "--replace", "stripe_webhook_endpoint.events").code == 0
    ended = engine(*words, "--check")
    assert ended.code == 1
    assert "differs." in ended.err
    assert old not in ended.err


def test_a_file_with_a_secret_is_none_that_git_would_commit(
    applied: Applied, engine: Engine, write: Write, root: Path
) -> None:
    """Not even forced."""
    write("hooks", HOOKS)
    applied()
    git(root, "init", "--quiet")
    words = ("output", "-o", ".env", "--reveal", "WEBHOOK_SECRET", "--force")
    refused(engine(*words), ".env would be committed, with a secret in it", "to .gitignore")
    assert not (root / ".env").exists()
    (root / ".gitignore").write_text(".env\n")
    assert engine(*words).code == 0


def test_the_command_offers_each_format() -> None:
    """The list is written twice, so that help loads no format."""
    assert tuple(FORMATS) == CONSTANTS
