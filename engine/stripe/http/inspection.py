"""Refuse responses that are not in a form of Stripe's, before the SDK reads them.

The SDK does not check the form of a response. Only bytes and status are checked here; `responses`
checks which object a response holds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, ClassVar, Protocol
from urllib.parse import urlsplit

import stripe

from engine.redaction import redact

_SUCCESS, _REDIRECT, _REFUSED, _SERVER = 200, 300, 400, 500
_PASSES = frozenset({408, 425, 429})
"""Statuses with which a proxy may refuse a request for a moment only."""
_MOST_QUOTED = 80
"""Characters of a foreign response that a message quotes."""


# Python accepts more than JSON: half characters, and infinite numbers.
_ODD = re.compile(r"NaN|Infinity|\\u[dD][89a-fA-F]|[eE]\+?\d{3}")


class Transport(Protocol):
    """Carries requests: the network, or an emulator in this process."""

    def request(
        self, method: str, url: str, headers: Any, post_data: Any = None
    ) -> tuple[str | bytes, int, Mapping[str, str]]:
        """Send one request and return body, status and headers of its response."""
        ...


class ForeignAnswer(stripe.StripeError):
    """A response in a form that Stripe does not use: another server sent or changed it.

    Attributes:
        why: What is wrong with it; a sentence.
        passes: The same request may succeed later.
    """

    def __init__(
        self, why: str, *, status: int, headers: Mapping[str, str], passes: bool = True
    ) -> None:
        super().__init__(why, http_status=status, headers=dict(headers))
        self.why = why
        self.passes = passes


class Inspected(stripe.HTTPClient):
    """An HTTP client for the SDK that returns only what the SDK can read."""

    name: ClassVar[str] = "requests"

    def __init__(self, transport: Transport) -> None:
        super().__init__()
        self._transport = transport

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        **_: Any,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Send one request.

        Raises:
            ForeignAnswer: if its response is not in a form of Stripe's.
        """
        body, status, answered = self._transport.request(method, url, headers, post_data)
        try:
            text = body.decode() if isinstance(body, bytes) else body
        except UnicodeDecodeError:
            raise ForeignAnswer(
                f"It answered with HTTP {status} and text that is not UTF-8.",
                status=status,
                headers=answered,
            ) from None
        if _REDIRECT <= status < _REFUSED:
            raise ForeignAnswer(
                f"It answered with a redirect{_target(answered)} (HTTP {status}). Redirects are "
                "not followed: another server would get the request.",
                status=status,
                headers=answered,
                passes=False,
            )
        if not _SUCCESS <= status < _REDIRECT and not _is_refusal(text):
            raise ForeignAnswer(
                f"It answered with HTTP {status} and no error of Stripe's: {_quoted(text)}.",
                status=status,
                headers=answered,
                passes=status in _PASSES or status >= _SERVER,
            )
        return text, status, answered

    def close(self) -> None:
        """Do nothing: the transport belongs to the caller."""


def check_document(answer: Any) -> None:
    """Check that the body of a response is a JSON object with valid text and numbers.

    Raises:
        ForeignAnswer: if it is not.
    """
    if not isinstance(answer.data, dict):
        raise ForeignAnswer(
            f"It answered with HTTP {answer.code} and JSON that is no object.",
            status=answer.code,
            headers=answer.headers,
        )
    if _ODD.search(answer.body) is None:
        return
    try:
        json.dumps(answer.data, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        raise ForeignAnswer(
            f"It answered with HTTP {answer.code} and text or numbers that JSON cannot hold.",
            status=answer.code,
            headers=answer.headers,
        ) from None


def _is_refusal(text: str) -> bool:
    """Whether a body holds an error in Stripe's form."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return False
    error = document.get("error") if isinstance(document, dict) else None
    if not isinstance(error, dict):
        return False
    words = [error.get(name) for name in ("type", "code", "message")]
    return any(words) and all(word is None or isinstance(word, str) for word in words)


def _target(headers: Mapping[str, str]) -> str:
    """The host that a redirect names; its path may hold data of the request."""
    location = next((value for name, value in headers.items() if name.lower() == "location"), "")
    try:
        host = urlsplit(location).hostname
    except ValueError:
        host = None
    return f" to {host}" if host else ""


def _quoted(text: str) -> str:
    """The beginning of a foreign response; secrets are removed before it is cut."""
    shown = redact(" ".join(text.split()))
    if not shown:
        return "nothing at all"
    return f"{shown[:_MOST_QUOTED]}…" if len(shown) > _MOST_QUOTED else shown
