"""The stores that machines can share, each as the address of an empty one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

import pytest

from tests.support.object_servers import S3_LOGIN, put
from tests.support.postgres_server import fresh_address


@dataclass(frozen=True)
class StoreAddress:
    """Where a store is.

    Attributes:
        state: What `state = ...` says in pyproject.toml.
        login: What a machine has to have in its environment.
    """

    state: str
    login: dict[str, str] = field(default_factory=dict)


@contextmanager
def _s3() -> Iterator[StoreAddress]:
    server = pytest.importorskip("moto.server", reason="needs the extra `stores`")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    running = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    url = f"http://{host}:{port}"
    put(f"{url}/machines")
    yield StoreAddress(f"s3://machines/engine?endpoint={url}&region=us-east-1", S3_LOGIN)
    running.stop()


@contextmanager
def _postgresql() -> Iterator[StoreAddress]:
    yield StoreAddress(fresh_address())


STORE_ADDRESSES: dict[str, Callable[[], AbstractContextManager[StoreAddress]]] = {
    "s3": _s3,
    "postgresql": _postgresql,
}
"""By name: what makes an empty store for one test, or skips it with the reason."""
