"""Settings: what wins over what, and what cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import SettingsError
from engine.redaction import redact
from engine.settings.load import load_settings
from engine.settings.model import EMBEDDED, UNNAMED, Environment, Settings
from engine.values.secret import Sensitive
from engine.variables import variables_of

TABLE = """
[tool.engine]
default-environment = "test"
[tool.engine.environments.test]
api-key = "env:SHOP_TEST_KEY"
api-base = "http://127.0.0.1:9/"
account = "acct_test"
[tool.engine.environments.live]
api-key = "env:SHOP_LIVE_KEY"
[tool.engine.environments.bare]
[tool.engine.environments.spare]
emulator = true
"""


def _load(
    root: Path,
    table: str | None = None,
    environ: dict[str, str] | None = None,
    *,
    environment: str | None = None,
    parallelism: int | None = None,
) -> Settings:
    if table is not None:
        (root / "pyproject.toml").write_text(table, encoding="utf-8")
    return load_settings(
        root, environment=environment, parallelism=parallelism, environ=environ or {}
    )


# ── which environment ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("flag", "environ", "table", "chosen"),
    [
        ("live", {"ENGINE_ENVIRONMENT": "bare"}, TABLE, "live"),
        (None, {"ENGINE_ENVIRONMENT": "bare"}, TABLE, "bare"),
        (None, {"STRIPE_API_KEY": "sk_test_1"}, TABLE, "test"),
        (None, {}, TABLE, "test"),
        (None, {"STRIPE_API_KEY": "sk_test_1"}, None, UNNAMED),
        (None, {"STRIPE_API_KEY": ""}, None, EMBEDDED),
        (None, {"ENGINE_ENVIRONMENT": ""}, None, EMBEDDED),
        (None, {}, None, EMBEDDED),
        (None, {}, "[project]\nname = 'x'\n", EMBEDDED),
        ("default", {}, TABLE, UNNAMED),
        ("local", {"STRIPE_API_KEY": "sk_test_1"}, TABLE, EMBEDDED),
    ],
)
def test_the_environment(
    tmp_path: Path, flag: str | None, environ: dict[str, str], table: str | None, chosen: str
) -> None:
    """Flag, then variable, then configuration, then whether there is a key."""
    assert _load(tmp_path, table, environ, environment=flag).environment.name == chosen


def test_an_environment_that_does_not_exist(tmp_path: Path) -> None:
    """The nearest name, all names, and how to add one."""
    with pytest.raises(SettingsError, match="there is no environment 'tset'") as raised:
        _load(tmp_path, TABLE, environment="tset")
    assert raised.value.hint == (
        "did you mean 'test'? known: bare, live, local, spare, test; "
        "add [tool.engine.environments.tset] to pyproject.toml"
    )


def test_an_environment_says_whether_it_is_live(tmp_path: Path) -> None:
    """It is not, unless it says so; the bare key's environment can say so too."""
    assert not _load(tmp_path, TABLE, environment="live").environment.live
    table = "[tool.engine.environments.live]\nlive = true\n"
    assert _load(tmp_path, table, environment="live").environment.live
    table = "[tool.engine.environments.default]\nlive = true\n"
    assert _load(tmp_path, table, environment="default").environment.live


@pytest.mark.parametrize("entry", ["emulator = true", ""])
def test_the_emulator_is_never_live(tmp_path: Path, entry: str) -> None:
    """Whether an entry makes it one or its name does."""
    table = f"[tool.engine.environments.local]\nlive = true\n{entry}\n"
    with pytest.raises(SettingsError, match="is the embedded emulator, which is never live"):
        _load(tmp_path, table, environment="local")


def test_the_embedded_environment_needs_nothing(tmp_path: Path) -> None:
    """No key, no address, no entry; a key that happens to be set is not used."""
    found = _load(tmp_path, None, {"STRIPE_API_BASE": "http://x"}, environment="local").environment
    assert found.emulator
    assert found.api_key is None
    assert found.api_base == ""


def test_any_environment_can_be_embedded(tmp_path: Path) -> None:
    """It keeps its own account."""
    assert _load(tmp_path, TABLE, environment="spare").environment.emulator


def test_local_can_be_something_else(tmp_path: Path) -> None:
    """A team may give the built-in name a key."""
    table = '[tool.engine.environments.local]\napi-key = "env:X"\n'
    found = _load(tmp_path, table, {"X": "sk_test_1"}, environment="local").environment
    assert not found.emulator
    assert found.api_key is not None


# ── keys ──────────────────────────────────────────────────────────────────────────────────


