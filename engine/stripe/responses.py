"""Check that a response is Stripe's response to the request: object, id, mode, page.

Responses that cannot be read at all are refused by `http.inspection`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from engine.errors import ForeignAnswerError
from engine.frozen import frozen
from engine.schema.remote import RemoteObject, composite_id
from engine.schema.resource_type import ResourceType
from engine.stripe.paths import parts_of
from engine.values.paths import get_path

_NAMES = (("settings", "dashboard", "display_name"), ("business_profile", "name"))
"""Where an account has a name: what the Dashboard shows, or else that of the business."""
_MODES = {True: "live mode", False: "test mode"}


def account_name(answer: Mapping[str, Any]) -> str:
    """What people call an account; empty if it has no name, or the response does not hold it."""
    found = (get_path(answer, path) for path in _NAMES)
    return next((name for name in found if isinstance(name, str) and name), "")


@frozen(kw_only=False)
class ResponseCheck:
    """Checks the response to one request.

    Attributes:
        request: For messages, `POST /v1/products`.
        livemode: Whether the key is one of live mode; None if it does not say.
    """

    request: str
    livemode: bool | None

    def object(self, kind: ResourceType, answer: Mapping[str, Any], id: str = "") -> RemoteObject:
        """Check that a response is an object.

        Args:
            kind: The type that was asked for.
            answer: The response.
            id: The object that was asked for, as state names it; empty for a new one.

        Raises:
            ForeignAnswerError: if it is of another type, object or mode, or has no id.
        """
        self._of_kind(kind, answer)
        self._named(kind, answer, id)
        self._of_mode(answer)
        return answer

    def removed(self, kind: ResourceType, answer: Mapping[str, Any], id: str) -> None:
        """Check that a response confirms that an object was deleted.

        D: v1 names id and type, v2 the id alone.

        Raises:
            ForeignAnswerError: if it does not.
        """
        if "object" in answer or not kind.is_v2:
            self._of_kind(kind, answer)
        self._named(kind, answer, id)
        if answer.get("deleted", True) is not True:
            raise self._foreign("it says that the object was not deleted")
        self._of_mode(answer)

    def account(self, answer: Mapping[str, Any]) -> str:
        """Check that a response is the account of the key, and return its id.

        Raises:
            ForeignAnswerError: if it is not.
        """
        self._of_type(answer, ("account",))
        self._has_id(answer.get("id"), "")
        self._of_mode(answer)
        return str(answer["id"])

    def page(
        self, kind: ResourceType, answer: Mapping[str, Any]
    ) -> tuple[Sequence[RemoteObject], str]:
        """Check that a response is a page of a list.

        Returns:
            Its objects, and the cursor of the next page; empty if this is the last page.

        Raises:
            ForeignAnswerError: if it is not, or holds other objects.
        """
        page = answer.get("data")
        if not isinstance(page, list) or not all(isinstance(entry, dict) for entry in page):
            raise self._foreign("it is no list of objects")
        found = [self.object(kind, entry) for entry in page]
        if kind.is_v2:
            following = answer.get("next_page_url")
            if not following:
                return found, ""
            tokens = parse_qs(urlsplit(str(following)).query).get("page")
            if not tokens:
                raise self._foreign("it names a next page and not which")
            return found, tokens[0]
        self._of_type(answer, ("list",))
        if not answer.get("has_more"):
            return found, ""
        if not found:
            raise self._foreign("it is an empty page, and says that there are more")
        return found, str(found[-1]["id"])

    def events(self, answer: Mapping[str, Any]) -> tuple[Sequence[Mapping[str, Any]], str]:
        """Check that a response is a page of events.

        Returns:
            The events, and the cursor of the next page; empty if this is the last page.

        Raises:
            ForeignAnswerError: if it is not.
        """
        self._of_type(answer, ("list",))
        page = answer.get("data")
        if not isinstance(page, list) or not all(isinstance(entry, dict) for entry in page):
            raise self._foreign("it is no list of events")
        for entry in page:
            self._of_type(entry, ("event",))
            self._has_id(entry.get("id"), "")
            self._of_mode(entry)
        return page, str(page[-1]["id"]) if page and answer.get("has_more") else ""

    def repeated(self) -> ForeignAnswerError:
        """Error for a list that leads back to a page that was read."""
        return self._foreign("its next page is one that was read before")

    def _of_kind(self, kind: ResourceType, answer: Mapping[str, Any]) -> None:
        word = kind.root.fields["object"]
        known = word.values if not word.open_values else (*word.values, answer.get("object"))
        self._of_type(answer, known)

    def _of_type(self, answer: Mapping[str, Any], words: Sequence[Any]) -> None:
        word = answer.get("object")
        if not isinstance(word, str) or word not in words:
            wanted = " or ".join(repr(name) for name in words)
            raise self._foreign(f"its `object` is {_shown(word)}, not {wanted}")

    def _named(self, kind: ResourceType, answer: Mapping[str, Any], id: str) -> None:
        if kind.life.composite is not None:
            self._has_id(composite_id(kind.life.composite, answer), id)
        elif not kind.life.singleton:
            self._has_id(answer.get("id"), parts_of(kind, id)[1] if id else "")

    def _has_id(self, id: Any, asked: str) -> None:
        if not isinstance(id, str) or not id:
            raise self._foreign("it has no id")
        if asked and id != asked:
            raise self._foreign(f"it is about {_shown(id)}, not {asked!r}")

    def _of_mode(self, answer: Mapping[str, Any]) -> None:
        mode = answer.get("livemode", self.livemode)
        if self.livemode is not None and mode is not self.livemode:
            named = _MODES.get(mode) if isinstance(mode, bool) else "no mode"
            raise self._foreign(f"it is of {named}, and the key is one of {_MODES[self.livemode]}")

    def _foreign(self, why: str) -> ForeignAnswerError:
        return ForeignAnswerError(
            f"the answer to {self.request} is not Stripe's answer to that",
            cause=f"{why[0].upper()}{why[1:]}.",
            hint="nothing of it was taken over. Check STRIPE_API_BASE, and the proxy if there is "
            "one, then run the command again",
        )


def _shown(value: Any) -> str:
    """A value of a response, short enough for a message."""
    return "missing" if value is None else repr(value)[:60]
