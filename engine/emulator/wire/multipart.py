"""Uploads: `multipart/form-data` as Stripe's clients send it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import field
from typing import Final

from engine.emulator.wire import errors
from engine.frozen import frozen

MULTIPART_TYPE: Final = "multipart/form-data"
_BOUNDARY = re.compile(r'boundary="?([^";]+)"?')
_NAME = re.compile(r'[; ]name="([^"]*)"')
_FILE_NAME = re.compile(r'filename="([^"]*)"')


@frozen
class Upload:
    """A file that was sent.

    Attributes:
        filename: The name that the client gave it.
        content: What is in it.
        digest: Of the content, which distinguishes two uploads in a `repr`.
    """

    filename: str
    content: bytes = field(repr=False)
    digest: str

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.content)


def parts_of(content_type: str, body: bytes) -> list[tuple[str, str | Upload]]:
    """Read the parts of a body, in their order.

    Raises:
        StripeRefusal: The body does not fit its header.
    """
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        raise errors.not_a_form()
    sections = body.split(b"--" + boundary[1].encode())
    if len(sections) < 2 or not sections[-1].startswith(b"--"):  # noqa: PLR2004 - around a part
        raise errors.not_a_form()
    return [_part(section) for section in sections[1:-1]]


def _part(section: bytes) -> tuple[str, str | Upload]:
    head, blank, content = section.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    try:
        headers = head.decode()
        name = _NAME.search(headers)
        if not blank or name is None:
            raise errors.not_a_form()
        content = content.removesuffix(b"\r\n")
        filename = _FILE_NAME.search(headers)
        if filename is None:
            return name[1], content.decode()
    except UnicodeDecodeError:
        raise errors.not_a_form() from None
    digest = hashlib.sha256(content).hexdigest()
    return name[1], Upload(filename=filename[1], content=content, digest=digest)
