"""Heads and blobs in a bucket of S3, Google Cloud Storage, Azure, or a server that speaks S3.

This is the only caller of obstore, which has conditional writes for all three. A head is swapped
with the ETag or the generation that it was read with. A conditional write that fails says only
that it is not known to have succeeded: the library, too, repeats requests and may be refused by
its own write. Callers read again.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import os
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cached_property
from typing import Any, TypeVar

from engine.backends.shared.objects.address import parse_place
from engine.backends.shared.objects.errors import is_no_bucket, store_failed
from engine.backends.shared.objects.head_json import (
    LONGEST,
    StoreNote,
    decode_head,
    decode_note,
    encode_head,
    encode_note,
)
from engine.backends.shared.objects.self_test import RefusedWriteError, check_guarantees
from engine.backends.shared.store import Head, HeadChangedError, NameTakenError
from engine.errors import SettingsError, StateError
from engine.frozen import frozen

_T = TypeVar("_T")

_NOTE_NAME = "store.json"
_LARGEST = 1 << 30
"""Bytes of a blob that is read at all."""


@frozen
class Patience:
    """How long a store is waited for.

    Attributes:
        connect: Seconds for a connection.
        silence: Seconds without a byte.
        request: Seconds for one request.
        repeats: How often a request is repeated.
        repeating: Seconds after which none is repeated.
    """

    connect: float = 5
    silence: float = 12
    request: float = 45
    repeats: int = 3
    repeating: float = 10


class ObjectStore:
    """A `SharedStore` in a bucket."""

    def __init__(
        self,
        address: str,
        *,
        environ: Mapping[str, str] | None = None,
        patience: Patience | None = None,
    ) -> None:
        """Read the address; nothing is asked of the store yet.

        Raises:
            SettingsError: if it is no address of an object store.
        """
        self._environ = os.environ if environ is None else environ
        self._place = parse_place(address, self._environ)
        self._patience = patience or Patience()

    @property
    def address(self) -> str:
        """Where it is, as messages name it."""
        return str(self._place)

    def prepare(self) -> None:
        """Test the store where it has not been tested yet, and read its format."""
        note = self.read(_NOTE_NAME)
        if note is not None and decode_note(note, self._where(_NOTE_NAME)).tested == self.address:
            return
        # A note may have been copied from a store that keeps the promises to one that does not.
        check_guarantees(self)
        if note is None:
            try:
                self.create(_NOTE_NAME, encode_note(StoreNote(tested=self.address)))
            except NameTakenError:
                # Another process wrote it meanwhile; it has to be one that we can read.
                written = self.read(_NOTE_NAME)
                if written is not None:
                    decode_note(written, self._where(_NOTE_NAME))

    def head(self, environment: str, stack: str) -> Head | None:
        """The head of a stack; None if there never was one."""
        name = _head_name(environment, stack)
        found = self.read_version(name, LONGEST)
        if found is None:
            return None
        content, version = found
        return dataclasses.replace(decode_head(content, self._where(name)), version=version)

    def swap(self, environment: str, stack: str, head: Head, *, expected: Head | None) -> Head:
        """Store a head in place of `expected`, or raise HeadChangedError."""
        name = _head_name(environment, stack)
        version = None if expected is None else expected.version
        try:
            return dataclasses.replace(
                head, version=self.write_version(name, encode_head(head), version)
            )
        except RefusedWriteError:
            raise HeadChangedError(f"{self._where(name)} was changed") from None

    def stacks(self, environment: str) -> tuple[str, ...]:
        """Names of the stacks that have a head."""
        found = self._places(f"heads/{environment}/")
        return tuple(stack for where, stack in found if where == environment)

    def places(self) -> tuple[tuple[str, str], ...]:
        """The environment and the stack of every head."""
        return self._places("heads/")

    def _places(self, folder: str) -> tuple[tuple[str, str], ...]:
        names = (name for name in self.names(folder) if name.endswith(".json"))
        parts = (name.removeprefix("heads/").rpartition("/") for name in names)
        return tuple(sorted((where, file.removesuffix(".json")) for where, _, file in parts))

    def create(self, name: str, content: bytes) -> None:
        """Keep a blob under a free name, or raise NameTakenError."""
        try:
            self.write_version(name, content, None)
        except RefusedWriteError:
            raise NameTakenError(f"{self._where(name)} is there already") from None

    def put(self, name: str, content: bytes) -> None:
        """Keep a blob in place of any other."""
        self._try(f"write {name}", lambda: self._put(name, content, "overwrite"))

    def read(self, name: str) -> bytes | None:
        """The content of a blob; None if there is none."""
        found = self.read_version(name, _LARGEST)
        return None if found is None else found[0]

    def remove(self, name: str) -> None:
        """Remove a blob, if it is there."""

        def remove() -> None:
            try:
                self._library.delete(self._store, self._path(name))
            except FileNotFoundError as error:
                if is_no_bucket(error):
                    raise

        self._try(f"remove {name}", remove)

    def names(self, prefix: str) -> tuple[str, ...]:
        """The names that begin with a text, sorted."""
        # The library lists folders, and knows no prefix within the name of an object.
        folder = self._path(prefix.rpartition("/")[0]).strip("/")
        start = self._path("")

        def listed() -> list[str]:
            pages = self._library.list(self._store, prefix=folder or None)
            return [str(entry["path"]) for page in pages for entry in page]

        paths = self._try(f"list {prefix or 'its objects'}", listed)
        inside = (path.removeprefix(start) for path in paths if path.startswith(start))
        return tuple(sorted(name for name in inside if name.startswith(prefix)))

    def read_version(self, name: str, largest: int) -> tuple[bytes, str] | None:
        """The content of an object, and its version; None if there is none.

        Raises:
            StateError: if it is longer than `largest`.
        """

        def read() -> tuple[bytes, str] | None:
            try:
                found = self._library.get(self._store, self._path(name))
                if found.meta["size"] > largest:
                    return b"", ""
                return bytes(found.bytes()), _version(found.meta)
            except FileNotFoundError as error:
                if is_no_bucket(error):
                    raise
                return None

        result = self._try(f"read {name}", read)
        if result == (b"", ""):
            raise StateError(
                f"{self._where(name)} is longer than anything the engine writes there",
                hint="restore the earlier version of this object with the tools of the store",
            )
        return result

    def write_version(self, name: str, content: bytes, version: str | None) -> str:
        """Write an object in place of one version; None if there must be none yet.

        Returns:
            The new version.

        Raises:
            RefusedWriteError: if there is another one, or the store cannot tell.
        """
        mode = "create" if version is None else json.loads(version)
        errors = self._library.exceptions

        def write() -> str | None:
            try:
                return _version(self._put(name, content, mode))
            except (errors.AlreadyExistsError, errors.PreconditionError):
                return None
            except FileNotFoundError as error:
                if version is None or is_no_bucket(error):
                    raise
                return None  # what was to be replaced is gone

        written = self._try(f"write {name}", write)
        if written is None:
            raise RefusedWriteError(name)
        return written

    def _put(self, name: str, content: bytes, mode: Any) -> Any:
        # Never in parts: those have no conditions.
        return self._library.put(
            self._store, self._path(name), content, mode=mode, use_multipart=False
        )

    def _try(self, doing: str, action: Callable[[], _T]) -> _T:
        base = self._library.exceptions.BaseError
        try:
            return action()
        except (base, OSError, ValueError) as error:
            failed = store_failed(self._place, doing, error)
        # Outside of the handler, so that no traceback has the text of the library.
        raise failed

    def _path(self, name: str) -> str:
        return f"{self._place.prefix}/{name}" if self._place.prefix else name

    def _where(self, name: str) -> str:
        return f"{self._place.scheme}://{self._place.bucket}/{self._path(name)}"

    @cached_property
    def _library(self) -> Any:
        try:
            import obstore
            import obstore.exceptions
            import obstore.store
        except ImportError:
            raise SettingsError(
                f"{self.address}: the package obstore is not installed",
                hint="pip install 'stripe-stack-engine[cloud]'",
            ) from None
        return obstore

    @cached_property
    def _store(self) -> Any:
        stores = self._library.store
        opened = {"s3": self._open_s3, "gs": self._open_gs, "az": self._open_az}
        try:
            return opened[self._place.scheme](stores, self._client())
        except (self._library.exceptions.BaseError, OSError, ValueError) as error:
            failed = store_failed(self._place, "be opened", error)
        raise failed

    def _client(self) -> dict[str, Any]:
        patience = self._patience
        return {
            "client_options": {
                "allow_http": self._place.plain_http,
                "connect_timeout": timedelta(seconds=patience.connect),
                "read_timeout": timedelta(seconds=patience.silence),
                "timeout": timedelta(seconds=patience.request),
            },
            "retry_config": {
                "max_retries": patience.repeats,
                "retry_timeout": timedelta(seconds=patience.repeating),
            },
        }

    def _open_s3(self, stores: Any, client: Mapping[str, Any]) -> Any:
        given = {"endpoint": self._place.endpoint, "region": self._place.region}
        config: dict[str, Any] = {name: value for name, value in given.items() if value}
        config["disable_bulk_delete"] = True  # servers that speak S3 often lack it
        config["conditional_put"] = "etag"  # whatever a variable says
        own = ("AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE")
        provider = None
        if not any(self._environ.get(name) for name in own) and importlib.util.find_spec("boto3"):
            provider = self._boto3()
        return stores.S3Store(
            self._place.bucket, config=config, credential_provider=provider, **client
        )

    def _boto3(self) -> Any:
        """Credentials of profiles and SSO, which obstore does not know; None if there are none."""
        from obstore.auth.boto3 import Boto3CredentialProvider

        try:
            return Boto3CredentialProvider()
        except Exception:  # noqa: BLE001 - a broken profile is as good as none: obstore reports it
            return None

    def _open_gs(self, stores: Any, client: Mapping[str, Any]) -> Any:
        config: dict[str, Any] = {}
        if self._place.endpoint:
            config["base_url"] = self._place.endpoint
        return stores.GCSStore(self._place.bucket, config=config, **client)

    def _open_az(self, stores: Any, client: Mapping[str, Any]) -> Any:
        given = {"endpoint": self._place.endpoint, "account_name": self._place.account}
        config = {name: value for name, value in given.items() if value}
        return stores.AzureStore(self._place.bucket, config=config, **client)


def _head_name(environment: str, stack: str) -> str:
    return f"heads/{environment}/{stack}.json"


def _version(found: Mapping[str, Any]) -> str:
    """What a store calls a version, as text: an ETag, a generation, or both."""
    given = {key: found.get(key) for key in ("e_tag", "version") if found.get(key)}
    return json.dumps(given, sort_keys=True)
