"""Who holds a lock, and what everybody else is told.

What must not live here: the locks themselves.
"""

from __future__ import annotations

import datetime as dt
import getpass
import os
import secrets
import socket

from engine.errors import LockHeldError
from engine.state.backend import Holder


def this_run(operation: str) -> Holder:
    """This process, as the holder of a lock.

    Args:
        operation: What it holds the lock for.
    """
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # no such user in a container
        user = str(os.getuid())
    return Holder(
        id=secrets.token_hex(4),
        operation=operation,
        who=f"{user}@{socket.gethostname()}",
        pid=os.getpid(),
        since=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    )


def held(stack: str, environment: str, holder: Holder | None) -> LockHeldError:
    """The refusal that whoever comes second gets.

    Args:
        stack: Stack name.
        environment: Environment name.
        holder: Who holds the lock; None if nothing says so.
    """
    return LockHeldError(
        f"{environment}/{stack} is locked by {holder or 'another run'}",
        hint="wait for it to end, or give --lock-timeout SECONDS to wait here",
    )