def test_the_key_comes_from_the_variable_that_is_named(tmp_path: Path) -> None:
    """And from no other; it is wrapped, and its source is known."""
    environ = {"SHOP_TEST_KEY": " sk_test_1\n", "STRIPE_API_KEY": "sk_test_2"}
    settings = _load(tmp_path, TABLE, environ)
    found = settings.environment
    assert found.api_key is not None
    assert found.api_key.value == "sk_test_1"
    assert found.api_key_source == "SHOP_TEST_KEY"
    assert "sk_test" not in repr(settings)


def test_an_environment_that_names_no_key_uses_the_usual_one(tmp_path: Path) -> None:
    """`STRIPE_API_KEY` stands in."""
    found = _load(tmp_path, TABLE, {"STRIPE_API_KEY": "sk_test_2"}, environment="bare").environment
    assert found.api_key is not None
    assert (found.api_key.value, found.api_key_source) == ("sk_test_2", "STRIPE_API_KEY")


def test_a_key_that_is_not_set_is_none(tmp_path: Path) -> None:
    """The usual one does not stand in where another is named."""
    found = _load(tmp_path, TABLE, {"STRIPE_API_KEY": "sk_test_2"}, environment="live").environment
    assert (found.api_key, found.api_key_source) == (None, "SHOP_LIVE_KEY")


@pytest.mark.parametrize("written", ["sk_live_leaked", "env:", "file:key.txt"])
def test_a_key_in_the_file_is_refused(tmp_path: Path, written: str) -> None:
    """The message says why and what to write, and not what was written."""
    table = f'[tool.engine.environments.live]\napi-key = "{written}"\n'
    with pytest.raises(SettingsError) as raised:
        _load(tmp_path, table, environment="live")
    assert "must name an environment variable" in raised.value.message
    assert raised.value.hint == 'write api-key = "env:STRIPE_TEST_KEY"'
    assert "leaked" not in str(raised.value).replace("a leaked key", "")


def test_the_address(tmp_path: Path) -> None:
    """Configuration wins over the variable, and a slash at the end is none."""
    environ = {"STRIPE_API_BASE": "http://other/"}
    assert _load(tmp_path, TABLE, environ).environment.api_base == "http://127.0.0.1:9"
    other = _load(tmp_path, TABLE, environ, environment="live").environment
    assert other.api_base == "http://other"


# ── numbers and variables ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("flag", "variable", "found"), [(3, "5", 3), (None, "5", 5), (None, None, 20), (None, "", 20)]
)
def test_parallelism(tmp_path: Path, flag: int | None, variable: str | None, found: int) -> None:
    """Flag, then variable, then ten."""
    environ = {} if variable is None else {"ENGINE_PARALLELISM": variable}
    assert _load(tmp_path, None, environ, parallelism=flag).parallelism == found


@pytest.mark.parametrize(
    ("flag", "environ", "message"),
    [
        (0, {}, "parallelism takes a whole number from 1, not 0"),
        (None, {"ENGINE_PARALLELISM": "many"}, "parallelism takes a whole number from 1"),
        (None, {"ENGINE_RETRIES": "-1"}, "ENGINE_RETRIES takes a whole number from 0, not '-1'"),
        (None, {"ENGINE_RETRIES": "1.5"}, "ENGINE_RETRIES takes a whole number from 0"),
    ],
)
def test_numbers_that_are_none(
    tmp_path: Path, flag: int | None, environ: dict[str, str], message: str
) -> None:
    """Each names where it was read and what it takes."""
    with pytest.raises(SettingsError, match=message):
        _load(tmp_path, None, environ, parallelism=flag)


def test_retries_may_be_switched_off(tmp_path: Path) -> None:
    """Zero is a number of retries."""
    assert _load(tmp_path, None, {"ENGINE_RETRIES": "0"}).retries == 0


def test_variables_of_stacks(tmp_path: Path) -> None:
    """Those that are handed in, else those of the environment."""
    environ = {"ENGINE_VAR_SITE": "env", "OTHER": "x"}
    assert load_settings(tmp_path, environ=environ).variables == variables_of(environ)
    given = variables_of({}, [("site", "flag")])
    assert load_settings(tmp_path, variables=given, environ=environ).variables == given


def test_folders(tmp_path: Path) -> None:
    """Everything lies below the project's folder."""
    found = _load(tmp_path)
    assert (found.stacks, found.states, found.private) == (
        tmp_path / "stacks",
        tmp_path / "state",
        tmp_path / ".engine",
    )


