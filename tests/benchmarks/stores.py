"""What a journal costs that outlives the machine: applies with states in a store, beside files.

The store is a server in a process of its own whose every answer is so long on its way, as one in
the same region is. What must not live here: how a process is timed.
"""

from __future__ import annotations

import time
from importlib.util import find_spec
from multiprocessing.connection import Connection
from urllib.parse import urlsplit

from tests.benchmarks.harness import Command, Table
from tests.benchmarks.project import Project, project
from tests.benchmarks.rows import LATENCY, Extent
from tests.benchmarks.served import attend, running

_STORE_LATENCY = 0.02
_RATE = 100.0
_LONGER = 1.3
_PER_HUNDRED = 150
_QUIET = 11
_SETTING = '[tool.engine]\nstate = "env:ENGINE_STATE"\n'


def serve_store(pipe: Connection, latency: float) -> None:
    """Serve an empty bucket, as Google Cloud Storage does.

    Args:
        pipe: To the benchmark.
        latency: Seconds that every answer is on its way.
    """
    # Not above: see `serve_account`.
    from tests.support.object_servers import google_server  # noqa: PLC0415

    asked: list[str] = []

    def on_answer(method: str) -> None:
        asked.append(method)
        time.sleep(latency)

    def answered() -> int:
        count = len(asked)
        asked.clear()
        return count

    with google_server(on_answer) as url:
        attend(pipe, urlsplit(url).port or 0, {"answered": answered})


def stores(table: Table, extent: Extent) -> None:
    """Applies and plans with states in a store, and the same with files."""
    if find_spec("obstore") is None:
        table.title("states in a store: not measured, pip install 'stripe-stack-engine[cloud]'")
        return
    count, away = extent.creates, f"{1000 * _STORE_LATENCY:.0f} ms away"
    for rate in (_RATE, None):
        pace = "no limit" if rate is None else f"{rate:.0f} requests a second allowed and told"
        table.title(f"apply of {count:,} creates, {1000 * LATENCY:.0f} ms on the way, {pace}")
        with project(count, rate=rate, latency=LATENCY) as one:
            files = _command(one, rate, {"ENGINE_STATE": "file"}, "apply", "--yes").run()
        table.add("states in files: wall", files.seconds, "s")
        with (
            project(count, rate=rate, latency=LATENCY) as one,
            running(serve_store, _STORE_LATENCY) as server,
        ):
            environ = _place(server.url)
            stored = _command(one, rate, environ, "apply", "--yes").run()
            table.add(f"states in a store {away}: wall", stored.seconds, "s")
            table.add(
                "the same, of the time with files",
                stored.seconds / files.seconds,
                bound=None if rate is None else _LONGER,
            )
            asked = 100 * server.ask("answered") / count
            table.add("requests to the store for a hundred creates", asked, bound=_PER_HUNDRED)
            _command(one, rate, environ, "plan").run()
            table.add(
                "plan without changes: requests to the store",
                server.ask("answered"),
                bound=_QUIET,
            )


def _place(url: str) -> dict[str, str]:
    from tests.support.object_servers import google_login  # noqa: PLC0415

    return {"ENGINE_STATE": f"gs://benchmark/engine?endpoint={url}", **google_login(url)}


def _command(one: Project, rate: float | None, environ: dict[str, str], *words: str) -> Command:
    (one.root / "pyproject.toml").write_text(_SETTING, encoding="utf-8")
    pace = {} if rate is None else {"ENGINE_REQUESTS_PER_SECOND": f"{rate:.0f}"}
    return one.command(*words, **environ, **pace)
