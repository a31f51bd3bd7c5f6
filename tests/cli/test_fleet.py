"""`--fleet`, and `-e FLEET/ACCOUNT`: the same stacks on many accounts, from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import Engine, Write

STACK = """
    from engine import fleet_variable
    from engine.stripe import Price, Product

    pro = Product("pro", name="Pro")
    Price("month", product=pro, currency=fleet_variable("currency"), unit_amount=1900)
"""
FLEET = """
[tool.engine.fleets.shops]
environment = "local"
accounts = "file:shops.toml"
"""
SHOPS = """
[[account]]
name = "north"
variables = { currency = "usd" }
[[account]]
name = "south"
variables = { currency = "usd" }
[[account]]
name = "west"
variables = { currency = "eur" }
"""


@pytest.fixture
def _shops(root: Path, write: Write) -> None:
    (root / "pyproject.toml").write_text(FLEET, encoding="utf-8")
    (root / "shops.toml").write_text(SHOPS, encoding="utf-8")
    write("shop", STACK)


def _planned(engine: Engine, *words: str) -> dict[str, Any]:
    ended = engine("plan", "--fleet", "shops", *words, "--json")
    assert ended.out, ended.err
    found: dict[str, Any] = json.loads(ended.out)
    return found


def _accounts(document: dict[str, Any]) -> list[list[str]]:
    return [group["accounts"] for group in document["groups"]]


@pytest.mark.usefixtures("_shops")
def test_equal_plans_are_one_group(engine: Engine) -> None:
    """Those that differ in a currency, which a person should see, are not equal."""
    document = _planned(engine)
    assert (document["unchanged"], document["failed"]) == ([], [])
    assert _accounts(document) == [["north", "south"], ["west"]]


@pytest.mark.usefixtures("_shops")
def test_replacements_of_equal_objects_are_equal(engine: Engine, write: Write) -> None:
    """Each account has its own id of the object that ends, which no person has to compare."""
    for name in ("north", "south"):
        assert engine("apply", "-e", f"shops/{name}", "--yes").code == 0
    write("shop", STACK.replace("1900", "2400"))
    document = _planned(engine, "--only", "north,south")
    assert _accounts(document) == [["north", "south"]]
    assert [
        change["action"] for change in document["groups"][0]["plan"]["stacks"][0]["changes"]
    ] == ["replace"]


@pytest.mark.usefixtures("_shops")
def test_an_account_is_an_environment(engine: Engine, root: Path) -> None:
    """Its state is its own, and the next plan of the fleet finds nothing to do on it."""
    assert engine("apply", "-e", "shops/west", "--yes").code == 0
    state = json.loads((root / "state/shops/west/shop.json").read_text(encoding="utf-8"))
    assert state["resources"]["stripe_price.month"]["declared"]["currency"] == "eur"
    document = _planned(engine)
    assert (_accounts(document), document["unchanged"]) == ([["north", "south"]], ["west"])
    listed = engine("state", "list", "-e", "shops/west")
    assert listed.out.split() == ["stripe_price.month", "stripe_product.pro"]


@pytest.mark.usefixtures("_shops")
def test_one_yes_for_all_accounts(engine: Engine, root: Path) -> None:
    """Each has a state of its own afterwards; the next plan finds nothing to do."""
    done = engine("apply", "--fleet", "shops", "--yes", "--json")
    results = json.loads(done.out)["results"]
    assert done.code == 0
    assert {result["account"]: result["outcome"] for result in results} == {
        "north": "applied",
        "south": "applied",
        "west": "applied",
    }
    assert [(root / f"state/shops/{name}/shop.json").exists() for name in ("north", "west")] == [
        True,
        True,
    ]
    document = _planned(engine, "--detailed-exitcode")
    assert document["unchanged"] == ["north", "south", "west"]
    assert engine("plan", "--fleet", "shops", "--detailed-exitcode").code == 0
    assert not (root / ".engine/fleets/shops.json").exists()


@pytest.mark.usefixtures("_shops")
def test_some_of_the_accounts(engine: Engine) -> None:
    """Commas or several options name them."""
    assert _accounts(_planned(engine, "--only", "north,west")) == [["north"], ["west"]]
    assert _accounts(_planned(engine, "--except", "south", "--except", "west")) == [["north"]]
    assert _accounts(_planned(engine, "--only", "*t*", "--except", "[w]est")) == [
        ["north", "south"]
    ]
    wrong = engine("plan", "--fleet", "shops", "--only", "nort")
    assert (wrong.code, "did you mean north?" in wrong.err) == (1, True)


@pytest.mark.parametrize("option", ["--only", "--except"])
@pytest.mark.parametrize("words", ["", " , ", "x*", "acct_*,north"])
@pytest.mark.usefixtures("_shops")
def test_what_means_no_account_is_refused(engine: Engine, option: str, words: str) -> None:
    """A variable of the shell that is not set, or a slip in a pattern, must not mean all."""
    done = engine("plan", "--fleet", "shops", option, words)
    assert (done.code, done.out, "no account" in done.err) == (1, "", True)


@pytest.mark.usefixtures("_shops")
def test_those_that_failed_are_tried_again(engine: Engine, root: Path) -> None:
    """Whatever failed last, in a plan or in an apply; those that are right are left alone."""
    nothing = engine("plan", "--fleet", "shops", "--only", "@failed")
    assert (nothing.code, "no account of fleet 'shops' has failed" in nothing.err) == (1, True)
    shops = root / "shops.toml"
    shops.write_text(SHOPS + '[[account]]\nname = "east"\n', encoding="utf-8")
    assert engine("lock", "shops/west", "--reason", "moves").code == 0
    done = engine("apply", "--fleet", "shops", "--yes")
    assert (done.code, "Error: 2 accounts failed: east, west" in done.err) == (1, True)
    east = '[[account]]\nname = "east"\nvariables = { currency = "usd" }\n'
    shops.write_text(SHOPS + east, encoding="utf-8")
    assert engine("plan", "--fleet", "shops", "--only", "north").code == 0
    assert _accounts(_planned(engine, "--only", "@failed")) == [["west"], ["east"]]
    assert engine("lock", "shops/west", "--release").code == 0
    assert engine("apply", "--fleet", "shops", "--only", "@failed", "--yes").code == 0
    assert engine("plan", "--fleet", "shops", "--only", "@failed").code == 1
    assert len(_planned(engine)["unchanged"]) == 4


@pytest.mark.usefixtures("_shops")
def test_a_missing_variable_fails_its_account_alone(engine: Engine, root: Path) -> None:
    """The others are planned, and the exit code says that not all were."""
    shops = root / "shops.toml"
    shops.write_text(SHOPS + '[[account]]\nname = "east"\n', encoding="utf-8")
    done = engine("plan", "--fleet", "shops", "--json")
    (failed,) = json.loads(done.out)["failed"]
    assert (done.code, failed["account"]) == (1, "east")
    assert failed["error"]["message"] == (
        "stacks/shop.py:6: fleet variable 'currency' has no value for account east of fleet shops"
    )
    assert "Error: 1 account failed: east" in done.err


@pytest.mark.usefixtures("_shops")
def test_all_mistakes_of_a_list_are_found_at_once(engine: Engine, root: Path) -> None:
    """A key in it is refused and never shown."""
    key = "sk_test_" + "a" * 24
    rows = [
        {"name": "a"},
        {"name": "A"},
        "a",
        {"account": "acct-1"},
        {"name": "k", "api-key": key},
    ]
    (root / "shops.json").write_text(json.dumps(rows), encoding="utf-8")
    (root / "pyproject.toml").write_text(FLEET.replace("shops.toml", "shops.json"))
    done = engine("plan", "--fleet", "shops")
    for words in (
        "4 problems",
        "a and A differ in nothing but capitals",
        "a is there twice",
        "account is no id of an account",
        "api-key must name an environment variable",
    ):
        assert words in done.err
    assert key not in done.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("plan", "--fleet", "shop"), "there is no fleet 'shop'"),
        (("plan", "-e", "shops"), "'shops' is a fleet, and no environment"),
        (("plan", "-e", "shops/wes"), "fleet 'shops' has no account 'wes'"),
        (("plan", "-e", "shops/../x"), "cannot name an environment"),
        (("plan", "--only", "west"), "--only goes with --fleet"),
        (("plan", "--fleet", "shops", "-e", "local"), "-e and --fleet do not go together"),
        (("plan", "--fleet", "shops", "-o", "a.plan"), "-o and --fleet do not go together"),
    ],
)
@pytest.mark.usefixtures("_shops")
def test_what_is_refused(engine: Engine, words: tuple[str, ...], message: str) -> None:
    """Before anything is read or sent."""
    done = engine(*words)
    assert (done.code, message in done.err) == (1, True), done.err


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('environment = "lokal"', "no environment is called 'lokal'"),
        ('accounts = "connected"\nfilter = "country ~ US"', "which is no condition"),
        ('accounts = "connected"\nfilter = "country == US"', "which is no condition"),
        ('accounts = []\nfilter = "country = US"', "filter goes with accounts"),
        ("canary = -1", "canary takes a whole number from 0"),
        ('accounts = "shops.toml"', "accounts names no accounts"),
    ],
)
def test_settings_that_cannot_be_used(engine: Engine, root: Path, line: str, message: str) -> None:
    """Each names the table and what to write."""
    table = {"environment": '"local"', "accounts": "[]"}
    lines = [f"{key} = {value}" for key, value in table.items() if f"{key} =" not in line]
    text = "\n".join(["[tool.engine.fleets.shops]", *lines, line])
    (root / "pyproject.toml").write_text(text, encoding="utf-8")
    done = engine("plan", "--fleet", "shops")
    assert (done.code, message in done.err) == (1, True), done.err


def test_a_program_lists_the_accounts(engine: Engine, root: Path, write: Write) -> None:
    """Lines or JSON; when it fails, what it wrote is shown."""
    write("shop", STACK.replace('fleet_variable("currency")', 'fleet_variable("currency", "usd")'))
    settings = FLEET.replace('"file:shops.toml"', '"command:sh list.sh"')
    (root / "pyproject.toml").write_text(settings, encoding="utf-8")
    (root / "list.sh").write_text("echo '# all'; echo north; echo south", encoding="utf-8")
    assert _accounts(_planned(engine)) == [["north", "south"]]
    (root / "list.sh").write_text("echo 'no login' >&2; exit 3", encoding="utf-8")
    done = engine("plan", "--fleet", "shops")
    assert (done.code, "ended with 3" in done.err, "no login" in done.err) == (1, True, True)


@pytest.mark.usefixtures("_shops")
def test_dask_takes_no_options_that_do_not_reach_its_workers(engine: Engine) -> None:
    """Before anything is connected."""
    number = engine("plan", "--fleet", "shops", "--dask", "local", "--fleet-parallelism", "2")
    assert (number.code, "--fleet-parallelism and --dask do not go" in number.err) == (1, True)
    value = engine("plan", "--fleet", "shops", "--dask", "local", "--var", "a=b")
    assert (value.code, "--var and --dask do not go together" in value.err) == (1, True)
    alone = engine("plan", "--dask", "local")
    assert (alone.code, "--dask goes with --fleet" in alone.err) == (1, True)
    files = engine("plan", "--fleet", "shops", "--dask", "tcp://dask.example:8786")
    assert (files.code, "each of them would keep states of its own" in files.err) == (1, True)
    wrong = engine("plan", "--fleet", "shops", "--dask", "local:many")
    assert (wrong.code, "--dask names no Dask cluster" in wrong.err) == (1, True)


@pytest.mark.usefixtures("_shops")
def test_a_fleet_is_planned_on_a_cluster_as_in_threads(engine: Engine) -> None:
    """The same accounts, groups and failures."""
    for package in ("distributed", "cryptography"):
        pytest.importorskip(package, reason=f"{package} is not installed")
    in_threads, on_dask = _planned(engine), _planned(engine, "--dask", "local:2")
    assert on_dask == in_threads


@pytest.mark.usefixtures("_shops")
def test_a_fleet_is_applied_on_a_cluster(engine: Engine) -> None:
    """The states that its workers wrote are those that the next plan reads."""
    for package in ("distributed", "cryptography"):
        pytest.importorskip(package, reason=f"{package} is not installed")
    assert engine("apply", "--fleet", "shops", "--dask", "local:2", "--yes").code == 0
    assert _planned(engine)["unchanged"] == ["north", "south", "west"]


@pytest.mark.usefixtures("_shops")
def test_an_account_can_be_locked(engine: Engine) -> None:
    """Whole, or one of its stacks; the others go on."""
    assert engine("lock", "shops/west", "--reason", "moves").code == 0
    assert engine("lock", "shops/south/shop", "--reason", "audit").code == 0
    done = engine("apply", "--fleet", "shops", "--yes", "--json")
    outcomes = {one["account"]: one["outcome"] for one in json.loads(done.out)["results"]}
    assert outcomes == {"north": "applied", "south": "failed", "west": "failed"}
    assert done.code == 1
    assert engine("lock", "shops/west", "--release").code == 0
    assert engine("lock", "shops/south/shop", "--release").code == 0
    assert engine("apply", "--fleet", "shops", "--resume").code == 0
    assert _planned(engine)["unchanged"] == ["north", "south", "west"]


@pytest.mark.parametrize("place", ["shops", "local", "local/shop"])
@pytest.mark.usefixtures("_shops")
def test_a_whole_fleet_can_be_locked(engine: Engine, place: str) -> None:
    """By its own name, or by its environment's: an apply is refused before anything is planned."""
    assert engine("lock", place, "--reason", "freeze").code == 0
    for words in (["--fleet", "shops"], ["-e", "shops/west"]):
        done = engine("apply", *words, "--yes")
        assert (done.code, f"{place} is locked by" in done.err) == (3, True)
    plan = engine("plan", "--fleet", "shops")
    assert (plan.code, f"an apply is refused while {place} is locked by" in plan.out) == (0, True)
    assert f"{place} is locked by" in engine("lock").out
    assert engine("lock", place, "--release").code == 0
    assert engine("apply", "--fleet", "shops", "--yes").code == 0


