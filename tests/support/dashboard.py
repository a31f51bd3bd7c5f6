"""What people do in the Dashboard, to the embedded account of a project."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from engine.bootstrap.project import EMBEDDED_KEY
from engine.emulator.core import Emulator
from engine.emulator.wire.messages import Request


class Dashboard:
    """A person at work in the Dashboard of a project's embedded account."""

    def __init__(self, root: Path, environment: str = "local") -> None:
        """Args: root: the project's folder. environment: the one whose account it is."""
        self._file = root / ".engine" / "emulator" / f"{environment}.db"

    def __call__(self, method: str, path: str, **fields: Any) -> dict[str, Any]:
        """Change something, or read it; nested fields are written `metadata__plan`."""
        form = urlencode({_bracketed(name): value for name, value in fields.items()})
        self._file.parent.mkdir(parents=True, exist_ok=True)
        headers = {"Authorization": f"Bearer {EMBEDDED_KEY}"}
        with Emulator(self._file) as emulator:
            request = Request.to(method, path, headers, form)
            answer = emulator.handle(request, by_hand=True)
        assert answer.status == 200, answer.document
        document: dict[str, Any] = answer.document
        return document


def _bracketed(name: str) -> str:
    head, *inner = name.split("__")
    return head + "".join(f"[{part}]" for part in inner)