def test_the_ownership_stamp_can_be_switched_off(tmp_path: Path) -> None:
    """It is on unless the project says otherwise."""
    assert _load(tmp_path).ownership_stamp
    assert not _load(tmp_path, "[tool.engine]\nownership-stamp = false\n").ownership_stamp


def test_states_are_files_unless_the_project_says_otherwise(tmp_path: Path) -> None:
    """What it may say the wiring knows."""
    assert _load(tmp_path).state == "file"
    assert _load(tmp_path, "[tool.engine]\nstate = 's3://b/shop'\n").state == "s3://b/shop"


# ── tables that cannot be used ────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("table", "message", "hint"),
    [
        ("[tool.engine", "pyproject.toml cannot be read", None),
        ("tool = 3", None, None),
        ("[tool]\nengine = 3\n", "is not a table", None),
        ("[tool.engine]\nenvironment = 'x'\n", "has no key 'environment'", "'environments'"),
        ("[tool.engine]\nzzz = 1\n", "has no key 'zzz'", "known: default-environment"),
        ("[tool.engine]\nenvironments = 3\n", "environments takes a table, not a int", None),
        (
            "[tool.engine.environments]\nlive = 3\n",
            r"\[tool\.engine\.environments\.live\] is not a table",
            None,
        ),
        (
            "[tool.engine.environments.live]\napi_key = 'env:X'\n",
            r"\[tool\.engine\.environments\.live\] has no key 'api_key'",
            "did you mean 'api-key'",
        ),
        (
            "[tool.engine.environments.live]\napi-key = ['sk_live_leaked']\n",
            "api-key takes a string, not a list",
            None,
        ),
        (
            "[tool.engine.environments.live]\nemulator = 'yes'\n",
            "emulator takes true or false, not a str",
            None,
        ),
        ("[tool.engine]\ndefault-environment = 'gone'\n", "there is no environment 'gone'", None),
    ],
)
def test_a_table_that_cannot_be_used(
    tmp_path: Path, table: str, message: str | None, hint: str | None
) -> None:
    """The place, the key and what is near; never a value, which might be a key of Stripe's."""
    if message is None:
        assert _load(tmp_path, table).environment.name == EMBEDDED
        return
    with pytest.raises(SettingsError, match=message) as raised:
        _load(tmp_path, table)
    assert hint is None or hint in str(raised.value.hint)
    assert "leaked" not in str(raised.value)


