"""The door to Stripe: what goes over the wire, what is tried again, what errors say."""

from __future__ import annotations

import contextlib
import logging
from decimal import Decimal
from typing import Any

import pytest
import stripe

from engine.errors import (
    AuthenticationError,
    ConnectionFailedError,
    ForeignAnswerError,
    LockLostError,
    NotFoundError,
    PermissionDeniedError,
    ProviderError,
    RateLimitedError,
)
from engine.stripe.http.client import ClientOptions, encode
from engine.stripe.http.rate_limiter import RateLimiter
from engine.values.markers import CLEAR
from engine.values.reference import Ref
from engine.values.secret import Sensitive
from tests.support.fakes.stripe_script import Answer, Door, refusal

# ── encoding ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"description": CLEAR}, {"description": ""}),
        ({"metadata": {"old": CLEAR, "new": "1"}}, {"metadata": {"old": "", "new": "1"}}),
        ({"a": None, "b": {"c": None, "d": 1}}, {"b": {"d": 1}}),
        ({"secret": Sensitive("s")}, {"secret": "s"}),
        ({"deep": {"list": [Sensitive({"x": CLEAR})]}}, {"deep": {"list": [{"x": ""}]}}),
        ({"pair": ("a", "b")}, {"pair": ["a", "b"]}),
        ({"n": 0, "no": False, "d": Decimal("1.50")}, {"n": 0, "no": False, "d": Decimal("1.50")}),
        ({"empty": "", "list": [], "dict": {}}, {"empty": "", "list": [], "dict": {}}),
    ],
)
def test_parameters_as_v1_takes_them(given: dict[str, Any], sent: dict[str, Any]) -> None:
    """CLEAR is an empty string, None is not sent, wrapping is taken off, the rest stays."""
    assert encode(given) == sent


def test_text_is_plain_text() -> None:
    """A kind of string of ours goes over the wire as its text, and as nothing else."""
    encoded = encode({"name": Ref("${stripe_product.pro.id}")})
    assert type(encoded["name"]) is str


def test_what_is_given_is_not_changed() -> None:
    """The caller's document is read only."""
    given = {"a": CLEAR, "b": [{"c": None}], "d": Sensitive(1)}
    encode(given)
    assert given == {"a": CLEAR, "b": [{"c": None}], "d": Sensitive(1)}


def test_the_form_on_the_wire() -> None:
    """Nested documents, lists, booleans and cleared fields in Stripe's bracket form."""
    client = Door()
    client.http.post(
        "/v1/products",
        {
            "name": "Pro & more",
            "active": True,
            "description": CLEAR,
            "metadata": {"k": "v"},
            "images": ["https://a.example/x"],
            "marketing_features": [{"name": "One"}],
            "left_out": None,
        },
        idempotency_key="key-1",
    )
    (sent,) = client.sent
    assert sent.method == "post"
    assert sent.form == [
        ("name", "Pro & more"),
        ("active", "true"),
        ("description", ""),
        ("metadata[k]", "v"),
        ("images[0]", "https://a.example/x"),
        ("marketing_features[0][name]", "One"),
    ]
    assert sent.headers["Idempotency-Key"] == "key-1"


def test_an_account_goes_into_its_header() -> None:
    """On every method, and only if one is given."""
    client = Door()
    client.http.get("/v1/products", {}, account="acct_2")
    client.http.post("/v1/products", {}, idempotency_key="k", account="acct_2")
    client.http.delete("/v1/products/x", account="acct_2")
    client.http.get("/v1/products", {})
    found = [sent.headers.get("Stripe-Account") for sent in client.sent]
    assert found == ["acct_2", "acct_2", "acct_2", None]


def test_requests_and_writes_are_counted() -> None:
    """Every try counts; what could change something counts twice over."""
    client = Door(refusal(500), Answer(), Answer(), Answer())
    client.http.get("/v1/products", {})
    client.http.post("/v1/products", {}, idempotency_key="k")
    client.http.delete("/v1/products/x")
    assert (client.http.requests, client.http.writes) == (4, 2)


def test_the_sdk_sends_no_telemetry() -> None:
    """Nothing about earlier requests is told to anybody."""
    client = Door()
    for _ in range(2):
        client.http.get("/v1/products", {})
    assert all("X-Stripe-Client-Telemetry" not in sent.headers for sent in client.sent)


