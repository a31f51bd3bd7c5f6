"""`engine review`: what was applied between two commits, and what no run could have done."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest

from engine.bootstrap.project import open_project
from engine.operations.validate import evaluate
from engine.plan.declared import declared_digest
from engine.state.model import State
from engine.version import VERSION
from tests.support.command_line import Engine, Write
from tests.support.committed import Committed, needs_git
from tests.support.git import git

pytestmark = needs_git

SHOP = """
    from engine import Lifecycle, output
    from engine.stripe import Coupon, PaymentLink, Price, Product

    pro = Product("pro", name="{name}")
    monthly = Price(
        "monthly", product=pro.id, currency="usd", unit_amount={amount},
        recurring={{"interval": "month"}}, nickname="{nickname}",
    )
    {more}
    output("price_id", monthly.id)
"""
PRODUCT, PRICE, COUPON = "stripe_product.pro", "stripe_price.monthly", "stripe_coupon.c10"
DEALS = """
    from engine.stripe import Coupon
    Coupon("ten", percent_off=10, duration="once")
"""
MOVED = """
    from engine import moved
    moved("shop:stripe_coupon.c10", ten)
"""
COUPON_CODE = 'c10 = Coupon("c10", percent_off=10, duration="once")'


def shop(
    name: str = "Pro", amount: int = 2000, nickname: str = "m", more: str = COUPON_CODE
) -> str:
    """The module of the stack."""
    return SHOP.format(name=name, amount=amount, nickname=nickname, more=more)


@pytest.fixture
def project(root: Path, engine: Engine, write: Write) -> Committed:
    """A project that was applied once; both are committed."""
    write("shop", shop())
    committed = Committed(root, engine)
    committed.apply()
    return committed


def price(project: Committed) -> dict[str, Any]:
    """The price as the state records it."""
    document = json.loads(project.state_file().read_text(encoding="utf-8"))
    found: dict[str, Any] = document["resources"][PRICE]
    return found


# ── what was applied, in the words of a plan ──────────────────────────────────────────────


def test_what_was_applied_is_said_as_a_plan_says_it(
    project: Committed, engine: Engine, write: Write
) -> None:
    """Created, updated, replaced and removed, leaf by leaf, with money and both ids."""
    was = price(project)["id"]
    write("shop", shop(name="Pro!", amount=2400, more=COUPON_CODE.replace("10", "20")))
    project.apply()
    now = price(project)["id"]
    ended = engine("review", "HEAD~1..HEAD")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("From HEAD~1 (")
    assert "local/shop, acct_" in ended.out
    assert "embedded emulator, serial 2 -> 3" in ended.out
    assert "# stripe_product.pro was updated in place" in ended.out
    assert '~ name: "Pro" -> "Pro!"' in ended.out
    assert "# stripe_price.monthly was replaced: unit_amount cannot be changed in place" in (
        ended.out
    )
    assert f'"{was}" -> "{now}"' in ended.out
    assert "2000 ($20.00) -> 2400 ($24.00)  # forces replacement" in ended.out
    assert "then the old one was archived (Stripe cannot delete a price)" in ended.out
    assert "# stripe_coupon.c20 was created" in ended.out
    assert "# stripe_coupon.c10 was deleted: it was no longer declared" in ended.out
    assert f'~ price_id: "{was}" -> "{now}"' in ended.out
    assert "Applied: 1 created, 1 updated, 1 replaced, 1 removed." in ended.out
    assert ended.out.endswith("The states are in order.\n")


def test_a_first_apply_is_a_new_state(project: Committed, engine: Engine) -> None:
    """Everything was created."""
    ended = engine("review", "HEAD~1..HEAD")
    assert ended.code == 0
    assert "a new state, serial 2" in ended.out
    assert project.actions() == {PRODUCT: "create", PRICE: "create", COUPON: "create"}


def test_without_a_range_it_is_what_the_branch_has_more(
    project: Committed, engine: Engine, write: Write
) -> None:
    """Since the merge base with the default branch; on that branch nothing is left to compare."""
    git(project.root, "switch", "--quiet", "--create", "feature")
    write("shop", shop(nickname="n"))
    project.apply()
    git(project.root, "switch", "--quiet", "main")
    git(project.root, "commit", "--quiet", "--allow-empty", "--message", "further")
    ended = engine("review")
    assert ended.code == 1
    assert "there is no other branch to compare with" in ended.err
    assert "engine review BASE..HEAD" in ended.err
    git(project.root, "switch", "--quiet", "feature")
    assert project.actions("") == {PRICE: "update"}
    assert project.actions("main...feature") == {PRICE: "update"}


def test_one_commit_is_compared_with_the_working_tree(
    project: Committed, engine: Engine, write: Write
) -> None:
    """What was applied and is not committed yet."""
    write("shop", shop(nickname="n"))
    assert engine("apply", "--yes").code == 0
    assert project.actions("HEAD") == {PRICE: "update"}
    assert "to the working tree\n" in engine("review", "HEAD").out


def test_nothing_applied_is_said(project: Committed, engine: Engine) -> None:
    """A commit without a state."""
    project.commit("nothing")
    assert engine("review", "HEAD~1..HEAD").out.endswith("\n\nNo state changed.\n")


@pytest.mark.usefixtures("project")
def test_every_format_has_the_page(engine: Engine) -> None:
    """Text, Markdown and HTML from one record."""
    for name, shown in (
        ("text", "# stripe_price.monthly was created\n"),
        ("markdown", "(`local/shop:stripe_price.monthly`)"),
        ("html", "<h1>What was applied</h1>"),
    ):
        ended = engine("review", "HEAD~1..HEAD", "--format", name)
        assert ended.code == 0
        assert shown in ended.out


def test_a_comment_begins_with_what_is_wrong(project: Committed, engine: Engine) -> None:
    """The findings, with file and line, before what was applied."""
    project.forge(lambda state: dataclasses.replace(state, account_id="acct_Other", serial=7))
    ended = engine("review", "HEAD~1..HEAD", "--format", "markdown")
    assert ended.code == 1
    head, _, rest = ended.out.partition("#### Not in order\n\n- `state/local/shop.json:")
    assert "Not in order: 1 finding." in head
    assert "a state is of one account and mode for good" in rest


# ── where the states are ──────────────────────────────────────────────────────────────────


def test_the_project_may_be_a_folder_of_the_repository(
    root: Path, engine: Engine, write: Write
) -> None:
    """Paths are named from the project folder."""
    write("shop", shop())
    project = Committed(root, engine, top=root.parent)
    project.apply()
    assert project.actions() == {PRODUCT: "create", PRICE: "create", COUPON: "create"}
    (stack,) = project.review()["stacks"]
    assert stack["file"] == "state/local/shop.json"


def test_a_project_folder_that_was_moved_is_found_again(
    root: Path, engine: Engine, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The states are the same by their lineage; a note says where they were."""
    write("shop", shop())
    project = Committed(root, engine, top=root.parent)
    project.apply()
    moved = root.parent / "billing"
    root.rename(moved)
    monkeypatch.chdir(moved)
    project.root = moved
    (moved / "stacks" / "shop.py").write_text(
        (moved / "stacks" / "shop.py").read_text().replace('"m"', '"n"')
    )
    project.apply()
    assert project.actions() == {PRICE: "update"}
    (stack,) = project.review()["stacks"]
    assert stack["notes"] == ["the state file was project/state/local/shop.json"]


