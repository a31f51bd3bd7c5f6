"""What a behaviour sees of the emulator: one account's objects, and the other types.

`requests.call.Call` and `types.kinds.ObjectKind` are implementations. Behaviours import neither,
because both import the behaviours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeAlias

from engine.catalog.model import Shape
from engine.emulator.accounts.keys import Caller
from engine.emulator.shapes.document_builder import DocumentBuilder
from engine.emulator.storage.repository import Repository
from engine.emulator.wire.ids import Ids

Document: TypeAlias = dict[str, Any]
Params: TypeAlias = dict[str, Any]
Frozen: TypeAlias = Mapping[str, Any]
"""A document or parameters that are only read."""


class TypeView(Protocol):
    """A type, as a behaviour sees it."""

    @property
    def response(self) -> Shape:
        """Shape of its response."""

    @property
    def builder(self) -> DocumentBuilder:
        """Builds its documents."""

    @property
    def parent_field(self) -> str:
        """Where its documents hold the parent's id."""


class AccountView(Protocol):
    """The objects of an account in one mode, as one request sees them.

    Attributes:
        caller: Who sends the request.
        now: Seconds since 1970.
        ids: Makes ids.
        repository: The stored objects, tombstones of deleted ones included.
        version: API version of the emulator.
        asked: API version that the request asks for.
        gone: Parameters that only that version has, by path.
        local_endpoints: Webhook endpoints may be on loopback addresses.
    """

    caller: Caller
    now: int
    ids: Ids
    repository: Repository
    version: str
    asked: str
    gone: dict[str, str]
    local_endpoints: bool

    def kind(self, object: str) -> TypeView:
        """An emulated type by object name."""

    def find(self, object: str, path: str, value: Any, *, folded: bool = False) -> list[Document]:
        """Objects whose field has a value, newest first; deleted ones are left out."""

    def get(self, object: str, id: str) -> Document | None:
        """The object of an id; None if there is none, or it is deleted."""

    def named(self, object: str, id: str) -> Document | None:
        """The object that a parameter or a field names: of some types, of a related account."""

    def require(self, object: str, id: str, *, param: str) -> Document:
        """The object of an id that a parameter holds.

        Raises:
            StripeRefusal: There is none, or only in the other mode.
        """

    def only_one(self, object: str, parent: str = "") -> Document:
        """The one object of a type, or of a type below a parent."""

    def save(self, document: Document, *, word: str = "updated") -> None:
        """Store a new version of an object.

        Args:
            document: The object; one that is marked as deleted is.
            word: What its event says that was done.
        """

    def store_beside(self, document: Document) -> None:
        """Store what is another view of an object, with an event of its own."""

    def create(self, object: str, params: Params, parent: str = "") -> Document:
        """Make an object from typed, checked parameters."""

    def create_inside(self, object: str, params: Params, prefix: str) -> Document:
        """Make an object from the parameters inside another type's parameter, `prefix`."""

    def update(self, object: str, before: Document, params: Params) -> Document:
        """Change an object by typed, checked parameters."""

    def check_future(self, param: str, moment: int | None) -> None:
        """Refuse a time in the past, or too far ahead."""