# ── retries ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", [409, 429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again_with_its_key(status: int) -> None:
    """The same request with the same idempotency key, until it is answered."""
    client = Door(refusal(status), refusal(status), Answer(body={"id": "prod_1"}))
    found = client.http.post("/v1/products", {"name": "Pro"}, idempotency_key="key-7")
    assert found == {"id": "prod_1"}
    assert len(client.sent) == 3
    assert {sent.headers["Idempotency-Key"] for sent in client.sent} == {"key-7"}
    assert {sent.body for sent in client.sent} == {client.sent[0].body}
    assert len(client.slept) == 2


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 422])
def test_what_would_be_refused_again_is_not_tried_again(status: int) -> None:
    """One request, no wait."""
    client = Door(refusal(status))
    with pytest.raises(ProviderError):
        client.http.get("/v1/products", {})
    assert (len(client.sent), client.slept) == (1, [])


def test_an_answer_that_is_lost_is_asked_for_again() -> None:
    """A write carries its key, so asking again is safe."""
    client = Door(Answer(lost=True), Answer(body={"id": "prod_1"}))
    assert client.http.post("/v1/products", {}, idempotency_key="k")["id"] == "prod_1"
    assert {sent.headers["Idempotency-Key"] for sent in client.sent} == {"k"}


@pytest.mark.parametrize("retries", [0, 1, 5])
def test_there_is_an_end_to_retries(retries: int) -> None:
    """So many tries after the first, then the error."""
    client = Door(refusal(503), retries=retries)
    with pytest.raises(ProviderError):
        client.http.get("/v1/products", {})
    assert len(client.sent) == retries + 1
    assert len(client.slept) == retries


@pytest.mark.parametrize("header", ["Retry-After", "retry-after"])
def test_retry_after_decides_the_wait(header: str) -> None:
    """In seconds, however a proxy spells the header, and never longer than five minutes."""
    client = Door(refusal(429, {header: "7"}), refusal(429, {header: "900"}), Answer())
    client.http.get("/v1/products", {})
    assert client.slept == [7.0, 300.0]


def test_what_came_too_fast_is_tried_more_often() -> None:
    """It did nothing wrong; waits stop growing, since the pace sees to the rest."""
    client = Door(refusal(429), retries=2)
    with pytest.raises(RateLimitedError):
        client.http.get("/v1/products", {})
    assert len(client.slept) == 10
    assert max(client.slept) <= 2.0
    locked = Door(refusal(429, code="lock_timeout"), retries=2)
    with pytest.raises(RateLimitedError):
        locked.http.get("/v1/products", {})
    assert len(locked.slept) == 2


def test_the_pace_is_told_of_every_answer() -> None:
    """Each try takes its turn; a refusal says of what, an object that is locked is none."""
    told: list[tuple[Any, ...]] = []

    class Told:
        def wait(self, endpoint: str) -> None:
            told.append(("wait", endpoint))

        def passed(self, endpoint: str) -> None:
            told.append(("passed", endpoint))

        def refused(self, endpoint: str, *, reason: str, retry_after: float | None) -> None:
            told.append(("refused", endpoint, reason, retry_after))

    limited = {"Stripe-Rate-Limited-Reason": "endpoint-rate", "Retry-After": "3"}
    client = Door(refusal(429, limited), refusal(429, code="lock_timeout"), Answer(), pace=Told())
    client.http.post("/v1/products/prod_1", {}, idempotency_key="k", route="/v1/products/{id}")
    here = "post /v1/products/{id}"
    assert told == [
        ("wait", here), ("refused", here, "endpoint-rate", 3.0),
        ("wait", here), ("passed", here),
        ("wait", here), ("passed", here),
    ]  # fmt: skip


def test_whoever_watches_is_told_of_answers() -> None:
    """Not of refusals, which are sent again or raised; how it fares now is the pace's word."""
    client = Door(refusal(429), Answer(), refusal(400))
    client.http.get("/v1/products", {})
    with pytest.raises(ProviderError):
        client.http.get("/v1/products", {})
    assert client.answered == [2]
    assert (client.http.waiting, client.http.rate) == (0, None)
    paced = Door(Answer(), pace=RateLimiter(rate=25)).http
    assert (paced.waiting, paced.rate) == (0, 25)


def test_stripe_tells_the_time() -> None:
    """The header of any answer, refusals included; one that is missing or odd tells nothing."""
    client = Door(
        Answer(headers={"Date": "soon"}),
        refusal(400, {"Date": "Thu, 26 Nov 2026 10:00:00 GMT"}),
        Answer(),
    )
    client.http.get("/v1/products", {})
    assert client.http.server_time is None
    for _ in range(2):
        with contextlib.suppress(ProviderError):
            client.http.get("/v1/products", {})
        assert client.http.server_time == 1_795_687_200