@pytest.mark.usefixtures("_shops")
def test_a_fleet_is_destroyed_as_it_is_applied(engine: Engine, root: Path) -> None:
    """With a yes for all of its accounts, account by account; what is left is gone on with."""
    assert engine("apply", "--fleet", "shops", "--yes").code == 0
    assert "--destroy first, then run engine destroy" in engine("destroy", "--fleet", "shops").err
    shown = engine("plan", "--fleet", "shops", "--destroy")
    assert "3 accounts to change (6 changes)" in shown.out
    assert engine("lock", "shops/west", "--reason", "audit").code == 0
    done = engine("destroy", "--fleet", "shops", "--yes")
    assert (done.code, "Destroy of fleet shops incomplete: 2 applied, 1 failed." in done.out) == (
        1,
        True,
    )
    again = "engine destroy --fleet shops --resume"
    assert f"to try again: {again}" in done.err
    assert engine("lock", "shops/west", "--release").code == 0
    assert engine(*again.split()[1:]).code == 0
    states = [json.loads(path.read_text()) for path in root.glob("state/shops/*/shop.json")]
    assert [len(state["resources"]) for state in states] == [0, 0, 0]


@pytest.mark.usefixtures("_shops")
def test_other_commands_say_how_a_fleet_is_named(engine: Engine) -> None:
    """The drift of all accounts is a plan; all else is asked of one account."""
    for command in ("drift", "output", "show", "validate"):
        done = engine(command, "--fleet", "shops")
        assert (done.code, "-e FLEET/ACCOUNT" in done.err) == (1, True), done.err
    assert engine("apply", "--fleet", "shops", "--yes").code == 0
    assert engine("plan", "--fleet", "shops", "--refresh-only", "--detailed-exitcode").code == 0


