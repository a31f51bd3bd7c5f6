"""Requests to a code host: what is tried again, where a token goes, what an error says."""

from __future__ import annotations

import pytest

from engine.backends.code_hosts.api import Api
from engine.ports.ci.code_host import CodeHostError
from tests.support.ci.web import Answer, Asked, Web

SECRET = "ghp_abcdefghijklmnop"  # noqa: S105 - opens nothing


class Echo(Web):
    """Answers each request with its path."""

    def answer(self, asked: Asked) -> Answer:
        """Lists have 150 entries."""
        if asked.path == "/list":
            first = (int(asked.query["page"]) - 1) * 100
            return Answer(200, list(range(150))[first : first + int(asked.query["per_page"])])
        return Answer(200, {"path": asked.path})


def api(web: Web, waited: list[float]) -> Api:
    """An API that is asked without waiting."""
    return Api(
        web.url,
        {},
        token_header="Authorization",  # noqa: S106 - a name
        token=f"Bearer {SECRET}",
        sleep=waited.append,
    )


def test_a_list_is_read_page_after_page() -> None:
    """All of it."""
    with Echo() as web:
        assert list(api(web, []).pages("/list")) == list(range(150))


@pytest.mark.parametrize(
    ("trouble", "wait"),
    [
        (Answer(503), 1.0),
        (Answer(429, headers={"Retry-After": "7"}), 7.0),
        (Answer(403, headers={"X-RateLimit-Remaining": "0"}), 1.0),
    ],
)
def test_what_passes_is_tried_again(trouble: Answer, wait: float) -> None:
    """A server error, and a rate limit in each of its forms."""
    waited: list[float] = []
    with Echo() as web:
        web.troubles = [trouble]
        assert api(web, waited).get("/x") == {"path": "/x"}
    assert waited == [wait]


@pytest.mark.parametrize("trouble", [Answer(502), Answer(403), Answer(422)])
def test_a_change_that_may_have_happened_is_not_sent_again(trouble: Answer) -> None:
    """Two comments would come of it."""
    with Echo() as web:
        web.troubles = [trouble]
        with pytest.raises(CodeHostError):
            api(web, []).send("POST", "/x", {})
        assert len(web.asked) == 1


def test_a_long_wait_is_not_waited_for() -> None:
    """A job costs money while it waits."""
    with Echo() as web:
        web.troubles = [Answer(429, headers={"Retry-After": "3600"})]
        with pytest.raises(CodeHostError, match="429"):
            api(web, []).get("/x")


def test_an_error_says_what_and_why_and_not_the_token() -> None:
    """The host's own words are the cause."""
    with Echo() as web:
        web.troubles = [Answer(403, {"message": "Resource not accessible by integration"})]
        with pytest.raises(CodeHostError) as caught:
            api(web, []).get("/x", secret=1)
    assert caught.value.message == "GET /x was refused with 403"
    assert caught.value.cause == "Resource not accessible by integration"
    assert caught.value.is_forbidden
    assert SECRET not in str(caught.value)


def test_a_redirect_does_not_take_the_token_along() -> None:
    """Archives are on another machine."""
    with Echo() as web, Echo() as other:
        web.troubles = [Answer(302, headers={"Location": f"{other.url}/archive"})]
        assert api(web, []).get("/x") == {"path": "/archive"}
        assert web.asked[0].headers["authorization"] == f"Bearer {SECRET}"
        assert "authorization" not in other.asked[0].headers


def test_no_response_is_an_error_after_some_tries() -> None:
    """The address is on this machine, and nothing listens there."""
    waited: list[float] = []
    with Echo() as web:
        url = web.url
    dead = Api(url, {}, token_header="x", token="", sleep=waited.append)  # noqa: S106 - none
    with pytest.raises(CodeHostError, match="no response"):
        dead.get("/x")
    assert len(waited) == 3


@pytest.mark.parametrize("base", ["http://github.example", "file:///etc", "ftp://localhost"])
def test_a_token_goes_over_https(base: str) -> None:
    """Or stays on this machine."""
    with pytest.raises(CodeHostError, match="https"):
        Api(base, {}, token_header="x", token="y")  # noqa: S106 - opens nothing