@pytest.mark.parametrize("account", ["", "acct_", "prod_1", " acct_1"])
def test_an_account_that_is_no_id_is_no_pin(tmp_path: Path, account: str) -> None:
    """Taken for one, it would let the key of any account through."""
    table = f"[tool.engine.environments.live]\naccount = '{account}'\n"
    with pytest.raises(SettingsError, match="account is no id of an account"):
        _load(tmp_path, table, environment="live")


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    """The path is named."""
    (tmp_path / "pyproject.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match=r"pyproject\.toml cannot be read"):
        _load(tmp_path)


# ── pace ──────────────────────────────────────────────────────────────────────────────────


def test_a_rate_of_an_environment(tmp_path: Path) -> None:
    """The table names it, the variable wins, and without either the mode's default holds."""
    table = "[tool.engine.environments.live]\nrequests-per-second = 40\n"
    found = [
        _load(tmp_path, table, environ, environment="live").environment.requests_per_second
        for environ in ({}, {"ENGINE_REQUESTS_PER_SECOND": "2.5"})
    ]
    assert found == [40.0, 2.5]
    assert _load(tmp_path, "", {}, environment=None).environment.requests_per_second is None


@pytest.mark.parametrize("rate", ["0", "-1", '"fast"', "true"])
def test_a_rate_that_is_none(tmp_path: Path, rate: str) -> None:
    """It is a number above zero, and the message says so and where it stands."""
    table = f"[tool.engine.environments.live]\nrequests-per-second = {rate}\n"
    with pytest.raises(SettingsError, match=r"environments\.live\]: requests-per-second takes a"):
        _load(tmp_path, table, {}, environment="live")
    with pytest.raises(SettingsError, match="ENGINE_REQUESTS_PER_SECOND takes a number above 0"):
        _load(tmp_path, TABLE, {"ENGINE_REQUESTS_PER_SECOND": "-1"}, environment="live")


@pytest.mark.parametrize(
    ("base", "local"),
    [
        ("http://127.0.0.1:9", True),
        ("http://localhost:1", True),
        ("HTTP://LOCALHOST:1/", True),
        ("http://[::1]:1", True),
        ("http://127.9.9.9", True),
        ("http://127.evil.example", False),
        ("http://localhost.example", False),
        ("https://stripe.example", False),
        ("", False),
    ],
)
def test_a_server_on_this_machine_is_no_stripe(tmp_path: Path, base: str, *, local: bool) -> None:
    """What is on loopback has no limit that we know of."""
    environ = {"STRIPE_API_BASE": base, "STRIPE_API_KEY": "sk_test_1"}
    assert _load(tmp_path, "", environ).environment.is_local is local


@pytest.mark.parametrize(
    ("base", "more", "exposed"),
    [
        ("http://stripe.example", {}, True),
        ("HTTP://stripe.example", {}, True),
        ("http://127.0.0.1.example", {}, True),
        ("http://stripe.example", {"ENGINE_PLAIN_HTTP": "1"}, False),
        ("http://stripe.example", {"ENGINE_PLAIN_HTTP": "0"}, True),
        ("http://127.0.0.1:9", {}, False),
        ("https://stripe.example", {}, False),
        ("", {}, False),
    ],
)
def test_where_a_key_could_be_read_on_the_way(
    tmp_path: Path, base: str, more: dict[str, str], *, exposed: bool
) -> None:
    """On another machine without encryption, unless that is allowed by name."""
    environ = {"STRIPE_API_BASE": base, "STRIPE_API_KEY": "sk_test_1", **more}
    assert _load(tmp_path, "", environ).environment.is_exposed is exposed


def test_a_table_may_allow_plain_http(tmp_path: Path) -> None:
    """For the environment that it is of."""
    table = '[tool.engine.environments.test]\napi-base = "http://mock:1"\nplain-http = true\n'
    found = _load(tmp_path, table, {}, environment="test").environment
    assert (found.api_base, found.is_exposed) == ("http://mock:1", False)


@pytest.mark.parametrize("login", ["user:hunter2-base", "hunter2-base", ":hunter2-base"])
def test_a_login_in_an_address_is_kept_nowhere(tmp_path: Path, login: str) -> None:
    """It is never sent, so nobody needs it, and what quotes it is redacted."""
    found = _load(
        tmp_path,
        "",
        {"STRIPE_API_KEY": "k", "STRIPE_API_BASE": f"https://{login}@stripe.example:1/x/"},
    )
    assert found.environment.api_base == "https://stripe.example:1/x"
    assert "hunter2-base" not in redact(f"no route to https://{login}@stripe.example")


@pytest.mark.parametrize(
    "base",
    [
        "stripe.example",
        "ftp://u:hunter2@x",
        "https://",
        "https://u:hunter2@",
        "https://x?k=hunter2",
        "https://x:hunter2/",
        "https://[hunter2",
    ],
)
def test_an_address_that_is_none_is_refused_and_not_shown(tmp_path: Path, base: str) -> None:
    """A password may be in it."""
    with pytest.raises(SettingsError, match="STRIPE_API_BASE is not the address") as raised:
        _load(tmp_path, "", {"STRIPE_API_KEY": "k", "STRIPE_API_BASE": base})
    assert "hunter2" not in str(raised.value)
    table = f'[tool.engine.environments.test]\napi-base = "{base}"\n'
    with pytest.raises(SettingsError, match=r"environments\.test\]: api-base is not the address"):
        _load(tmp_path, table, {}, environment="test")


@pytest.mark.parametrize(
    ("key", "live"),
    [
        ("sk_live_x", True),
        ("rk_live_x", True),
        ("sk_test_x", False),
        ("rk_test_live_x", False),
        (None, None),
    ],
)
def test_the_key_tells_the_mode(key: str | None, live: bool | None) -> None:  # noqa: FBT001 - a row
    """Without a key nothing does."""
    wrapped = None if key is None else Sensitive(key)
    assert Environment(name="x", api_key=wrapped).livemode is live
    assert Environment(name="x", emulator=True).livemode is False


@pytest.mark.parametrize(
    ("base", "server"),
    [
        ("", ""),
        ("https://api.stripe.com", ""),
        ("https://API.stripe.com/", ""),
        ("http://127.0.0.1:4242/", "http://127.0.0.1:4242"),
        ("https://user:word@proxy.example:8443/stripe", "https://proxy.example:8443/stripe"),
        ("https://api.stripe.com@evil.example", "https://evil.example"),
        ("https://api.stripe.com.evil.example", "https://api.stripe.com.evil.example"),
    ],
)
def test_a_server_that_is_not_stripe_is_named(tmp_path: Path, base: str, server: str) -> None:
    """Without a password in front of its host; Stripe itself needs no name."""
    environ = {"STRIPE_API_KEY": "sk_test_1", "STRIPE_API_BASE": base}
    assert _load(tmp_path, None, environ).environment.server == server