@pytest.mark.parametrize(("status", "body"), [(502, "<html>"), (403, "<html>"), (200, "null")])
def test_nobody_else_tells_the_time(status: int, body: str) -> None:
    """By it the age of an idempotency key is known: a wrong clock could make an old one young."""
    client = Door(Answer(status, body, {"Date": "Thu, 26 Nov 2026 10:00:00 GMT"}), retries=0)
    with pytest.raises(ProviderError):
        client.http.get("/v1/products", {})
    assert client.http.server_time is None


@pytest.mark.parametrize("odd", ["-5", "soon", "nan", "Wed, 21 Oct 2026 07:28:00 GMT", ""])
def test_an_odd_retry_after_is_ignored(odd: str) -> None:
    """The wait is then the usual one."""
    client = Door(refusal(429, {"Retry-After": odd}), Answer())
    client.http.get("/v1/products", {})
    (slept,) = client.slept
    assert 0.25 <= slept <= 0.5


def test_waits_double_and_are_spread() -> None:
    """Each wait is between half and all of a bound that doubles up to half a minute."""
    client = Door(refusal(500), retries=9)
    with pytest.raises(ProviderError):
        client.http.get("/v1/products", {})
    bounds = [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert all(b / 2 <= slept <= b for slept, b in zip(client.slept, bounds, strict=True))


def test_stripe_has_the_last_word_on_retries() -> None:
    """`Stripe-Should-Retry` overrules what the status suggests, both ways."""
    again = Door(refusal(400, {"Stripe-Should-Retry": "true"}), Answer())
    again.http.get("/v1/products", {})
    assert len(again.sent) == 2
    never = Door(refusal(503, {"stripe-should-retry": "false"}))
    with pytest.raises(ProviderError):
        never.http.get("/v1/products", {})
    assert len(never.sent) == 1


def test_a_replayed_failure_is_not_asked_for_again() -> None:
    """The first answer to a key is kept for a day: the same 500 would come for ever."""
    client = Door(refusal(500, {"Idempotent-Replayed": "true"}))
    with pytest.raises(ProviderError) as raised:
        client.http.post("/v1/products", {}, idempotency_key="k")
    assert raised.value.status == 500
    assert len(client.sent) == 1


# ── answers in a form that Stripe has none of ─────────────────────────────────────────────

PAGE = "<html>Bad gateway</html>"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 407, 409, 413, 429])
@pytest.mark.parametrize(
    "body",
    [
        PAGE,
        "",
        "null",
        [],
        "[" * 100_000,
        {},
        {"error": None},
        {"error": "nope"},
        {"error": ["nope"]},
        {"error": {}},
        {"error": {"message": ["nope"]}},
        {"error": {"code": 7, "type": "invalid_request_error"}},
        {"errors": [{"message": "nope"}]},
    ],
    ids=str,
)
def test_a_refusal_of_somebody_elses_decides_nothing(status: int, body: Any) -> None:
    """A proxy, or a server that is no Stripe: whether Stripe acted before is not known."""
    with pytest.raises(ForeignAnswerError) as raised:
        Door(Answer(status, body), retries=0).http.post("/v1/x", {}, idempotency_key="k")
    assert raised.value.status is None
    assert f"HTTP {status}" in str(raised.value.cause)
    assert raised.value.message.startswith("what answers at https://api.stripe.com does not")


def test_somebody_elses_refusal_is_quoted_without_secrets() -> None:
    """What is secret goes before the text is cut: half of a secret would not be known for one."""
    text = "x" * 60 + " Authorization: Bearer sk_test_scripted_0123456789 " + "y" * 100
    with pytest.raises(ForeignAnswerError) as raised:
        Door(Answer(403, text)).http.get("/v1/x", {})
    assert "sk_test" not in str(raised.value)
    assert len(str(raised.value.cause)) < 200


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    """Nor asked for again; who it leads to is told, and not with what."""
    away = {"location": "https://other.example/v1/products?name=Pro"}
    client = Door(Answer(status, "", away))
    with pytest.raises(ForeignAnswerError) as raised:
        client.http.post("/v1/products", {"name": "Pro"}, idempotency_key="k")
    assert "redirect to other.example (" in str(raised.value.cause)
    assert "name=Pro" not in str(raised.value)
    assert len(client.sent) == 1
    nowhere = Door(Answer(status, "", {"Location": "http://["}))
    with pytest.raises(ForeignAnswerError, match=r"redirect \(HTTP"):
        nowhere.http.get("/v1/products", {})


