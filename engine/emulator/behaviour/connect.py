"""Connected accounts, their persons and their bank accounts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from engine.emulator.accounts.connected import foreign_account
from engine.emulator.behaviour.account_view import AccountView, Document, Frozen, Params
from engine.emulator.behaviour.base import Behaviour
from engine.emulator.shapes.document_builder import drop_absent
from engine.emulator.wire import errors
from engine.emulator.wire.errors import StripeRefusal
from engine.emulator.wire.ids import IdForm

_ACCOUNT_NUMBER_TAIL = 4
_NOTHING_REQUIRED: Mapping[str, Any] = {
    "alternatives": [],
    "current_deadline": None,
    "currently_due": [],
    "disabled_reason": None,
    "errors": [],
    "eventually_due": [],
    "past_due": [],
    "pending_verification": [],
}
_NOTHING_REQUIRED_OF_PERSONS: Mapping[str, Any] = {
    name: value
    for name, value in _NOTHING_REQUIRED.items()
    if name not in ("current_deadline", "disabled_reason")
}
# S: fields of cards that bank accounts do not have.
_OF_CARDS = frozenset(
    {
        "address_city",
        "address_country",
        "address_line1",
        "address_line1_check",
        "address_line2",
        "address_state",
        "address_zip",
        "address_zip_check",
        "allow_redisplay",
        "brand",
        "cvc_check",
        "dynamic_last4",
        "exp_month",
        "exp_year",
        "funding",
        "name",
        "networks",
        "regulated_status",
        "tokenization_method",
    }
)
_REASONS: Mapping[str, str] = {"fraud": "fraud", "terms": "terms_of_service"}
_GIVEN_ONCE = ("id_number", "id_number_secondary", "ssn_last_4")


def _not_signed_up() -> StripeRefusal:
    """A connected account that makes accounts (R)."""
    return StripeRefusal(
        "You can only create new accounts if you've signed up for Connect, which you can do at "
        "https://dashboard.stripe.com/connect."
    )


class AccountBehaviour(Behaviour):
    """A connected account."""

    id_form: ClassVar[IdForm] = IdForm(length=16, with_account=False)
    verbs: ClassVar[frozenset[str]] = frozenset({"reject", "unreject"})
    # R: `No such destination: 'acct_x'`, `No such on_behalf_of: 'acct_x'`.
    called_as_param: ClassVar[bool] = True
    platforms_only: ClassVar[Mapping[str, Callable[[], StripeRefusal]]] = {"create": _not_signed_up}
    defaults: ClassVar[Mapping[str, Any]] = {
        "charges_enabled": True,
        "controller.type": "application",
        "country": "US",
        "default_currency": "usd",
        "details_submitted": True,
        "future_requirements": dict(_NOTHING_REQUIRED),
        "payouts_enabled": True,
        "requirements": dict(_NOTHING_REQUIRED),
        "tos_acceptance": {"date": None, "ip": None, "user_agent": None},
    }

    def check_create(self, view: AccountView, params: Params) -> None:
        """Refuse both `type` and `controller` (D)."""
        del view
        if params.get("type") is not None and params.get("controller") is not None:
            raise errors.exclusive(["type", "controller"])

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Set the kind of account."""
        kind = params.get("type")
        document["type"] = kind or ("none" if params.get("controller") else "standard")
        controller = document["controller"]
        document["controller"] = {**(controller or {}), "type": "application"}
        document["controller"].setdefault("is_controller", True)
        _flag_provided(view, params, document)

    def updating(self, view: AccountView, params: Params, before: Frozen, after: Document) -> None:
        """Replace secrets by flags that they were provided (D)."""
        after["individual"] = before["individual"]
        _flag_provided(view, params, after)

    def calling(self, view: AccountView, verb: str, params: Params, document: Document) -> None:
        """Reject an account, or undo that (the texts are ours, ?)."""
        del view
        rejected = str(document["requirements"]["disabled_reason"] or "").startswith("rejected")
        if rejected == (verb == "reject"):
            state = "already" if rejected else "not"
            raise StripeRefusal(f"This account is {state} rejected.")
        word = _REASONS.get(params.get("reason", "").partition("_")[0], "other")
        reason = f"rejected.{word}" if verb == "reject" else None
        document["requirements"]["disabled_reason"] = reason
        document["charges_enabled"] = document["payouts_enabled"] = verb != "reject"

    def showing(self, view: AccountView, document: Document) -> None:
        """Return only requested capabilities (D), and only the person's fields with a value."""
        held = document["capabilities"] or {}
        document["capabilities"] = {
            name: value for name, value in held.items() if value not in (None, "unrequested")
        }
        if document.get("individual") is not None:  # an event may have what is left of it
            drop_absent(document["individual"], view.kind("person").response)

    def deleting(self, view: AccountView, document: Frozen) -> None:
        """Remove what is in the account, and what belongs to it."""
        for part in ("person", "account.external_account"):
            for one in view.find(part, "account", document["id"]):
                view.repository.remove(one["object"], one["id"])
        view.repository.clear(view.caller.within(document["id"]).scope)

    def not_found(self, view: AccountView, id: str) -> StripeRefusal | None:
        """Refuse an account that does not exist like another owner's account (L)."""
        return foreign_account(view.caller, id)


