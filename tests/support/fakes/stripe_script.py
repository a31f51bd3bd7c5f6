"""A Stripe that answers what it is told to answer, behind the real SDK."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

import stripe

from engine.stripe.http.client import ClientOptions, StripeHTTP
from engine.values.secret import Sensitive

KEY = "sk_test_scripted"


@dataclass(frozen=True)
class Sent:
    """One request as the SDK handed it over."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: str

    @property
    def path(self) -> str:
        """Without host and query."""
        return urlsplit(self.url).path

    @property
    def form(self) -> list[tuple[str, str]]:
        """Parameters of the query or the body, in order."""
        text = self.body or urlsplit(self.url).query
        return parse_qsl(text, keep_blank_values=True)


@dataclass(frozen=True)
class Answer:
    """One answer: a document with its status and headers, or no answer at all."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    lost: bool = False


def refusal(status: int, headers: Mapping[str, str] | None = None, **error: Any) -> Answer:
    """An error as Stripe words it."""
    error = {"type": "invalid_request_error", "message": f"refused with {status}", **error}
    return Answer(status, {"error": error}, {"Request-Id": "req_1", **(headers or {})})


class Scripted(stripe.HTTPClient):
    """Gives one answer after the other; the last one for ever."""

    name: ClassVar[str] = "scripted"

    def __init__(self, answers: list[Answer]) -> None:
        super().__init__()
        self.answers = answers
        self.sent: list[Sent] = []

    def request(
        self, method: str, url: str, headers: Any, post_data: Any = None, **_: Any
    ) -> tuple[Any, int, Mapping[str, str]]:
        """Answer one request."""
        self.sent.append(Sent(method, url, dict(headers), str(post_data or "")))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer.lost:
            # The SDK leaves its errors' constructors untyped.
            raise stripe.APIConnectionError("cut off")  # type: ignore[no-untyped-call]
        body = answer.body if isinstance(answer.body, str | bytes) else json.dumps(answer.body)
        return body, answer.status, answer.headers

    def close(self) -> None:
        """Nothing is open."""


class Door:
    """A client over a script, with what it sent and for how long it would have slept."""

    def __init__(
        self, *answers: Answer, retries: int = 3, key: str = KEY, pace: Any = None
    ) -> None:
        """Args: answers: in order; retries: how often a request is tried again; key: API key."""
        self.transport = Scripted(list(answers) or [Answer()])
        self.slept: list[float] = []
        self.answered: list[int] = []
        self.options = ClientOptions(
            api_key=Sensitive(key),
            transport=self.transport,
            retries=retries,
            sleep=self.slept.append,
            limiter=pace,
            on_answer=lambda: self.answered.append(len(self.transport.sent)),
        )
        self.http = StripeHTTP(self.options)

    @property
    def sent(self) -> list[Sent]:
        """What was sent, oldest first."""
        return self.transport.sent
