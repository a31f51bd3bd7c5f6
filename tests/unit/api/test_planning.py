"""`engine.api`: plans, applies, states and drift as values, on the embedded emulator."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.api import (
    SECRET,
    UNKNOWN,
    Action,
    ApplyFailedError,
    EngineError,
    Event,
    EventKind,
    Project,
    Reason,
    apply,
    destroy,
    drift,
    load_plan,
    outputs,
    plan,
    reveal,
    states,
    validate,
)
from engine.emulator.core import Emulator
from engine.emulator.doors.server import EmulatorServer
from engine.errors import (
    GuardError,
    LockHeldError,
    PlanFileError,
    SettingsError,
    StackError,
    UsageError,
)
from engine.values.secret import Sensitive
from tests.support.pages import blocks

KEY = "sk_test_51Nofoofoofoofoofoo"
SHOP = """
from engine import output, variable
from engine.stripe import Price, Product, WebhookEndpoint

pro = Product("pro", name=variable("name", "Pro"))
monthly = Price(
    "pro-monthly", product=pro, currency="usd", unit_amount=2900, recurring={"interval": "month"}
)
hook = WebhookEndpoint(
    "events", url="https://example.com/hook", enabled_events=["product.created"]
)
output("pro_id", pro.id)
output("hook_secret", hook.secret, sensitive=True)
"""
PRICE = "stripe_price.pro-monthly"


def write(folder: Path, text: str = SHOP, name: str = "shop") -> Path:
    """Write a stack module of a project, and return the project's folder."""
    file = folder / "stacks" / f"{name}.py"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project on its embedded account."""
    for name in ("STRIPE_API_KEY", "STRIPE_API_BASE", "ENGINE_ENVIRONMENT"):
        monkeypatch.delenv(name, raising=False)
    return Project(write(tmp_path / "shop"))


def test_a_plan_is_a_value(project: Project) -> None:
    """What happens to each resource, why, and to which fields, by address."""
    first = plan(project)
    assert list(first.changes) == [PRICE, "stripe_product.pro", "stripe_webhook_endpoint.events"]
    new = first.changes[PRICE]
    assert (new.action, new.reasons, new.id) == ("create", (Reason.DECLARED,), "")
    assert (new.after["product"], new.after["unit_amount"]) == (UNKNOWN, 2900)
    assert new.location == "stacks/shop.py:6"
    assert first.outputs["pro_id"].after is UNKNOWN
    assert first.outputs["hook_secret"].after is SECRET
    assert first.summary["create"] == 3
    assert (first.environment, first.stacks, first.refusals) == ("local", ("shop",), ())
    apply(first)

    write(project.folder, SHOP.replace("2900", "3400"))
    second = plan(project)
    change = second.changes[PRICE]
    assert (change.action, change.removal, change.create_first) == ("replace", "archive", True)
    field = change.paths["unit_amount"]
    assert (field.before, field.after, field.forces_replacement) == (2900, 3400, True)
    assert second.resources["stripe_product.pro"].action is Action.NO_OP
    assert second.resources[f"shop:{PRICE}"] == change
    assert "stripe_product.pro" not in second.changes


def test_what_has_no_change_says_why(project: Project) -> None:
    """An error of the engine, and a `KeyError` as mappings raise."""
    apply(plan(project))
    changes = plan(project).changes
    with pytest.raises(KeyError, match=r"^stripe_product.pro does not change"):
        changes["stripe_product.pro"]
    with pytest.raises(UsageError, match=r"is not in the plan\nHint: did you mean stripe_product"):
        changes["stripe_product.prro"]
    assert changes.get("stripe_product.pro") is None


def test_an_address_of_two_stacks_needs_the_name_of_one(project: Project) -> None:
    """The key then has the stack before the address, as on the command line."""
    write(project.folder, SHOP, "store")
    planned = plan(project)
    assert f"store:{PRICE}" in list(planned.changes)
    assert len(planned.changes) == 6
    with pytest.raises(UsageError, match=f"several stacks have {PRICE}"):
        planned.changes[PRICE]
    assert planned.changes[f"store:{PRICE}"].stack == "store"


def test_its_texts_are_those_of_the_command_line(project: Project) -> None:
    """Without colours, whatever the variables of the process say."""
    planned = plan(project)
    text = planned.text()
    assert text.startswith("Environment local (embedded emulator), account acct_")
    assert text.endswith("Plan: 3 to create, 0 to update, 0 to replace, 0 to remove.")
    assert "\x1b" not in text
    assert "### " in planned.markdown()
    assert planned.html().lower().startswith("<!doctype html>")
    document = planned.document()
    assert [one["action"] for one in document["stacks"][0]["changes"]] == ["create"] * 3


def test_apply_records_and_returns_what_was_done(project: Project) -> None:
    """Every operation, and the states; no secret but from `reveal`."""
    applied = apply(plan(project))
    assert applied.complete
    assert {one.step for one in applied.outcomes} == {
        f"create {PRICE}",
        "create stripe_product.pro",
        "create stripe_webhook_endpoint.events",
    }
    state = applied.states["shop"]
    assert state.serial == 2
    assert state.resources["stripe_product.pro"].id == outputs(project)["pro_id"]
    assert state.outputs["hook_secret"] is SECRET
    assert states(project)["shop"].lineage == state.lineage
    secret = reveal(project, "hook_secret")
    assert secret.startswith("whsec_")
    assert reveal(project, "stripe_webhook_endpoint.events", stack="shop") == secret
    assert secret not in applied.text() + repr(applied) + repr(
        state.resources["stripe_product.pro"]
    )
    assert not plan(project).has_changes


def test_a_plan_is_applied_once(project: Project) -> None:
    """As a saved plan is: what it was made from has changed."""
    planned = plan(project)
    apply(planned)
    with pytest.raises(GuardError, match="was applied already"):
        apply(planned)


def test_a_plan_is_what_is_applied_whatever_the_files_say_since(project: Project) -> None:
    """The modules are read for a plan, and not again for its apply."""
    planned = plan(project)
    write(project.folder, "raise RuntimeError('gone')")
    assert apply(planned).complete


def test_a_plan_of_an_account_that_moved_is_refused(project: Project) -> None:
    """Another apply between the two is noticed before anything is sent."""
    stale = plan(project)
    apply(plan(project))
    write(project.folder, SHOP.replace("2900", "3400"))
    with pytest.raises(GuardError, match="serial"):
        apply(stale)
    assert plan(project).changes[PRICE].paths["unit_amount"].before == 2900


def test_a_plan_is_saved_and_read_again(project: Project, tmp_path: Path) -> None:
    """As `engine plan -o` saves it."""
    planned = plan(project)
    file = tmp_path / "shop.plan"
    planned.save(file)
    loaded = load_plan(project, str(file))
    assert loaded.text() == planned.text()
    assert loaded.changes[PRICE] == planned.changes[PRICE]
    assert apply(loaded).complete
    other = tmp_path / "notes.txt"
    other.write_text("mine")
    with pytest.raises(PlanFileError, match="is not overwritten"):
        planned.save(other)
    with pytest.raises(PlanFileError, match="is not a plan file"):
        load_plan(project, other)


def test_a_refused_plan_is_a_value_that_is_neither_applied_nor_saved(
    project: Project, tmp_path: Path
) -> None:
    """Each refusal is a sentence with the name of its rule."""
    protected = SHOP.replace("output, variable", "Lifecycle, output, variable").replace(
        'name=variable("name", "Pro")', 'name="Pro", lifecycle=Lifecycle(protect=True)'
    )
    write(project.folder, protected)
    apply(plan(project))
    removal = plan(project, destroy=True)
    assert [one.reference for one in removal.refusals] == ["protected"]
    assert "This plan is refused" in removal.text()
    with pytest.raises(GuardError, match="nothing was changed"):
        apply(removal)
    with pytest.raises(GuardError, match="it is not saved"):
        removal.save(tmp_path / "x.plan")
    assert not (tmp_path / "x.plan").exists()
    with pytest.raises(GuardError):
        destroy(project)


def test_options_are_those_of_the_command_line(project: Project) -> None:
    """Some resources, and by name some stacks."""
    assert list(plan(project, "shop", targets=["stripe_product.pro"]).changes) == [
        "stripe_product.pro"
    ]
    apply(plan(project, ["shop"]))
    again = plan(project, replace=[PRICE])
    assert again.changes[PRICE].reasons == (Reason.REQUESTED,)
    with pytest.raises(UsageError, match="did you mean"):
        plan(project, ["shp"])
    with pytest.raises(UsageError, match="is not an address"):
        plan(project, targets=["pro"])


def test_drift_is_a_value_too(project: Project) -> None:
    """What the code declares, what was applied, what Stripe has."""
    apply(plan(project))
    assert not drift(project).drifted
    named = Project(project.folder, variables={"name": "Pro 2"})
    apply(plan(named))
    saved = (project.folder / "state/local/shop.json").read_text()
    apply(plan(project))
    (project.folder / "state/local/shop.json").write_text(saved)
    found = drift(named)
    entry = found.drifted["stripe_product.pro"]
    field = entry.paths["name"]
    assert entry.kind == "changed"
    assert (field.declared, field.prior, field.actual) == ("Pro 2", "Pro 2", "Pro")
    assert "stripe_product.pro" in found.text()


def test_validate_returns_every_problem(project: Project) -> None:
    """With file and line; a plan of such stacks raises them all."""
    assert validate(project) == ()
    write(project.folder, SHOP.replace("unit_amount", "unit_amont"))
    (problem,) = validate(project, "shop")
    assert (problem.file, problem.reference) == ("stacks/shop.py", "unknown-parameter")
    with pytest.raises(StackError, match="unit_amont"):
        plan(project)


def test_an_exception_of_a_module_is_a_problem_with_its_line(project: Project) -> None:
    """Authors' code may raise anything, and even end the process."""
    for line in ("1 / 0", "import sys; sys.exit(3)", "raise BaseException('x')"):
        write(project.folder, f"{SHOP}\n{line}\n")
        with pytest.raises(StackError) as caught:
            plan(project)
        assert caught.value.problems[0].line == SHOP.count("\n") + 2
    write(project.folder)
    assert plan(project).has_changes