@pytest.mark.parametrize(("status", "tries"), [(403, 1), (404, 1), (408, 4), (500, 4), (502, 4)])
def test_what_may_pass_is_asked_for_again_whoever_answers(status: int, tries: int) -> None:
    """A proxy that lets nothing through does so each time."""
    client = Door(Answer(status, PAGE), retries=3)
    with pytest.raises(ProviderError):
        client.http.get("/v1/products", {})
    assert len(client.sent) == tries


@pytest.mark.parametrize("body", ["null", "[]", '"prod_1"', "7", "NaN"])
def test_an_answer_is_an_object(body: str) -> None:
    """JSON of any other kind is as good as none, and asked for again."""
    client = Door(Answer(200, body), Answer(200, '{"id": "x"}'))
    assert client.http.get("/v1/x", {}) == {"id": "x"}
    with pytest.raises(ForeignAnswerError, match="no object"):
        Door(Answer(200, body), retries=0).http.get("/v1/x", {})


@pytest.mark.parametrize(
    "body",
    ['{"name": "\\ud800"}', '{"n": 1e999}', '{"n": NaN}', '{"n": -Infinity}', '{"a":' * 99_999],
)
def test_an_answer_can_be_written_down(body: str) -> None:
    """What no state could hold is as good as none; it is not found out at the end of a run."""
    with pytest.raises(ForeignAnswerError):
        Door(Answer(200, body), retries=0).http.get("/v1/x", {})
    whole = '{"name": "\\ud83d\\ude00", "n": "1e999", "word": "NaN"}'
    assert Door(Answer(200, whole)).http.get("/v1/x", {})["name"] == "\U0001f600"


@pytest.mark.parametrize("status", [200, 400, 500])
def test_an_answer_is_text(status: int) -> None:
    """What is not UTF-8 is as good as none."""
    client = Door(Answer(status, b'{"id": "\xff"}'), retries=0)
    with pytest.raises(ProviderError) as raised:
        client.http.get("/v1/x", {})
    assert raised.value.status == (500 if status == 500 else None)


# ── errors ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ProviderError),
        (401, AuthenticationError),
        (402, ProviderError),
        (403, PermissionDeniedError),
        (404, NotFoundError),
        (409, ProviderError),
        (429, RateLimitedError),
        (500, ProviderError),
    ],
)
def test_errors_in_our_words(status: int, kind: type[ProviderError]) -> None:
    """Each status has its class; text, code, parameter and request id are Stripe's."""
    client = Door(refusal(status, code="some_code", param="a[b]"), retries=0)
    with pytest.raises(ProviderError) as raised:
        client.http.get("/v1/products", {})
    error = raised.value
    assert type(error) is kind
    assert error.message == f"refused with {status}"
    assert (error.status, error.code, error.param, error.request_id) == (
        status,
        "some_code",
        "a[b]",
        "req_1",
    )


def test_a_parameter_that_names_a_missing_object_is_not_found() -> None:
    """400 with `resource_missing` is the same finding as a 404."""
    client = Door(refusal(400, code="resource_missing", message="No such product: 'x'"))
    with pytest.raises(NotFoundError, match="No such product: 'x'"):
        client.http.get("/v1/prices", {"product": "x"})


@pytest.mark.parametrize(("own", "other"), [("test", "live"), ("live", "test")])
def test_an_object_of_the_other_mode_is_a_wrong_key(own: str, other: str) -> None:
    """The hint is about the key, whatever the status."""
    text = (
        f"No such price: 'price_x'; a similar object exists in {other} mode, but a {own} mode key "
        "was used to make this request."
    )
    client = Door(refusal(404, code="resource_missing", message=text))
    with pytest.raises(NotFoundError) as raised:
        client.http.get("/v1/prices/price_x", {})
    assert raised.value.hint == f"this key is for the other mode: use a {other}-mode key"


def test_no_answer_names_the_address() -> None:
    """Which server was asked, what went wrong, and where to look."""
    client = Door(Answer(lost=True), retries=0)
    with pytest.raises(ConnectionFailedError) as raised:
        client.http.get("/v1/products", {})
    assert raised.value.message == "Stripe could not be reached at https://api.stripe.com"
    assert "cut off" in str(raised.value.cause)
    assert "check the network" in str(raised.value.hint)


def test_an_answer_that_is_not_stripes_is_a_provider_error() -> None:
    """A proxy's HTML page ends in an error of ours, not in one of the SDK's."""
    client = Door(Answer(502, "<html>Bad gateway</html>"), retries=1)
    with pytest.raises(ProviderError) as raised:
        client.http.get("/v1/products", {})
    assert raised.value.status == 502
    assert "run the command again" in str(raised.value.hint)
    assert len(client.sent) == 2


