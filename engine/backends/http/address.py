"""Addresses of servers of Terraform's HTTP state protocol, and the login for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from engine.errors import SettingsError
from engine.frozen import frozen
from engine.redaction import remember
from engine.settings.model import is_loopback

_GITLAB = re.compile(r"((?:/[^/]+)*/api/v4/projects/[^/]+/terraform/state)(/.*)?")
_OPTIONS = ("lock-method", "unlock-method", "lock-path", "update-method", "plain-http", "unfenced")
_METHOD = re.compile(r"[A-Z]{3,10}")
_LOCK_PATH = re.compile(r"(/[A-Za-z0-9_-]+)*")
_PATH = re.compile(r"[A-Za-z0-9._~%/-]*")


@frozen
class Server:
    """Where documents are, and how they are locked.

    Attributes:
        base: Address that the name of a document is added to, without a login or a query.
        lock_method: Method of the request that locks a document.
        unlock_method: Method of the request that unlocks it.
        lock_path: What follows a document's address in both.
        update_method: Method of the request that writes a document.
        unfenced: The team accepts a server that does not check the lock's id at a write.
        gitlab: It is GitLab's, by its path.
    """

    base: str
    lock_method: str = "LOCK"
    unlock_method: str = "UNLOCK"
    lock_path: str = ""
    update_method: str = "POST"
    unfenced: bool = False
    gitlab: bool = False


def parse_server(address: str) -> Server:
    """Read the address of a server.

    Raises:
        SettingsError: if it is none. No login and no value of an option is in the message.
    """
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    if parts.scheme not in ("https", "http") or not host or parts.fragment:
        raise _wrong("the address of the state server is none")
    if "@" in parts.netloc:
        raise SettingsError(
            "the address of the state server holds a login",
            hint="take it out, and set TF_HTTP_USERNAME and TF_HTTP_PASSWORD",
        )
    if not _PATH.fullmatch(parts.path):
        raise _wrong("the path of the state server's address cannot be used")
    options = _options(parts.query)
    if parts.scheme == "http" and not (is_loopback(address) or options.get("plain-http")):
        raise SettingsError(
            f"the state server at {host} is not encrypted: states and the login would be readable "
            "on the way",
            hint="write https://, or add plain-http=1 to the address in a network that is trusted",
        )
    gitlab = _GITLAB.fullmatch(parts.path.rstrip("/"))
    if gitlab is not None and gitlab[2]:
        raise SettingsError(
            "the address of GitLab's states has the name of one of them",
            hint=f'the engine names them itself: state = "{parts.scheme}://{parts.netloc}{gitlab[1]}"',
        )
    return Server(
        base=f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}",
        lock_method=options.get("lock-method") or ("POST" if gitlab else "LOCK"),
        unlock_method=options.get("unlock-method") or ("DELETE" if gitlab else "UNLOCK"),
        lock_path=options.get("lock-path") or ("/lock" if gitlab else ""),
        update_method=options.get("update-method") or "POST",
        unfenced=bool(options.get("unfenced")),
        gitlab=gitlab is not None,
    )


def login_for(server: Server, environ: Mapping[str, str]) -> tuple[str, str] | None:
    """The login for a server, None without one: ours, Terraform's, or the token of a GitLab job."""
    user = password = ""
    for prefix in ("ENGINE_HTTP_", "TF_HTTP_"):
        if not (user or password):
            user = environ.get(f"{prefix}USERNAME", "")
            password = environ.get(f"{prefix}PASSWORD", "")
    token = environ.get("CI_JOB_TOKEN", "")
    if not password and server.gitlab and token:
        # The job's token is for the GitLab that runs the job, and for no other server.
        if _origin(environ.get("CI_API_V4_URL", "")) != _origin(server.base):
            return None
        user, password = "gitlab-ci-token", token
    remember(password)
    return (user, password) if user or password else None


def _origin(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return parts.scheme, parts.netloc.lower()


def _options(query: str) -> dict[str, str]:
    options: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in _OPTIONS or name in options:
            raise SettingsError(
                f"the address of a state server takes no option {name[:40]!r}, or takes it once",
                hint=f"known: {', '.join(_OPTIONS)}; a login is in TF_HTTP_USERNAME and "
                "TF_HTTP_PASSWORD",
            )
        form = _METHOD if name.endswith("method") else _LOCK_PATH if "path" in name else None
        fits = value == "1" if form is None else form.fullmatch(value) is not None
        if not fits:
            raise _wrong(f"the option {name} of the state server's address has a wrong value")
        options[name] = value
    return options


def _wrong(what: str) -> SettingsError:
    return SettingsError(
        what,
        hint='write state = "https://HOST/PATH", such as '
        '"https://gitlab.example.com/api/v4/projects/42/terraform/state"; methods are '
        "lock-method=POST&unlock-method=DELETE&lock-path=/lock",
    )