def test_stacks_of_many_accounts_are_a_line(engine: Engine, root: Path, write: Write) -> None:
    """What is special about one of them has a line of its own; a program gets all."""
    write("shop", STACK)
    names = [f"a{number}" for number in range(5)]
    rows = ", ".join(f'{{ name = "{name}", variables = {{ currency = "eur" }} }}' for name in names)
    settings = FLEET.replace('"file:shops.toml"', f"[{rows}]")
    (root / "pyproject.toml").write_text(settings, encoding="utf-8")
    assert engine("apply", "--fleet", "shops", "--yes").code == 0
    assert engine("lock", "shops/a3/shop", "--reason", "audit").code == 0
    listed = engine("stacks").out.splitlines()
    assert "  shops     4 accounts, which engine fleet shops lists" in listed
    assert listed[-1].startswith("  shops/a3  serial 2, 2 resources, ")
    (stack,) = json.loads(engine("stacks", "--json").out)["stacks"]
    assert [state["environment"] for state in stack["states"]] == [f"shops/{one}" for one in names]
    assert stack["problems"] == []
    alone = engine("stacks", "-e", "shops/a1").out.splitlines()
    assert alone[-1].startswith("  shops/a1  serial 2, 2 resources, ")


@pytest.mark.usefixtures("_shops")
def test_an_account_that_left_is_not_waited_for(engine: Engine, root: Path) -> None:
    """A resume says so, and the apply is finished without it."""
    assert engine("lock", "shops/west", "--reason", "moves").code == 0
    assert engine("apply", "--fleet", "shops", "--yes").code == 1
    shops = root / "shops.toml"
    shops.write_text(SHOPS.partition('[[account]]\nname = "west"')[0], encoding="utf-8")
    done = engine("apply", "--fleet", "shops", "--resume")
    assert (done.code, "1 account: skipped: not in the fleet any more" in done.out) == (0, True)
    assert "To go on" not in done.out
    assert engine("apply", "--fleet", "shops", "--resume").code == 1
    assert not (root / "state/shops/west/shop.json").exists()


@pytest.mark.usefixtures("_shops")
def test_constants_for_an_application_are_not_of_all_accounts(
    engine: Engine, root: Path, write: Write
) -> None:
    """Of one that is named they are."""
    text = STACK.replace('Price("month"', 'month = Price("month"').replace(
        '("currency")', '("currency", "usd")'
    )
    write("shop", text + '    from engine import output\n    output("price", month.id)\n')
    settings = root / "pyproject.toml"
    table = '[[tool.engine.constants]]\nfile = "ids.json"\n'
    settings.write_text(FLEET + table, encoding="utf-8")
    assert engine("apply", "--yes").code == 0
    assert engine("apply", "--fleet", "shops", "--yes").code == 0
    assert engine("output", "--write").code == 0
    assert "shops/" not in (root / "ids.json").read_text(encoding="utf-8")
    settings.write_text(FLEET + table + 'environments = ["shops/west"]\n', encoding="utf-8")
    assert engine("output", "--write").code == 0
    state = json.loads((root / "state/shops/west/shop.json").read_text(encoding="utf-8"))
    assert state["outputs"]["price"] in (root / "ids.json").read_text(encoding="utf-8")
