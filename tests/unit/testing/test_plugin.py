"""The pytest plugin, in projects of users: pytest runs in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from importlib.metadata import distributions
from pathlib import Path

import pytest

NAME = "engine.testing.plugin"
STRICT = """
    [tool.pytest.ini_options]
    addopts = ["--strict-markers", "--strict-config"]
    filterwarnings = ["error"]
    """
STACK = """
    from engine.stripe import Product
    Product("pro", name="Pro")
    """


def write(folder: Path, **files: str) -> Path:
    """Write files, named by their paths with `__` for the separator."""
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_toml", ".toml")
        path = path if path.suffix else path.with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    return folder


def run(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run pytest there, with the plugin named in addition to its entry point."""
    environ = {**os.environ, "PY_COLORS": "0", **variables}
    environ.pop("PYTEST_ADDOPTS", None)
    return subprocess.run(  # noqa: S603 - this very interpreter
        [sys.executable, "-m", "pytest", "-p", NAME, "-p", "no:cacheprovider", "-q", *words],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_is_found_by_pytest() -> None:
    """Under the name of its module, so that naming it once more does not load it twice."""
    installed = [one.entry_points for one in distributions(name="stripe-stack-engine")]
    found = {
        one.value for points in installed for one in points.select(group="pytest11", name=NAME)
    }
    assert found == {NAME}


def test_it_needs_no_pytest(tmp_path: Path) -> None:
    """But for the fixtures."""
    script = """
        import sys
        sys.modules["pytest"] = None
        from engine.testing import *
        """
    ended = subprocess.run(  # noqa: S603 - this very interpreter
        [sys.executable, "-W", "error", "-c", textwrap.dedent(script)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")


GIVEN_BACK = """
    import os

    def pytest_runtest_logfinish():
        assert os.environ["LIVE"].startswith("sk_live_")
    """
USED = """
    import os
    import urllib.request

    import pytest
    import stripe
    from engine.testing import assert_creates, assert_no_changes, snapshot_of

    stripe.api_key = os.environ["LIVE"]  # as an application does when it is imported

    def test_the_projects_own_stacks(engine_plan):
        assert engine_plan.changes["stripe_product.pro"].action == "create"
        assert_creates(engine_plan, "stripe_product.pro")

    @pytest.mark.parametrize("time", range(3))
    def test_each_test_has_an_account_of_its_own(engine_project, engine_client, time):
        assert engine_client.v1.products.list().data == []
        engine_project.apply()
        assert_no_changes(engine_project.plan())
        assert len(engine_client.v1.products.list().data) == 1

    def test_served(engine_project, engine_server):
        engine_project.apply()
        with pytest.raises(urllib.request.HTTPError, match="401") as caught:
            urllib.request.urlopen(f"{engine_server.url}/v1/products")
        caught.value.close()

    def test_the_sdk_without_a_client(engine_project, engine_stripe):
        engine_project.apply()
        assert [one.name for one in stripe.Product.list()] == ["Pro"]

    @pytest.mark.engine_project(folder="", environment="test", variables={"name": "A"})
    def test_an_empty_project(engine_project):
        assert engine_project.write("a", "").parent == engine_project.folder / "stacks"
        engine_project.write("a", \"\"\"
            import engine
            from engine import variable
            from engine.stripe import Product
            Product("b", name=variable("name", "") + engine.environment)
            \"\"\")
        assert engine_project.plan().changes["stripe_product.b"].after["name"] == "Alocal"

    @pytest.mark.engine_project("other")
    def test_another_project(engine_project, engine_webhooks):
        assert list(engine_project.plan().changes) == ["stripe_product.other"]
        assert list(engine_webhooks) == []

    def test_no_key(engine_emulator):
        assert stripe.api_key is None
        assert "STRIPE_API_KEY" not in os.environ
        assert "LIVE" not in os.environ

    def test_a_key_of_its_own(monkeypatch, engine_emulator):
        monkeypatch.setenv("LIVE", "sk_test_of_the_test")

    @pytest.fixture
    def of_the_emulator(monkeypatch):
        monkeypatch.setattr(stripe, "api_key", "sk_test_x")

    def test_a_key_of_the_emulator(of_the_emulator, engine_emulator):
        assert stripe.api_key == "sk_test_x"

    @pytest.mark.engine_keep_keys
    def test_a_key(engine_emulator):
        assert stripe.api_key.startswith("sk_live_")
        assert os.environ["LIVE"].startswith("sk_live_")

    def test_a_snapshot(engine_plan):
        assert "account acct_1, test mode" in snapshot_of(engine_plan)
    """


FAILING = """
    import pytest
    from engine.testing import assert_no_changes

    pytestmark = pytest.mark.engine_project("billing")

    def test_empty(engine_plan):
        assert_no_changes(engine_plan)

    def test_application(engine_project, engine_webhooks):
        engine_project.apply()
        engine_webhooks.deliver_to(lambda delivery: 1 // 0)
        engine_project.edit("shop", '"Pro"', '"Plus"')
        assert engine_project.apply().complete
    """


def test_the_fixtures_work_in_a_strict_project(tmp_path: Path) -> None:
    """Warnings are errors there, several workers run, and nothing that is opened stays open.

    A failure shows the plan and not the assertion's code, and an error of the application is that
    of the test.
    """
    write(
        tmp_path,
        pyproject_toml=STRICT + '[tool.engine.environments.test]\n    api-key = "env:LIVE"\n',
        stacks__shop=STACK,
        other__stacks__shop=STACK.replace('"pro"', '"other"'),
        billing__stacks__shop=STACK
        + """
    from engine.stripe import WebhookEndpoint
    WebhookEndpoint("w", url="https://example.com/", enabled_events=["*"])
    """,
        tests__test_used=USED.replace('== "Alocal"', '== "Atest"'),
        tests__conftest=GIVEN_BACK,
        tests__test_failing=FAILING,
    )
    ended = run(
        tmp_path, "-n", "2", LIVE="sk_live_1234567890abcdefgh", STRIPE_API_KEY="sk_live_12345"
    )
    assert ended.returncode == 1, ended.stdout + ended.stderr
    # The application's error comes after its test, which passes.
    assert "1 failed, 14 passed, 1 error in" in ended.stdout, ended.stdout
    assert "FAILED tests/test_failing.py::test_empty" in ended.stdout
    assert "E       AssertionError: the plan is not empty" in ended.stdout
    assert "Plan: 2 to create, 0 to update, 0 to replace, 0 to remove." in ended.stdout
    assert "assertions.py" not in ended.stdout
    assert "ERROR tests/test_failing.py::test_application - ZeroDivisionError" in ended.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "billing",
        "other",
        "pyproject.toml",
        "stacks",
        "tests",
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="it sends a signal")
def test_an_interrupt_ends_server_and_run(tmp_path: Path) -> None:
    """In the middle of an apply, what is in flight is finished; then pytest ends as always.

    Before, nothing of the engine is loaded: a project with other tests pays for none of it.
    """
    write(
        tmp_path,
        pyproject_toml=STRICT + '    engine_project = "billing"\n',
        billing__stacks__shop=STACK,
        test_interrupted="""
        import os
        import signal
        import sys

        def test_loaded():
            found = {name for name in sys.modules if name.partition(".")[0] in ("engine", "stripe")}
            assert found == {"engine", "engine.testing", "engine.testing.plugin"}

        def interrupt(request):
            os.kill(os.getpid(), signal.SIGINT)

        def test_interrupted(engine_project, engine_server, engine_emulator):
            from engine.testing import faults

            engine_emulator.faults.add(faults.before(interrupt), method="POST")
            engine_project.apply()

        def test_after():
            raise AssertionError("pytest has not ended")
        """,
    )
    ended = run(tmp_path)
    assert ended.returncode == 2, ended.stdout + ended.stderr
    assert "KeyboardInterrupt" in ended.stdout
    assert "1 passed in" in ended.stdout
    assert "pytest has not ended" not in ended.stdout


def test_snapshots_are_those_of_syrupy_and_inline_snapshot(tmp_path: Path) -> None:
    """A plan is compared as the text that it is."""
    for package in ("syrupy", "inline_snapshot"):
        pytest.importorskip(package, reason=f"{package} is in the extra snapshots")
    text = """
        Environment local (embedded emulator), account acct_1, test mode

        What the symbols mean:
            + create

          # stripe_product.pro will be created
          + stripe_product.pro  stacks/shop.py:3
              + name: "Pro"

        Plan: 1 to create, 0 to update, 0 to replace, 0 to remove.
        """
    write(
        tmp_path,
        pyproject_toml=STRICT,
        stacks__shop=STACK,
        test_plan=f"""
        from textwrap import dedent
        from inline_snapshot import snapshot as inline
        from engine.testing import snapshot_of

        def test_syrupy(engine_plan, snapshot):
            assert snapshot_of(engine_plan) == snapshot

        def test_inline(engine_plan):
            assert snapshot_of(engine_plan) == inline({textwrap.dedent(text).strip()!r})
        """,
    )
    first = run(tmp_path, "--snapshot-update")
    assert first.returncode == 0, first.stdout + first.stderr
    kept = (tmp_path / "__snapshots__" / "test_plan.ambr").read_text(encoding="utf-8")
    assert textwrap.indent(textwrap.dedent(text).strip(), "  ") in kept.replace("  \n", "\n")
    again = run(tmp_path)
    assert "2 passed" in again.stdout
    assert again.returncode == 0, again.stdout + again.stderr