def test_no_secret_is_in_what_a_program_gets(project: Project) -> None:
    """Not where an author put it by mistake either: programs log what they get."""
    hushed = "hush-hush-1234567890"
    start = "from engine import Sensitive, output, variable\nfrom engine.stripe import Product\n"
    leak = f"{start}key = variable('key', Sensitive(''))\n"
    product = "Product('pro', name='Pro', description=f'our {key.value}')\n"
    given = Project(project.folder, environ={}, variables={"key": hushed})
    write(project.folder, f"{leak}{product}output('o', f'{{key.value}}!')\n")
    planned = plan(given)
    applied = apply(planned)
    texts = [repr(planned.changes["stripe_product.pro"]), repr(planned.outputs["o"])]
    texts += [repr(list(applied.states["shop"].resources.values())), repr(outputs(given))]
    write(project.folder, f"{leak}raise ValueError(key.value)\n")
    with pytest.raises(StackError) as caught:
        plan(given)
    texts += [str(caught.value), repr(caught.value.problems), repr(validate(given))]
    assert [text for text in texts if hushed in text] == []
    assert "(sensitive)" in texts[0]


# ── what it is given ──────────────────────────────────────────────────────────────────────


def test_a_key_by_argument_is_used_and_shown_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is in the place of what the configuration names, and in no text."""
    folder = write(tmp_path)
    (folder / "pyproject.toml").write_text(
        '[tool.engine.environments.test]\napi-key = "env:NOWHERE"\naccount = "acct_1"\n'
        'api-base = "http://127.0.0.1:9"\n'
    )
    monkeypatch.setenv("ENGINE_RETRIES", "0")
    given = Project(folder, environment="test", api_key=KEY)
    assert KEY not in repr(given) + str(vars(given))
    with pytest.raises(EngineError) as caught:
        plan(given)
    assert caught.value.reference == "stripe-connection"
    assert KEY not in str(caught.value)
    with pytest.raises(SettingsError, match="NOWHERE is not set"):
        plan(Project(folder, environment="test"))
    with pytest.raises(SettingsError, match=r"the key in api_key is a publishable key"):
        plan(Project(folder, environment="test", api_key=Sensitive("pk_test_1")))
    with pytest.raises(SettingsError, match="takes no API key"):
        plan(Project(folder, environment="local", api_key=KEY))
    with (folder / "pyproject.toml").open("a") as file:
        file.write('[tool.engine.fleets.shops]\nenvironment = "test"\naccounts = "connected"\n')
    with pytest.raises(SettingsError, match="is an account of a fleet"):
        plan(Project(folder, environment="shops/acct_1AbC", api_key=KEY))


def test_variables_of_the_process_can_be_left_out(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`environ` is read in the place of the process's own."""
    monkeypatch.setenv("STRIPE_API_KEY", "sk_test_of_the_process")
    monkeypatch.setenv("ENGINE_VAR_NAME", "Ambient")
    ambient = Project(project.folder, environment="local")
    assert plan(ambient).changes["stripe_product.pro"].after["name"] == "Ambient"
    alone = Project(project.folder, environ={})
    planned = plan(alone)
    assert planned.environment == "local"
    assert planned.changes["stripe_product.pro"].after["name"] == "Pro"
    with pytest.raises(UsageError, match=r"variables\['nam'\]: no stack reads a variable 'nam'"):
        plan(Project(project.folder, environ={}, variables={"nam": "x"}))