def test_no_repository_and_no_such_commit_are_errors(
    root: Path, engine: Engine, write: Write
) -> None:
    """With git's own words, and what to do."""
    ended = engine("review", "HEAD~1..HEAD")
    assert ended.code == 1
    assert "the project is in no git repository" in ended.err
    write("shop", shop())
    Committed(root, engine)
    ended = engine("review", "nope..HEAD")
    assert ended.code == 1
    assert "there is no commit 'nope'" in ended.err
    ended = engine("review", "--", "--upload-pack=x..HEAD")
    assert "there is no commit '--upload-pack=x'" in ended.err


def test_a_shallow_clone_says_what_to_fetch(
    project: Committed, engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """CI's checkouts have one commit unless they are asked for more."""
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{project.root}", str(clone))
    monkeypatch.chdir(clone)
    git(clone, "checkout", "--quiet", "--detach")
    git(clone, "branch", "--quiet", "--delete", "--force", "main")
    git(clone, "remote", "remove", "origin")
    for words in (["HEAD~1..HEAD"], []):
        ended = engine("review", *words)
        assert ended.code == 1
        assert "fetch-depth: 0" in ended.err


def test_git_that_is_missing_is_said(
    project: Committed, engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nothing else does its work."""
    del project
    monkeypatch.setenv("PATH", str(tmp_path))
    ended = engine("review")
    assert ended.code == 1
    assert "git is not installed" in ended.err


# ── what runs do is no finding ────────────────────────────────────────────────────────────


def test_an_apply_of_each_kind(project: Committed, write: Write) -> None:
    """Updates, replacements, drift that was put back, and an apply without a change."""
    write("shop", shop(nickname="n"))
    project.apply()
    assert project.actions() == {PRICE: "update"}
    project.run("apply", "--yes", "--replace", PRICE)
    project.commit()
    assert project.actions() == {PRICE: "replace"}
    (change,) = project.review()["stacks"][0]["changes"]
    assert "nothing of its declaration changed" in change["notes"][0]
    project.apply()
    assert project.actions() == {}


def test_a_destroy(project: Committed) -> None:
    """The price and the product are archived, and remembered; the coupon is deleted."""
    project.run("destroy", "--yes")
    project.commit()
    assert project.actions() == {PRODUCT: "delete", PRICE: "delete", COUPON: "delete"}
    changes = project.review()["stacks"][0]["changes"]
    assert {change["address"]: change["removal"] for change in changes} == {
        PRODUCT: "archive",
        PRICE: "archive",
        COUPON: "delete",
    }
    project.apply()
    assert project.actions() == {PRODUCT: "revive", PRICE: "revive", COUPON: "create"}


def test_an_apply_of_a_part(project: Committed, write: Write) -> None:
    """The rest of the code is named, and is no finding."""
    write("shop", shop(name="Pro!", nickname="n"))
    project.run("apply", "--yes", "--target", PRODUCT)
    project.commit()
    assert project.actions() == {PRODUCT: "update"}
    (stack,) = project.review()["stacks"]
    (note,) = stack["notes"]
    assert note == (
        f"the code declares more or other than the state records: {PRICE} was applied with "
        "other arguments"
    )


def test_a_state_that_is_edited_by_commands(project: Committed, write: Write) -> None:
    """A rename, a move to another stack, a forgotten resource, and an import."""
    write("shop", shop(more=COUPON_CODE.replace('"c10"', '"ten"')))
    project.run("state", "mv", COUPON, "stripe_coupon.ten")
    project.commit()
    assert project.actions() == {"stripe_coupon.ten": "move"}
    (change,) = project.review()["stacks"][0]["changes"]
    assert change["moved_from"] == COUPON
    write("shop", shop(more=""))
    write("deals", DEALS)
    project.run("state", "mv", "shop:stripe_coupon.ten", "deals:")
    project.commit()
    assert project.actions() == {"stripe_coupon.ten": "move"}
    (change,) = project.review()["stacks"][0]["changes"]
    assert change["moved_from"] == "shop:stripe_coupon.ten"
    id = json.loads(project.state_file("deals").read_text())["resources"]["stripe_coupon.ten"]["id"]
    write("deals", "")
    project.run("state", "rm", "deals:stripe_coupon.ten")
    project.commit()
    assert project.actions() == {"stripe_coupon.ten": "delete"}
    (change,) = project.review()["stacks"][0]["changes"]
    assert change["notes"] == [
        "or it was forgotten and stays on Stripe: the state does not say which"
    ]
    write("deals", DEALS)
    project.run("import", "stripe_coupon.ten", id)
    project.commit()
    assert project.actions() == {"stripe_coupon.ten": "import"}


def test_several_environments(project: Committed, root: Path) -> None:
    """What a promotion applied is said by environment; each has the code of its own."""
    emulated = "[tool.engine.environments.{}]\nemulator = true\n"
    (root / "pyproject.toml").write_text(emulated.format("test") + emulated.format("next"))
    project.run("apply", "--yes", "-e", "test")
    project.run("promote", "test", "next")
    project.run("apply", "--yes", "-e", "next")
    project.commit()
    document = project.review()
    assert (document["findings"], document["unchecked"]) == ([], [])
    assert [(one["environment"], len(one["changes"])) for one in document["stacks"]] == [
        ("next", 3),
        ("test", 3),
    ]


def test_a_move_that_the_code_declares(project: Committed, write: Write) -> None:
    """From one stack to another, with the apply of both."""
    write("shop", shop(more=""))
    write("deals", DEALS.replace('Coupon("ten"', 'ten = Coupon("ten"') + MOVED)
    project.apply()
    assert project.actions() == {"stripe_coupon.ten": "move"}
    write("deals", "from engine import removed\nremoved('stripe_coupon.ten', keep=True)\n")
    project.apply()
    assert project.actions() == {"stripe_coupon.ten": "delete"}


def test_a_stack_that_is_renamed_or_forgotten(
    project: Committed, root: Path, engine: Engine
) -> None:
    """Its file goes; what it has is under another name, or forgotten."""
    (root / "stacks" / "shop.py").rename(root / "stacks" / "store.py")
    project.run("state", "mv", "shop:", "store:")
    project.commit()
    assert project.actions() == {PRODUCT: "move", PRICE: "move", COUPON: "move"}
    assert "its state, serial 2, is gone" in engine("review", "HEAD~1..HEAD").out
    (root / "stacks" / "store.py").unlink()
    project.run("state", "rm", "store:", "--yes")
    project.commit()
    assert project.actions() == {PRODUCT: "delete", PRICE: "forget", COUPON: "delete"}


def test_a_rebuilt_state(project: Committed) -> None:
    """The lost file is made again; a note says so, and that its serial begins anew is fine."""
    project.apply()
    project.state_file().unlink()
    project.run("state", "rebuild", "shop")
    project.commit()
    assert project.actions() == {}
    (stack,) = project.review()["stacks"]
    assert "the state was rebuilt from the account: engine state rebuild" in stack["notes"]


def test_drift_that_a_refresh_recorded(project: Committed) -> None:
    """The change was made in the Dashboard; the code is still what was applied."""
    project.forge(lambda state: _with(state, PRICE, attributes={"nickname": "hand"}))
    project.run("apply", "--yes", "--refresh-only")
    project.commit()
    assert project.actions() == {PRICE: "update"}
    (change,) = project.review()["stacks"][0]["changes"]
    assert change["reasons"] == ["drifted"]


def test_two_branches_that_were_both_applied(project: Committed, write: Write) -> None:
    """One after the other, each of its own code; the review of the merge shows the other half."""
    git(project.root, "switch", "--quiet", "--create", "one")
    write("shop", shop(nickname="n"))
    project.apply()
    git(project.root, "switch", "--quiet", "--create", "two")
    write("shop", shop(nickname="n", name="Pro!"))
    project.apply()
    git(project.root, "switch", "--quiet", "main")
    git(project.root, "merge", "--quiet", "--no-ff", "--no-edit", "two")
    assert project.actions("HEAD~1..HEAD") == {PRODUCT: "update", PRICE: "update"}
    assert project.actions("one..HEAD") == {PRODUCT: "update"}


# ── what no run could have done ───────────────────────────────────────────────────────────


def _with(state: State, address: str, **parts: Any) -> State:
    """A state with the next serial and a resource changed; mappings are added to."""
    entry = state.resources[address]
    changed: dict[str, Any] = {
        name: {**getattr(entry, name), **value} if isinstance(value, dict) else value
        for name, value in parts.items()
    }
    return dataclasses.replace(
        state.with_resource(address, dataclasses.replace(entry, **changed)),
        serial=state.serial + 1,
    )


def test_another_amount_of_the_same_price(project: Committed, write: Write, engine: Engine) -> None:
    """Stripe cannot change it, so the id would be another one; file, line and both values."""
    write("shop", shop(amount=1))
    amount = {"unit_amount": 1}
    project.forge(
        lambda state: dataclasses.replace(
            _with(state, PRICE, declared=amount, attributes=amount), applied=""
        )
    )
    assert project.references() == ["review-immutable"]
    ended = engine("review", "HEAD~1..HEAD")
    assert ended.code == 1
    assert ended.err.startswith("Error: 1 problem in what was committed\n\nstate/local/shop.json:")
    assert "unit_amount of stripe_price.monthly was 2000 and is 1" in ended.err
    assert "Not in order: 1 finding." in ended.out


def test_code_that_is_not_what_was_applied(project: Committed, write: Write) -> None:
    """The state says of a complete apply what the code of the commit does not declare."""
    write("shop", shop(nickname="n"))
    assert project.run("apply", "--yes")
    write("shop", shop(nickname="other"))
    project.commit()
    (finding,) = project.review()["findings"]
    assert finding["reference"] == "review-code"
    assert f"{PRICE} was applied with other arguments" in finding["message"]
    assert project.references("HEAD~1..HEAD") == ["review-code"]
    assert project.review("HEAD~1..HEAD", "--no-code")["findings"] == []


def test_a_resource_that_was_taken_out_of_the_file(project: Committed) -> None:
    """The code still declares it, and the state says that all of the code was applied."""

    def without(state: State) -> State:
        kept = {name: entry for name, entry in state.resources.items() if name != COUPON}
        return dataclasses.replace(state, resources=kept, serial=state.serial + 1)

    project.apply()
    project.forge(lambda state: dataclasses.replace(without(state), applied=_applied(project)))
    assert project.references() == ["review-applied"]


def _applied(project: Committed) -> str:
    """The digest of what the code declares, as a run would record it."""
    (graph,) = evaluate(open_project(project.root, environment="local"), ("shop",))
    return declared_digest(graph)


def test_a_price_with_the_id_of_something_else(project: Committed) -> None:
    """An id of another type, or the object of another resource."""
    project.forge(
        lambda state: _with(state, PRICE, id=state.resources[PRODUCT].id.replace("prod_", "prod_X"))
    )
    assert "review-id" in project.references()


def test_an_id_that_was_swapped_and_not_followed(project: Committed, write: Write) -> None:
    """What refers to the price, a payment link, still has the old one."""
    link = 'PaymentLink("buy", line_items=[{"price": monthly.id, "quantity": 1}])'
    write("shop", shop(more=link))
    project.apply()
    applied = _applied(project)
    project.forge(
        lambda state: dataclasses.replace(
            _with(state, PRICE, id="price_1Swapped00000000"), applied=applied
        )
    )
    assert project.references() == ["review-reference"]


def test_a_serial_that_does_not_go_up(project: Committed, write: Write) -> None:
    """A state was edited, or an older one brought back."""
    project.forge(
        lambda state: dataclasses.replace(
            _with(state, PRICE, attributes={"nickname": "x"}), serial=state.serial
        )
    )
    assert project.references() == ["review-serial"]
    git(project.root, "checkout", "--quiet", "HEAD~1", "--", "state")
    write("shop", shop())
    project.commit()
    assert project.references() == ["review-serial"]


def test_another_lineage_account_or_mode(project: Committed) -> None:
    """A state of something else in its place."""
    project.forge(lambda state: dataclasses.replace(state, lineage="f" * 32, serial=9))
    assert project.references() == ["review-lineage"]
    project.forge(
        lambda state: dataclasses.replace(state, account_id="acct_Other000000", serial=10)
    )
    assert project.references() == ["review-account"]
    project.forge(lambda state: dataclasses.replace(state, livemode=True, serial=11))
    assert project.references() == ["review-account"]


def test_what_is_wrong_with_the_file_itself(project: Committed) -> None:
    """All that `engine state verify` finds: a digest, a secret in clear, an unresolved merge."""
    file = project.state_file()
    good = file.read_text(encoding="utf-8")
    file.write_text(good.replace('"m"', '"mm"'), encoding="utf-8")
    project.commit()
    assert "state-digest" in project.references()
    file.write_text(good.replace('"m"', '"whsec_' + "a" * 32 + '"'), encoding="utf-8")
    project.commit()
    assert "state-secret" in project.references()
    file.write_text(f"<<<<<<< ours\n{good}=======\n>>>>>>> theirs\n", encoding="utf-8")
    project.commit()
    assert project.references() == ["state-untrusted"]
    file.write_text(good, encoding="utf-8")
    project.commit()
    (stack,) = project.review()["stacks"]
    assert "the earlier state cannot be read" in stack["notes"][0]
    assert (stack["compared"], stack["changes"]) == (False, [])


def test_files_of_an_unfinished_run(project: Committed, root: Path) -> None:
    """They are of the machine that the run is on."""
    (root / "state" / "local" / "shop.journal").write_text("{}\n")
    git(root, "add", "--force", "state/local/shop.journal")
    project.commit()
    (finding,) = project.review()["findings"]
    assert (finding["file"], finding["reference"]) == (
        "state/local/shop.journal",
        "review-unfinished",
    )


def test_a_state_that_is_gone_although_its_module_is_there(
    project: Committed, root: Path, engine: Engine
) -> None:
    """The next apply would make everything again; without its module the stack was forgotten."""
    project.state_file().unlink()
    project.commit()
    (finding,) = project.review()["findings"]
    assert (finding["file"], finding["reference"]) == ("state/local/shop.json", "review-lost")
    assert (
        "it is gone with 3 resources, and stacks/shop.py still declares them"
        in (finding["message"])
    )
    assert project.references("HEAD~1") == ["review-lost"]
    (root / "stacks" / "shop.py").unlink()
    assert engine("review", "HEAD~1").code == 0


def test_an_environment_that_is_renamed_in_git_alone(
    project: Committed, root: Path, engine: Engine
) -> None:
    """A state says which environment it is of: in another folder it is not what was written."""
    (root / "state" / "local").rename(root / "state" / "prod")
    project.commit()
    ended = engine("review", "HEAD~1..HEAD")
    assert ended.code == 1
    assert "state/prod/shop.json" in ended.err
    assert "bug" not in ended.err


def test_one_object_in_two_states(project: Committed, write: Write) -> None:
    """A copy of a state file, with its own place."""
    write("copy", "")
    project.state_file("copy").write_bytes(project.state_file().read_bytes())
    project.forge(
        lambda state: dataclasses.replace(state, stack="copy", lineage="e" * 32, applied=""), "copy"
    )
    assert "state-twice" in project.references("HEAD~1..HEAD")


def test_one_environment_alone(project: Committed, root: Path, engine: Engine) -> None:
    """The others may be anything."""
    (root / "state" / "live").mkdir()
    (root / "state" / "live" / "shop.json").write_text("{}")
    (root / "pyproject.toml").write_text('[tool.engine.environments.live]\napi-key = "env:K"\n')
    project.commit()
    assert engine("review", "HEAD~2..HEAD", "-e", "local").code == 0
    assert engine("review", "HEAD~2..HEAD", "-e", "live").code == 1
    ended = engine("review", "HEAD~2..HEAD")
    assert ended.code == 1
    assert "local/shop, acct_" in ended.out


HOSTILE = "a\x1b[31m\u202eb<script>@user#1 | `x`\nnext"


def test_names_that_are_hostile_are_harmless(
    project: Committed, write: Write, engine: Engine
) -> None:
    """On a terminal, in a comment and in a page: names of objects, and of branches and files."""
    write("shop", shop(nickname="n").replace('"Pro"', json.dumps(HOSTILE)))
    assert engine("apply", "--yes").code == 0
    journal = project.root / "state" / "local" / "x\x1b[31m<script>.journal"
    journal.write_text("")
    git(project.root, "add", "--force", str(journal))
    project.commit()
    git(project.root, "branch", "x<script>@user")
    for name in ("text", "markdown", "html", "json"):
        ended = engine("review", "HEAD~1..x<script>@user", "--format", name)
        assert ended.code == 1
        both = ended.out + ended.err
        assert "\x1b" not in both
        assert "\u202e" not in both
    page = engine("review", "HEAD~1..x<script>@user", "--format", "html").out
    body = page.partition("<main")[2].partition("</main>")[0]
    assert "<script>" not in body
    comment = engine("review", "HEAD~1..x<script>@user", "--format", "markdown").out
    outside = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", comment, flags=re.DOTALL)
    assert "@user" not in outside
    assert "<script>" not in outside


# ── the code of the later commit ──────────────────────────────────────────────────────────


def test_the_code_is_that_of_the_commit_and_not_of_the_working_tree(
    project: Committed, write: Write, root: Path
) -> None:
    """A temporary copy is evaluated; the folder, its index and its branches stay as they are."""
    write("shop", shop(nickname="n"))
    project.apply()
    write("shop", "this is no Python")
    before = git(root, "status", "--porcelain"), git(root, "worktree", "list")
    assert project.actions() == {PRICE: "update"}
    assert (git(root, "status", "--porcelain"), git(root, "worktree", "list")) == before


def test_the_code_is_compared_by_the_engine_that_applied_it(
    project: Committed, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another one may sum up the same code otherwise."""
    write("shop", shop(nickname="n"))
    assert project.run("apply", "--yes")
    write("shop", shop(nickname="other"))
    project.commit()
    monkeypatch.setattr("engine.bootstrap.project.VERSION", "99.0")
    document = project.review()
    assert document["findings"] == []
    assert f"engine {VERSION} wrote it, and this is engine 99.0" in document["unchecked"][0]


def test_code_that_cannot_be_evaluated_is_no_finding(project: Committed, write: Write) -> None:
    """It says what is missing: a variable without a value, an environment that is not there."""
    text = shop(nickname="n").replace("import Lifecycle, output", "import variable, output")
    write("shop", text.replace('"n"', 'variable("nick", "v")'))
    project.run("apply", "--yes", "--var", "nick=w")
    project.commit()
    document = project.review()
    assert document["findings"] == []
    (unchecked,) = document["unchecked"]
    assert unchecked.startswith("whether the code declares what local/shop records: ")
    assert "other values of its variables: nick" in unchecked
    assert project.review("HEAD~1..HEAD", "--var", "nick=w")["unchecked"] == []
    write("shop", "1 / 0")
    assert project.review("HEAD")["stacks"] == []


def test_many_equal_changes_are_a_line_each(
    project: Committed, write: Write, engine: Engine
) -> None:
    """As in a plan; -v has every leaf."""
    many = "[Coupon(f'c{n}', percent_off=10, duration='once') for n in range(30)]"
    write("shop", shop(more=many))
    project.apply()
    more = many.replace("duration", "name='new', duration")
    write("shop", shop(more=more))
    project.apply()
    ended = engine("review", "HEAD~1..HEAD")
    assert "  # 30 coupons were updated in place\n" in ended.out
    assert ended.out.count("\n") < 45
    assert engine("review", "HEAD~1..HEAD", "-v").out.count('+ name: "new"') == 30