def _flag_provided(view: AccountView, params: Frozen, document: Document) -> None:
    company = params.get("company") or {}
    for name in ("tax_id", "vat_id"):
        if company.get(name) is not None and document.get("company") is not None:
            document["company"][f"{name}_provided"] = True
    if not params.get("individual"):
        document["individual"] = document.get("individual") or None
        return
    kind = view.kind("person")
    held = document["individual"]
    if not held or "id" not in held:
        fresh = view.ids.object_id("person_", PersonBehaviour.id_form, document["id"])
        held = {
            **kind.builder.build({}),
            "id": fresh,
            "object": "person",
            "account": document["id"],
            "created": view.now,
        }
    document["individual"] = kind.builder.merge(held, params["individual"])
    _flag_provided_of_person(params["individual"], document["individual"])


def _flag_provided_of_person(params: Frozen, person: Document) -> None:
    for name in _GIVEN_ONCE:
        if params.get(name) is not None:
            person[f"{name}_provided"] = True


class PersonBehaviour(Behaviour):
    """A person of an account."""

    custom_filters: ClassVar[frozenset[str]] = frozenset({"relationship"})
    defaults: ClassVar[Mapping[str, Any]] = {
        "future_requirements": dict(_NOTHING_REQUIRED_OF_PERSONS),
        "id_number_provided": False,
        "requirements": dict(_NOTHING_REQUIRED_OF_PERSONS),
        "ssn_last_4_provided": False,
        "relationship.authorizer": False,
        "relationship.director": False,
        "relationship.executive": False,
        "relationship.legal_guardian": False,
        "relationship.owner": False,
        "relationship.representative": False,
        "verification.status": "unverified",
    }

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Replace secrets by flags that they were provided (D)."""
        builder = view.kind("person").builder
        for name in ("relationship", "verification"):
            document[name] = document[name] or builder.build_field(name, {})
        _flag_provided_of_person(params, document)

    def updating(self, view: AccountView, params: Params, before: Frozen, after: Document) -> None:
        """Replace secrets by flags that they were provided (D)."""
        del view, before
        _flag_provided_of_person(params, after)

    def matches_filters(self, view: AccountView, params: Frozen, document: Frozen) -> bool:
        """Whether the person has every role of the filter."""
        del view
        wanted = params.get("relationship") or {}
        held = document["relationship"] or {}
        return all(held.get(name) == value for name, value in wanted.items())


class ExternalAccountBehaviour(Behaviour):
    """A bank account or a card that receives an account's payouts."""

    title: ClassVar[str] = "external account"
    unlisted: ClassVar[frozenset[str]] = frozenset({"external_account.object"})
    custom_filters: ClassVar[frozenset[str]] = frozenset({"object"})
    kept_when_deleted: ClassVar[tuple[str, ...]] = ("currency",)

    def creating(self, view: AccountView, params: Params, document: Document) -> None:
        """Keep only the last digits of the number."""
        given = params["external_account"]
        details = given if isinstance(given, Mapping) else {"account_number": given}
        number = str(details.get("account_number") or details.get("number") or "")
        for name in ("account_holder_name", "account_holder_type", "country", "currency"):
            document[name] = details.get(name, document.get(name))
        document.update(
            bank_name="STRIPE TEST BANK",
            country=document["country"] or "US",
            currency=(document["currency"] or "usd").lower(),
            fingerprint=hashlib.sha256(number.encode()).hexdigest()[:16],
            last4=number[-_ACCOUNT_NUMBER_TAIL:],
            routing_number=details.get("routing_number"),
            status="new",
        )
        metadata = details.get("metadata") or {}
        document["metadata"] = {**metadata, **(document["metadata"] or {})}
        if not _of_currency(view, document):
            # D: the first of a currency is its default.
            document["default_for_currency"] = True
        _be_default(view, document)

    def updating(self, view: AccountView, params: Params, before: Frozen, after: Document) -> None:
        """Make it the default of its currency if asked; only another default ends that (?)."""
        if before["default_for_currency"] and params.get("default_for_currency") is False:
            after["default_for_currency"] = True
        _be_default(view, after)

    def deleting(self, view: AccountView, document: Frozen) -> None:
        """Refuse to delete the default before others of its currency (D; the text is ours, ?)."""
        if document["default_for_currency"] and len(_of_currency(view, document)) > 1:
            raise StripeRefusal(
                "You cannot delete the default external account for your default currency. "
                "Please make another external account the default using the "
                "`default_for_currency` param, and then delete this one."
            )

    def showing(self, view: AccountView, document: Document) -> None:
        """Leave out the fields that only cards have."""
        del view
        for name in _OF_CARDS:
            document.pop(name, None)

    def matches_filters(self, view: AccountView, params: Frozen, document: Frozen) -> bool:
        """Whether it is of the kind in the filter."""
        del view
        return params.get("object") in (None, document["object"])


def _of_currency(view: AccountView, document: Frozen) -> list[Document]:
    siblings = view.find("account.external_account", "account", document["account"])
    return [one for one in siblings if one["currency"] == document["currency"]]


def _be_default(view: AccountView, document: Frozen) -> None:
    if not document["default_for_currency"]:
        return
    for other in _of_currency(view, document):
        if other["id"] != document["id"] and other["default_for_currency"]:
            view.save({**other, "default_for_currency": False})