def test_a_relative_folder_is_the_one_of_the_moment(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A later change of the working directory leads to no other project."""
    monkeypatch.chdir(project.folder.parent)
    relative = Project("shop", environ={})
    monkeypatch.chdir("/")
    assert relative.folder == project.folder
    assert plan(relative).has_changes
    monkeypatch.chdir(project.folder / "stacks")
    assert Project.around().folder.resolve() == project.folder.resolve()
    monkeypatch.chdir("/")
    with pytest.raises(UsageError, match="no project around"):
        Project.around()
    with pytest.raises(UsageError, match="is not a folder"):
        plan(Project(project.folder / "none"))


# ── one process, many calls ───────────────────────────────────────────────────────────────


def test_changed_neighbours_are_seen_at_the_next_call(project: Project) -> None:
    """Also in the same second, and if the program itself has imported one of that name."""
    stack = "from _names import NAME\nfrom engine.stripe import Product\nProduct('a', name=NAME)\n"
    write(project.folder, stack)
    names = project.folder / "stacks" / "_names.py"
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(project.folder / "stacks"))
        for number in range(3):
            names.write_text(f"NAME = 'v{number}'\n")
            planned = plan(project)
            assert planned.changes["stripe_product.a"].after["name"] == f"v{number}"
            assert ("_names" in sys.modules) is bool(number)
            if not number:
                names.write_text("NAME = 'of the program'\n")
                patch.setattr(sys, "dont_write_bytecode", True)
                mine = __import__("_names")
        assert sys.modules["_names"] is mine
        assert mine.NAME == "of the program"
        del sys.modules["_names"]


def test_two_projects_have_nothing_in_common(tmp_path: Path) -> None:
    """Each has its own neighbours, states and account, also at the same time."""
    stack = "from _names import NAME\nfrom engine.stripe import Product\nProduct('a', name=NAME)\n"
    projects = []
    for name in "abcd":
        folder = write(write(tmp_path / name, stack), f"NAME = {name!r}\n", "_names")
        projects.append(Project(folder, environ={}))
    with ThreadPoolExecutor(4) as threads:
        applied = list(threads.map(lambda one: apply(plan(one)), projects))
    names = [one.states["shop"].resources["stripe_product.a"].attributes["name"] for one in applied]
    assert names == ["a", "b", "c", "d"]


def test_two_calls_at_once_for_one_stack_are_two_runs(project: Project) -> None:
    """The second finds the lock, in a thread as in another process."""
    reached, go_on = threading.Event(), threading.Event()

    def wait(event: Event) -> None:
        if event.kind is EventKind.STEP_STARTED:
            reached.set()
            go_on.wait(60)

    planned = plan(project)
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(apply, planned, on_event=wait)
        assert reached.wait(60)
        try:
            with pytest.raises(LockHeldError):
                plan(project)
        finally:
            go_on.set()
        assert running.result(60).complete


def test_nothing_is_left_open_and_nothing_else_changed(project: Project) -> None:
    """The working directory, variables, path and modules of the process are as before."""

    def of_the_process() -> tuple[object, ...]:
        neighbours = [name for name in sys.modules if "stack_modules" in name]
        return Path.cwd(), dict(os.environ), list(sys.path), neighbours, threading.active_count()

    plan(project)
    before = of_the_process()
    apply(plan(project))
    with contextlib.suppress(StackError):
        write(project.folder, "1 / 0")
        plan(project)
    assert of_the_process() == before


# ── while it works ────────────────────────────────────────────────────────────────────────


def test_events_say_what_happens(project: Project) -> None:
    """In order, with the resource and what became of it."""
    seen: list[Event] = []
    apply(plan(project, on_event=seen.append), on_event=seen.append)
    kinds = [one.kind for one in seen]
    assert kinds[:2] == [EventKind.READING, EventKind.READ]
    assert kinds[-1] is EventKind.APPLIED
    ended = [one for one in seen if one.kind is EventKind.STEP_FINISHED]
    assert {one.address for one in ended} >= {PRICE}
    assert {(one.stack, one.outcome) for one in ended} == {("shop", "applied")}


def test_a_callable_that_fails_ends_no_run(
    project: Project, caplog: pytest.LogCaptureFixture
) -> None:
    """Its error is logged, and it is not called again."""
    called: list[Event] = []

    def fail(event: Event) -> None:
        called.append(event)
        raise RuntimeError("mine")

    with caplog.at_level(logging.ERROR, "engine.api"):
        assert apply(plan(project), on_event=fail).complete
    assert len(called) == 1
    assert "is not called again" in caplog.text


def test_an_interrupt_finishes_what_is_in_flight(project: Project) -> None:
    """Then it is the `KeyboardInterrupt` that a program expects, and the next plan goes on."""

    def interrupt(event: Event) -> None:
        if event.kind is EventKind.STEP_FINISHED:
            signal.raise_signal(signal.SIGINT)

    once = Project(project.folder, environ={}, parallelism=1)
    with pytest.raises(KeyboardInterrupt):
        apply(plan(once), on_event=interrupt)
    left = plan(project)
    assert 0 < len(left.changes) < 3
    assert apply(left).complete


def test_a_failed_operation_is_raised_with_what_was_done(project: Project) -> None:
    """What does not depend on it was done, and is recorded."""
    write(
        project.folder,
        SHOP + "from engine.stripe import Coupon, PromotionCode\n"
        "PromotionCode('x', promotion={'type': 'coupon', 'coupon': 'missing'}, code='X')\n",
    )
    with pytest.raises(ApplyFailedError, match="was not completed") as caught:
        apply(plan(project))
    applied = caught.value.applied
    assert not applied.complete
    failed = [one for one in applied.outcomes if one.outcome == "failed"]
    assert [one.address for one in failed] == ["stripe_promotion_code.x"]
    assert failed[0].error is not None
    assert "stripe_product.pro" in states(project)["shop"].resources


def test_a_live_account_loses_nothing_that_is_not_named(tmp_path: Path) -> None:
    """A removal has to be named, as on the command line."""
    folder = write(tmp_path / "live")
    (folder / "pyproject.toml").write_text(
        '[tool.engine.environments.live]\napi-key = "env:KEY"\nlive = true\n'
    )
    with Emulator() as emulator, EmulatorServer(emulator) as server:
        environ = {"KEY": "sk_live_1234567890abcdef", "STRIPE_API_BASE": server.url}
        live = Project(folder, environment="live", environ=environ)
        apply(plan(live))
        removal = plan(live, destroy=True)
        with pytest.raises(GuardError, match=r'confirm_removals=\["stripe_price.pro-monthly", '):
            apply(removal)
        assert apply(removal, confirm_removals=list(removal.changes)).complete


# ── its page ──────────────────────────────────────────────────────────────────────────────


def test_the_examples_of_the_page_run(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In order, in the folder above the project."""
    project.folder.rename(project.folder.parent / "billing")
    monkeypatch.chdir(project.folder.parent)
    for block in blocks("docs/reference/python-api.md"):
        if block.language == "python":
            exec(compile(block.text, block.page, "exec"), {})  # noqa: S102 - our own page
    assert "create stripe_price.pro-monthly" in capsys.readouterr().out
