"""The stores that machines can share, each as the address of an empty one."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from tests.support.object_servers import fresh_bucket
from tests.support.postgres_server import fresh_address
from tests.support.state_server import GITLAB, StateServer

HTTP_PASSWORD = "hunter22-hunter22"  # noqa: S105 - of a test


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
def _bucket(kind: str) -> Iterator[StoreAddress]:
    yield StoreAddress(*fresh_bucket(kind))


@contextmanager
def _postgresql() -> Iterator[StoreAddress]:
    yield StoreAddress(fresh_address())


@contextmanager
def _http() -> Iterator[StoreAddress]:
    server = StateServer(gitlab=True, login=("ann", HTTP_PASSWORD))
    login = {"TF_HTTP_USERNAME": "ann", "TF_HTTP_PASSWORD": HTTP_PASSWORD}
    yield StoreAddress(f"{server.address}{GITLAB}", login)
    server.close()


STORE_ADDRESSES: dict[str, Callable[[], AbstractContextManager[StoreAddress]]] = {
    "s3": functools.partial(_bucket, "s3"),
    "azure": functools.partial(_bucket, "azure"),
    "postgresql": _postgresql,
    "http": _http,
}
"""By name: what makes an empty store for one test, or skips it with the reason."""
