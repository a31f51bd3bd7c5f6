"""What failed in a database, in words of ours.

The texts of libpq and of servers quote addresses and logins. So a message is made from the kind of
an error alone, and nothing of its text is in it.
"""

from __future__ import annotations

from psycopg import Error

from engine.backends.shared.postgres.address import Place
from engine.errors import StoreUnavailableError

_REACH = "check the network and the address, then run the command again"
_WAIT = "wait for the database to recover, then run the command again"
_LOGIN = "set PGUSER and PGPASSWORD, or write a line into ~/.pgpass (mode 0600)"
_TABLES = (
    "prepare the database as docs/how-to/stores/postgresql.md says, or correct ?schema=... in "
    "state = ..."
)

_PRIMARY = "name the primary, or add ?target_session_attrs=read-write to the address"

_STATES: dict[str, tuple[str, str]] = {
    "42501": (
        "access was denied",
        "give the role its rights, as docs/how-to/stores/postgresql.md says",
    ),
    "42P01": ("its tables are not there", _TABLES),
    "3F000": ("its schema is not there", _TABLES),
    "25006": (
        "it is read-only, as a standby is",
        _PRIMARY,
    ),
    "53100": ("its disk is full", "make room, then run the command again"),
    "57014": ("a statement took too long and was ended", _WAIT),
    "55P03": ("another session has locked the row", "end that session: see pg_stat_activity"),
}
"""By SQLSTATE, as a server reports what fails in a statement."""

# Without a connection there is no SQLSTATE. What is found first decides.
_KINDS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (
        ("could not translate host", "failed to resolve", "name or service not known"),
        "its name is unknown to DNS",
        "correct the host in state = ...",
    ),
    (
        ("does not support ssl", "ssl is not enabled", "ssl required"),
        "it speaks no TLS",
        "switch TLS on at the server; on a network that is trusted whole, add ?sslmode=disable",
    ),
    (
        ("certificate", "ssl error", "ssl syscall"),
        "a trusted TLS connection cannot be made",
        "name the authority of its certificate: ?sslmode=verify-full&sslrootcert=FILE (or system)",
    ),
    (
        ("pg_hba.conf", "no encryption", "ssl off"),
        "it admits no such connection: this role, from here, with or without TLS",
        "see pg_hba.conf at the server, or add ?sslmode=require",
    ),
    (
        ("password authentication failed", "authentication failed", "role ", "no such user"),
        "the login was refused",
        _LOGIN,
    ),
    (("no password supplied",), "it asks for a password, and none was found", _LOGIN),
    (
        ("database ",),
        "there is no such database, or it takes no connection now",
        "create it, or correct state = ... in pyproject.toml",
    ),
    (("too many", "remaining connection slots"), "it has too many connections", _WAIT),
    (("starting up", "shutting down", "recovery"), "it is starting or stopping", _WAIT),
    (("connection refused", "no such file or directory"), "nothing answers there", _REACH),
    (("timeout", "timed out", "did not answer"), "it did not answer in time", _REACH),
    (
        ("service",),
        "the service that PGSERVICE names was not found",
        "correct PGSERVICE, or the service file",
    ),
    (
        ("closed", "terminat", "reset by peer", "lost", "broken pipe"),
        "the connection broke",
        _REACH,
    ),
    (("invalid ",), "an option has a value that there is not", "correct state = ..., or PG..."),
)


def store_failed(place: Place, doing: str, error: Error) -> StoreUnavailableError:
    """The error to raise for one of the library; raise it outside of the `except`.

    Args:
        place: The store.
        doing: What was tried: `read the head of live/shop`.
        error: What the library raised.
    """
    why, hint = _explained(error)
    return StoreUnavailableError(f"cannot {doing} in {place.shown}", cause=why, hint=hint)


def standby_answered(place: Place, doing: str) -> StoreUnavailableError:
    """The error for a read that did not reach the primary."""
    return StoreUnavailableError(
        f"cannot {doing} in {place.shown}",
        cause="A standby answered, and what it knows may be old: a lost lock would go unnoticed.",
        hint=f"{_PRIMARY}; a proxy that sends reads to standbys cannot be used",
    )


def _explained(error: Error) -> tuple[str, str]:
    state = error.sqlstate or ""
    if state in _STATES:
        return _STATES[state]
    text = str(error).lower()
    for marks, why, hint in _KINDS:
        if any(mark in text for mark in marks):
            return why, hint
    kind = " ".join(filter(None, (type(error).__name__, state)))
    return f"the database refused it ({kind})", _REACH
