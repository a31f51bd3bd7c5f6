"""Where deliveries go: to this machine, whatever a URL says."""

from __future__ import annotations

import pytest

from engine.emulator.delivery.targets import aim, forward_target, target_of
from engine.errors import UsageError


@pytest.mark.parametrize(
    ("url", "addresses", "port", "path"),
    [
        ("http://127.0.0.1:4242/hook", ("127.0.0.1",), 4242, "/hook"),
        ("http://127.0.0.1", ("127.0.0.1",), 80, ""),
        ("http://127.9.9.9:1/a?b=c", ("127.9.9.9",), 1, "/a?b=c"),
        ("http://[::1]:4242/hook", ("::1",), 4242, "/hook"),
        ("http://localhost:4242/hook", ("127.0.0.1", "::1"), 4242, "/hook"),
        ("http://LOCALHOST.:4242/hook", ("127.0.0.1", "::1"), 4242, "/hook"),
        ("http://shop.localhost:4242/hook", ("127.0.0.1", "::1"), 4242, "/hook"),
    ],
)
def test_this_machine(url: str, addresses: tuple[str, ...], port: int, path: str) -> None:
    """Its addresses, and the names that RFC 6761 keeps for it, which are never looked up."""
    found = target_of(url)
    assert found is not None
    assert (found.addresses, found.port, found.path) == (addresses, port, path)
    assert found.url == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://example.com/hook",
        "http://example.com/hook",
        "http://127.0.0.1.evil.example/",
        "http://127.0.0.1.evil/",
        "http://localhost.evil.example/",
        "http://evillocalhost/",
        "http://0.0.0.0:4242/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://[::ffff:10.0.0.1]/",
        "http://[fe80::1%25lo]/",
        "http://[::1%25lo]/",
        "http://127.0.0.1@evil.example/",
        "http://user:word@127.0.0.1:4242/",
        "http://evil.example\\@127.0.0.1/",
        "http://127.0.0.1\\.evil.example/",
        "http://evil.example#@127.0.0.1/",
        "http://evil.example/?127.0.0.1",
        "http://127.0.0.1:port/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1/a b",
        "http://127.0.0.1/a\r\nX-Injected: 1",
        "http://\uff11\uff12\uff17.0.0.1/",
        "http://\u246027.0.0.1/",
        "https://127.0.0.1:4242/hook",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "//127.0.0.1/",
        "127.0.0.1:4242",
        "http://",
        "http://[::1",
    ],
)
def test_every_other(url: str) -> None:
    """Other spellings of loopback are not taken for it either; nothing is sent there."""
    assert target_of(url) is None


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://127.0.0.1:4242/hook", "http://127.0.0.1:4242/hook"),
        ("localhost:4242/hook", "http://localhost:4242/hook"),
        ("127.0.0.1:4242", "http://127.0.0.1:4242"),
    ],
)
def test_forward_to(text: str, url: str) -> None:
    """As `stripe listen --forward-to` takes them."""
    assert forward_target(text).url == url


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("https://example.com/hook", "it speaks https"),
        ("http://example.com/hook?key=hidden", "it is not on this machine"),
        ("http://127.0.0.1.evil.example", "it is not on this machine"),
        ("http://me:hidden@127.0.0.1:4242/", "it holds a login"),
        ("http://127.0.0.1:hidden/", "it is not on this machine"),
        ("", "it is not on this machine"),
    ],
)
def test_forward_to_elsewhere_is_refused(text: str, says: str) -> None:
    """It says why, and shows nothing that may be secret."""
    with pytest.raises(UsageError) as refused:
        forward_target(text)
    assert says in str(refused.value)
    assert "hidden" not in f"{refused.value} {refused.value.hint}"


@pytest.mark.parametrize(
    ("endpoint", "forward", "goes_to"),
    [
        ("https://shop.example/hook?a=1", None, None),
        ("https://shop.example/hook?a=1", "127.0.0.1:4242", "http://127.0.0.1:4242/hook?a=1"),
        ("https://shop.example/hook?a=1", "127.0.0.1:4242/", "http://127.0.0.1:4242/hook?a=1"),
        ("https://shop.example/hook", "127.0.0.1:4242/other", "http://127.0.0.1:4242/other"),
        ("https://shop.example", "127.0.0.1:4242", "http://127.0.0.1:4242"),
        ("https://shop.example/a\nb", "127.0.0.1:4242", "http://127.0.0.1:4242"),
        ("http://127.0.0.1:5000/hook", "127.0.0.1:4242", "http://127.0.0.1:5000/hook"),
        ("", "127.0.0.1:4242/hook", "http://127.0.0.1:4242/hook"),
        ("", "127.0.0.1:4242", "http://127.0.0.1:4242"),
        ("", None, None),
    ],
)
def test_where_events_go(endpoint: str, forward: str | None, goes_to: str | None) -> None:
    """An endpoint on this machine gets its own; others go to the application that is named.

    Its path is used, or else the endpoint's, as with `stripe listen --load-from-webhooks-api`.
    """
    found = aim(endpoint, None if forward is None else forward_target(forward))
    assert (found and found.url) == goes_to
