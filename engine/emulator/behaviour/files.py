"""Files, links to them, and the secrets of apps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from engine.emulator.behaviour.base import Behaviour
from engine.emulator.shapes.defaults import leave_out_absent
from engine.emulator.wire import errors
from engine.emulator.wire.errors import StripeRefusal
from engine.emulator.wire.multipart import Upload

if TYPE_CHECKING:
    from engine.emulator.requests.call import Call

_FILES = "https://files.stripe.com"
_SECRET = "apps.secret"  # noqa: S105 - an object name


class FileBehaviour(Behaviour):
    """A file that was uploaded."""

    def check_create(self, call: Call, params: dict[str, Any]) -> None:
        """Require the file itself (the text is ours, ?)."""
        del call
        if not isinstance(params["file"], Upload):
            raise StripeRefusal("Invalid file: must be sent as multipart/form-data.", param="file")

    def creating(self, call: Call, params: dict[str, Any], document: dict[str, Any]) -> None:
        """Tell of the file what can be told without its content."""
        del call
        upload: Upload = params["file"]
        ending = upload.filename.rpartition(".")[2].lower() if "." in upload.filename else None
        document.update(
            filename=upload.filename,
            size=upload.size,
            type=ending,
            url=f"{_FILES}/v1/files/{document['id']}/contents",
        )

    def created(self, call: Call, params: dict[str, Any], document: dict[str, Any]) -> None:
        """Make the link that came along (D)."""
        link = params.get("file_link_data")
        if link is not None and link["create"]:
            rest = {name: value for name, value in link.items() if name != "create"}
            call.create_inside("file_link", {**rest, "file": document["id"]}, "file_link_data")


class FileLinkBehaviour(Behaviour):
    """A link to a file."""

    volatile: ClassVar[frozenset[str]] = frozenset({"expired"})

    def check_create(self, call: Call, params: dict[str, Any]) -> None:
        """Check when it ends."""
        call.check_future("expires_at", params.get("expires_at"))

    def check_update(self, call: Call, params: dict[str, Any]) -> None:
        """Check when it ends."""
        if params.get("expires_at") != "now":
            call.check_future("expires_at", params.get("expires_at"))

    def creating(self, call: Call, params: dict[str, Any], document: dict[str, Any]) -> None:
        """Make the link."""
        del params
        mode = "" if call.caller.livemode else "test_"
        document["url"] = f"{_FILES}/links/{mode}{document['id'][-24:]}"

    def updating(
        self,
        call: Call,
        params: dict[str, Any],
        before: Mapping[str, Any],
        after: dict[str, Any],
    ) -> None:
        """Leave an expired link as it is (D; the text is ours, ?)."""
        del params, after
        if before["expires_at"] is not None and before["expires_at"] <= call.now:
            raise StripeRefusal("An expired file link cannot be updated.")

    def shown(self, call: Call, document: dict[str, Any]) -> None:
        """Tell whether it has ended."""
        ends = document["expires_at"]
        document["expired"] = ends is not None and ends <= call.now


class SecretBehaviour(Behaviour):
    """A secret of an app, named by its name and scope."""

    verbs: ClassVar[frozenset[str]] = frozenset({"find", "delete_where"})
    indexed: ClassVar[Mapping[str, bool]] = {"name": False}
    # The answer holds it, if it is expanded.
    hidden: ClassVar[frozenset[str]] = frozenset({"payload"})

    def check_create(self, call: Call, params: dict[str, Any]) -> None:
        """Check the scope, and when it ends (R)."""
        _check_scope(params["scope"])
        call.check_future("expires_at", params.get("expires_at"))

    def overwrites(self, call: Call, document: Mapping[str, Any]) -> dict[str, Any] | None:
        """Write over the secret of the same name and scope (R)."""
        return _found(call, document["name"], document["scope"])

    def addressed(self, call: Call, verb: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Find a secret by name and scope."""
        del verb
        _check_scope(params["scope"])
        found = _found(call, params["name"], params["scope"])
        if found is None or (found["expires_at"] is not None and found["expires_at"] <= call.now):
            raise errors.resource_missing("secret", params["name"], param="name", in_path=True)
        return found

    def called(self, call: Call, verb: str, document: dict[str, Any]) -> Mapping[str, Any] | None:
        """Delete, or let the secret be shown."""
        if verb != "delete_where":
            return None
        call.tables.remove(_SECRET, document["id"])
        told = {name: value for name, value in document.items() if name != "payload"}
        leave_out_absent(told, call.kind(_SECRET).answer)
        return {**told, "deleted": True}


def _check_scope(scope: Mapping[str, Any]) -> None:
    if scope["type"] == "user" and scope.get("user") is None:
        raise errors.missing_parameter("scope[user]")
    if scope["type"] == "account" and scope.get("user") is not None:
        # ? The text is ours.
        raise StripeRefusal(
            "`scope[user]` can only be set when `scope[type]` is `user`.", param="scope[user]"
        )


def _found(call: Call, name: str, scope: Mapping[str, Any]) -> dict[str, Any] | None:
    for other in call.find(_SECRET, "name", name):
        held = other["scope"]
        if held["type"] == scope["type"] and held.get("user") == scope.get("user"):
            return other
    return None
