"""What a state server answered, and how messages say that it did not do what it was asked."""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping
from urllib.parse import urlsplit

from engine.errors import StoreUnavailableError
from engine.frozen import frozen

_DONE = (200, 201, 202, 204)
_MISSING = (204, 404)
_LOCKED = (409, 423)
_NO_LOGIN = (401, 403)
_TOO_LARGE = 413
_PASSING = (408, 425, 429, 500, 502, 503, 504)
_UNKNOWN = (400, 404, 405, 501)
_LONGEST_TEXT = 255


class Why(enum.Enum):
    """Why there is no answer of a state server."""

    NONE = "It cannot be reached, or ended the connection."
    TOO_SLOW = "It did not answer in time."
    TOO_LONG = "Its answer is longer than any document of the engine."
    NOT_TRUSTED = "Its certificate is not trusted here."
    PAGE = "It answered with a web page, as a login page or a proxy does."


_HINTS = {
    Why.NOT_TRUSTED: "set SSL_CERT_FILE to a file with the certificate of its authority",
    Why.PAGE: "see whether `state` is the address of its API, and what is between",
}
_HINT = (
    "see whether the address in `state` is right and the server works, and run the command again"
)


@frozen
class Answer:
    """What a server answered.

    Attributes:
        status: The status; 0 if no answer of a state server arrived whole.
        content: The body.
        pause: Seconds that it asks to wait.
        to: The server that it sends to, as scheme and host.
        why: Why there is no answer.
    """

    status: int = 0
    content: bytes = b""
    pause: float = 0.0
    to: str = ""
    why: Why = Why.NONE

    @classmethod
    def of(cls, status: int, headers: Mapping[str, str], content: bytes) -> Answer:
        """An answer that arrived whole."""
        if status in _DONE and headers.get("Content-Type", "").lower().startswith("text/html"):
            return cls(why=Why.PAGE)
        pause = headers.get("Retry-After", "")
        return cls(
            status=status,
            content=content,
            pause=float(pause) if pause.isascii() and pause.isdigit() else 0.0,
            to=_origin(headers.get("Location", "")),
        )

    @property
    def done(self) -> bool:
        """It did what it was asked."""
        return self.status in _DONE

    @property
    def found(self) -> bool:
        """It returned a document."""
        return self.status == _DONE[0]

    @property
    def missing(self) -> bool:
        """It has no such document."""
        return self.status in _MISSING

    @property
    def locked(self) -> bool:
        """Another one has the lock."""
        return self.status in _LOCKED

    @property
    def passing(self) -> bool:
        """It may do it when it is asked again."""
        lost = not self.status and self.why not in (Why.TOO_LONG, Why.NOT_TRUSTED)
        return lost or self.status in _PASSING

    @property
    def final(self) -> bool:
        """It will never do it."""
        return self.status in (*_NO_LOGIN, _TOO_LARGE) or self.why is Why.NOT_TRUSTED


NO_ANSWER = Answer()


@frozen
class Lock:
    """What a server says of a lock that was asked for.

    Attributes:
        had: The lock is had.
        id: Id of the lock that is there; empty if the server does not return it.
        who: Who has it, by the server.
        since: Since when, by the server.
    """

    had: bool
    id: str = ""
    who: str = ""
    since: str = ""


def lock_in(content: bytes) -> Lock:
    """The lock that a refusal names, as far as it does."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        return Lock(had=False)
    id, who, since = (found.get(name) for name in ("ID", "Who", "Created"))
    texts = [
        text if isinstance(text, str) and text.isprintable() and len(text) <= _LONGEST_TEXT else ""
        for text in (id, who, since)
    ]
    return Lock(had=False, id=texts[0], who=texts[1], since=texts[2])


def unavailable(base: str, name: str, what: str, answer: Answer) -> StoreUnavailableError:
    """The error that a server did not do what it was asked; nothing that it answered is quoted."""
    cause, hint = f"It answered {answer.status}.", _HINT
    if not answer.status:
        cause, hint = answer.why.value, _HINTS.get(answer.why, _HINT)
    elif answer.status in _NO_LOGIN:
        cause = f"The server refuses the login ({answer.status})."
        hint = (
            "set TF_HTTP_USERNAME and TF_HTTP_PASSWORD; in GitLab, a token with the scope api of a "
            "user who is at least Maintainer, or the job's own CI_JOB_TOKEN"
        )
    elif answer.status == _TOO_LARGE:
        cause = "It is larger than the server takes."
        hint = (
            "raise the limit of the server (GitLab: max_terraform_state_size_bytes), or split the "
            "stack"
        )
    elif answer.status in _UNKNOWN and what == "locked":
        cause = f"It answered {answer.status}: there is no such address, or nothing is locked so."
        hint = (
            "see whether the address in `state` is right, and whether lock-method, unlock-method "
            "and lock-path in it are those of the server (docs/how-to/stores/http.md)"
        )
    elif answer.to:
        cause = f"It answered {answer.status}, which sends to {answer.to}; that is not followed."
        hint = "write the address that the server has now as `state`"
    return StoreUnavailableError(f"{base}/{name} cannot be {what}", cause=cause, hint=hint)


def _origin(location: str) -> str:
    try:
        parts = urlsplit(location)
        host = parts.hostname or ""
    except ValueError:
        return ""
    usable = parts.scheme in ("http", "https") and host.isprintable() and len(host) <= _LONGEST_TEXT
    return f"{parts.scheme}://{host}" if host and usable else ""
