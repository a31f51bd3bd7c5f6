"""Addresses of databases: `postgresql://[USER@]HOST[:PORT]/DATABASE[?schema=NAME&sslmode=...]`."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import parse_qsl, urlsplit

from psycopg import Error, pq
from psycopg.conninfo import conninfo_to_dict

from engine.errors import SettingsError
from engine.frozen import frozen
from engine.redaction import remember
from engine.suggest import nearest

SCHEMA = "engine"
"""The schema of the tables if the address names none."""
_OPTIONS = (
    "schema",
    "host",
    "port",
    "user",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "channel_binding",
    "require_auth",
    "target_session_attrs",
    "connect_timeout",
)
_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,62}")
# A server that has gone away is reported within half a minute. None of these is a setting that a
# pooler would refuse.
_DEFAULTS = {
    "client_encoding": "utf8",
    "connect_timeout": "10",
    "keepalives_idle": "15",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}


@frozen
class Place:
    """A schema of a database.

    Attributes:
        shown: The address without a login, for messages.
        schema: Name of the schema; it needs no quotes.
        parameters: What libpq is given; may hold a password.
    """

    shown: str
    schema: str
    parameters: dict[str, str]

    def __repr__(self) -> str:
        return f"Place({self.shown!r})"


def place_of(address: str) -> Place:
    """Read an address.

    Raises:
        SettingsError: if it is none, or has an option that is unknown or secret. The message omits
            its text.
    """
    parameters: dict[str, str] | None = None
    options: dict[str, str] = {}
    try:
        parts = urlsplit(address)
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        bare = address.partition("?")[0]
        parameters = {key: str(value) for key, value in conninfo_to_dict(bare).items()}
    except (ValueError, Error):
        pass  # its text quotes the address, with the password in it
    if parameters is None or parts.fragment:
        raise SettingsError(
            "state is not the address of a PostgreSQL database",
            hint="write it as postgresql://USER@HOST:PORT/DATABASE; in a password, @ is written "
            "%40, / is %2F and : is %3A",
        )
    remember(parameters.get("password"))
    _check_options(options)
    schema = options.pop("schema", SCHEMA)
    if not _SCHEMA.fullmatch(schema):
        raise SettingsError(
            "the schema in state = ... has no plain name",
            hint="its name is of [a-z0-9_] and begins with no digit: ?schema=engine",
        )
    parameters = {**_DEFAULTS, **parameters, **options}
    _choose_tls(parameters)
    return Place(shown=_shown(parameters, schema), schema=schema, parameters=parameters)


def _check_options(options: dict[str, str]) -> None:
    for name in options:
        if name in ("password", "sslpassword", "passfile"):
            raise SettingsError(
                f"{name} is no option of an address of states",
                cause="A password in an address reaches logs and committed files.",
                hint="set PGPASSWORD, or write the password into ~/.pgpass",
            )
        if name not in _OPTIONS:
            near = nearest(name, _OPTIONS)
            raise SettingsError(
                "the address of a PostgreSQL database has an option that is unknown here",
                hint=f"did you mean {near}?" if near else f"known: {', '.join(_OPTIONS)}",
            )


def _choose_tls(parameters: dict[str, str]) -> None:
    """Require TLS, unless the database is on this machine, or other words were chosen.

    What libpq itself would do, `prefer`, falls back to plain text when it is asked to.
    """
    if "sslmode" in parameters:
        return
    known = {
        option.keyword.decode(): (option.val or b"").decode()
        for option in pq.Conninfo.get_defaults()
    }
    host = parameters.get("host") or known.get("hostaddr") or known.get("host") or ""
    if known.get("sslmode") in ("", "prefer", None):
        local = all(_is_local(name) for name in host.split(","))
        parameters["sslmode"] = "prefer" if local else "require"


def _is_local(host: str) -> bool:
    if host in ("", "localhost") or host.startswith(("/", "@")):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _shown(parameters: dict[str, str], schema: str) -> str:
    host = parameters.get("host", "")
    socket = host.startswith("/")
    port = parameters.get("port", "")
    place = "" if socket else f"[{host}]" if ":" in host else host
    shown = f"postgresql://{place}{f':{port}' if port else ''}/{parameters.get('dbname', '')}"
    more = [f"host={host}"] * socket + [f"schema={schema}"] * (schema != SCHEMA)
    return shown + (f"?{'&'.join(more)}" if more else "")
