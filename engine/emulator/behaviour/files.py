"""Files, links to them, and the secrets of apps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from engine.emulator.behaviour.account_view import AccountView, Document, Frozen, Params
from engine.emulator.behaviour.base import Behaviour
from engine.emulator.shapes.document_builder import drop_absent
from engine.emulator.wire import errors
from engine.emulator.wire.errors import StripeRefusal
from engine.emulator.wire.multipart import Upload

_FILES = "https://files.stripe.com"
_SECRET = "apps.secret"  # noqa: S105 - an object name


class FileBehaviour(Behaviour):
    """A file that was uploaded."""

    def check_create(self, view: AccountView, params: Params) -> None:
        """Require the file itself (the text is ours, ?)."""
        del view
        if not isinstance(params["file"], Upload):
            raise StripeRefusal("Invalid file: must be sent as multipart/form-data.", param="file")

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Set what is returned of the file: everything but its content."""
        del view
        upload: Upload = params["file"]
        ending = upload.filename.rpartition(".")[2].lower() if "." in upload.filename else None
        document.update(
            filename=upload.filename,
            size=upload.size,
            type=ending,
            url=f"{_FILES}/v1/files/{document['id']}/contents",
        )

    def created(self, view: AccountView, params: Params, document: Document) -> None:
        """Make the link in the parameters (D)."""
        link = params.get("file_link_data")
        if link is not None and link["create"]:
            rest = {name: value for name, value in link.items() if name != "create"}
            view.create_inside("file_link", {**rest, "file": document["id"]}, "file_link_data")


class FileLinkBehaviour(Behaviour):
    """A link to a file."""

    computed_filters: ClassVar[frozenset[str]] = frozenset({"expired"})

    def check_create(self, view: AccountView, params: Params) -> None:
        """Check when it ends."""
        view.check_future("expires_at", params.get("expires_at"))

    def check_update(self, view: AccountView, params: Params) -> None:
        """Check when it ends."""
        if params.get("expires_at") != "now":
            view.check_future("expires_at", params.get("expires_at"))

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Set its URL."""
        del params
        mode = "" if view.caller.livemode else "test_"
        document["url"] = f"{_FILES}/links/{mode}{document['id'][-24:]}"

    def updating(self, view: AccountView, params: Params, before: Frozen, after: Document) -> None:
        """Refuse a change of an expired link (D; the text is ours, ?)."""
        del params, after
        if before["expires_at"] is not None and before["expires_at"] <= view.now:
            raise StripeRefusal("An expired file link cannot be updated.")

    def showing(self, view: AccountView, document: Document) -> None:
        """Set whether it has expired."""
        ends = document["expires_at"]
        document["expired"] = ends is not None and ends <= view.now


class SecretBehaviour(Behaviour):
    """A secret of an app, identified by name and scope."""

    verbs: ClassVar[frozenset[str]] = frozenset({"find", "delete_where"})
    indexed: ClassVar[Mapping[str, bool]] = {"name": False}
    # The response holds it if it is expanded.
    hidden: ClassVar[frozenset[str]] = frozenset({"payload"})

    def check_create(self, view: AccountView, params: Params) -> None:
        """Check the scope, and when it ends (R)."""
        _check_scope(params["scope"])
        view.check_future("expires_at", params.get("expires_at"))

    def object_to_replace(self, view: AccountView, document: Frozen) -> Document | None:
        """Replace the secret of the same name and scope (R)."""
        return _found(view, document["name"], document["scope"])

    def find_target(self, view: AccountView, verb: str, params: Frozen) -> Document:
        """Find a secret by name and scope."""
        del verb
        _check_scope(params["scope"])
        found = _found(view, params["name"], params["scope"])
        if found is None or (found["expires_at"] is not None and found["expires_at"] <= view.now):
            raise errors.resource_missing("secret", params["name"], param="name", in_path=True)
        return found

    def called(self, view: AccountView, verb: str, document: Document) -> Frozen | None:
        """Delete the secret, or return it."""
        if verb != "delete_where":
            return None
        view.repository.remove(_SECRET, document["id"])
        deleted = {name: value for name, value in document.items() if name != "payload"}
        drop_absent(deleted, view.kind(_SECRET).response)
        return {**deleted, "deleted": True}


def _check_scope(scope: Frozen) -> None:
    if scope["type"] == "user" and scope.get("user") is None:
        raise errors.missing_parameter("scope[user]")
    if scope["type"] == "account" and scope.get("user") is not None:
        # ? The text is ours.
        raise StripeRefusal(
            "`scope[user]` can only be set when `scope[type]` is `user`.", param="scope[user]"
        )


def _found(view: AccountView, name: str, scope: Frozen) -> Document | None:
    for other in view.find(_SECRET, "name", name):
        held = other["scope"]
        if held["type"] == scope["type"] and held.get("user") == scope.get("user"):
            return other
    return None