@pytest.mark.parametrize(
    "body", ["", '{"id": "we_1", "secret": "whsec_abc', "<html>Log in to this network</html>"]
)
def test_an_answer_that_was_cut_off_is_none(body: str) -> None:
    """Its status says success, and what was asked may have been done: it is asked for again."""
    client = Door(Answer(200, body), Answer(200, '{"id": "we_1"}'), retries=1)
    assert client.http.post("/v1/webhook_endpoints", {}, idempotency_key="k") == {"id": "we_1"}
    assert [sent.headers["Idempotency-Key"] for sent in client.sent] == ["k", "k"]
    client = Door(Answer(200, body), retries=0)
    with pytest.raises(ConnectionFailedError) as raised:
        client.http.post("/v1/webhook_endpoints", {}, idempotency_key="k")
    assert raised.value.status is None
    assert raised.value.cause == "Its answer was cut off on the way, or came from another server."


def test_an_error_carries_no_trace_of_the_sdk() -> None:
    """The SDK's error holds headers and keys: it is not chained to ours."""
    client = Door(refusal(400))
    with pytest.raises(ProviderError) as raised:
        client.http.get("/v1/products", {})
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


def test_no_key_gets_into_an_error() -> None:
    """Whatever Stripe echoes."""
    client = Door(refusal(400, message="You sent sk_test_scripted with whsec_abc"))
    with pytest.raises(ProviderError) as raised:
        client.http.get("/v1/products", {})
    assert raised.value.message == "You sent sk_test_(redacted) with whsec_(redacted)"


def test_the_options_do_not_show_the_key() -> None:
    """A traceback with local variables gives nothing away."""
    assert "hunter2" not in repr(ClientOptions(api_key=Sensitive("sk_test_hunter2")))


@pytest.mark.parametrize("level", ["info", "debug"])
def test_the_sdk_writes_nothing_down(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    level: str,
) -> None:
    """Its debug log has bodies in it; neither it nor the environment can ask for them."""
    monkeypatch.setattr(stripe, "log", level)
    monkeypatch.setattr(stripe._util, "STRIPE_LOG", level)
    Door(Answer()).http.post("/v1/products", {"name": "Pro"}, idempotency_key="k")
    assert capsys.readouterr() == ("", "")


def test_whoever_listens_to_the_sdks_log_hears_nothing(
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A stack module may have turned logging on, and the SDK spells bodies in ways of its own."""
    # Somebody else's configuration of logging, in this process, may have turned it off.
    monkeypatch.setattr(logging.getLogger("stripe"), "disabled", False)
    caplog.set_level(logging.DEBUG)
    text = "geheim-müßig-秘密"
    client = Door(Answer(body={"secret": text}), refusal(400, message=f"Invalid: {text}"))
    client.http.post("/v1/products", {"name": Sensitive(text)}, idempotency_key="k")
    with pytest.raises(ProviderError):
        client.http.post("/v1/products", {"name": Sensitive(text)}, idempotency_key="k")
    assert caplog.text == ""


# ── the fence ─────────────────────────────────────────────────────────────────────────────


def test_the_fence_is_asked_before_each_try() -> None:
    """A lock that is taken while a request waits for its next try: nothing more is sent."""
    client = Door(Answer(lost=True))
    asked: list[int] = []

    def fence() -> None:
        asked.append(len(client.sent))
        if len(asked) > 2:
            raise LockLostError("the lock is another run's")

    with pytest.raises(LockLostError):
        client.http.post("/v1/products", {"name": "a"}, idempotency_key="k", fence=fence)
    assert asked == [0, 1, 2]
    assert len(client.sent) == client.http.writes == 2
    with pytest.raises(LockLostError):
        client.http.delete("/v1/products/prod_1", fence=fence)
    assert len(client.sent) == 2


def test_the_fence_is_asked_after_the_wait_for_the_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting for a turn may take long enough for the lock to be taken."""
    asked: list[str] = []
    pace = RateLimiter(rate=None)
    client = Door(pace=pace)
    wait = pace.wait

    def waited(endpoint: str) -> None:
        asked.append("pace")
        wait(endpoint)

    monkeypatch.setattr(pace, "wait", waited)
    client.http.post("/v1/products", {}, idempotency_key="k", fence=lambda: asked.append("fence"))
    assert asked == ["pace", "fence"]
