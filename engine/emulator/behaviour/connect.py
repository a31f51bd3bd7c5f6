"""Connected accounts, their persons and their bank accounts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from engine.emulator.behaviour.base import Behaviour
from engine.emulator.shapes.defaults import leave_out_absent
from engine.emulator.wire import errors
from engine.emulator.wire.errors import StripeRefusal
from engine.emulator.wire.ids import IdForm

if TYPE_CHECKING:
    from engine.emulator.requests.call import Call

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
# S: what cards have and bank accounts have not.
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


class AccountBehaviour(Behaviour):
    """A connected account."""

    id_form: ClassVar[IdForm] = IdForm(length=16, with_account=False)
    verbs: ClassVar[frozenset[str]] = frozenset({"reject", "unreject"})
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

    def check_create(self, call: Call, params: dict[str, Any]) -> None:
        """Refuse two ways to say what kind of account it is (D)."""
        del call
        if params.get("type") is not None and params.get("controller") is not None:
            raise errors.exclusive(["type", "controller"])

    def creating(self, call: Call, params: dict[str, Any], document: dict[str, Any]) -> None:
        """Say what kind of account it is."""
        kind = params.get("type")
        document["type"] = kind or ("none" if params.get("controller") else "standard")
        controller = document["controller"]
        document["controller"] = {**(controller or {}), "type": "application"}
        document["controller"].setdefault("is_controller", True)
        _note_given(call, params, document)

    def updating(
        self,
        call: Call,
        params: dict[str, Any],
        before: Mapping[str, Any],
        after: dict[str, Any],
    ) -> None:
        """Tell of secrets only that they were given (D)."""
        after["individual"] = before["individual"]
        _note_given(call, params, after)

    def calling(
        self, call: Call, verb: str, params: dict[str, Any], document: dict[str, Any]
    ) -> None:
        """Reject an account, or take that back (the texts are ours, ?)."""
        del call
        rejected = str(document["requirements"]["disabled_reason"] or "").startswith("rejected")
        if rejected == (verb == "reject"):
            state = "already" if rejected else "not"
            raise StripeRefusal(f"This account is {state} rejected.")
        word = _REASONS.get(params.get("reason", "").partition("_")[0], "other")
        reason = f"rejected.{word}" if verb == "reject" else None
        document["requirements"]["disabled_reason"] = reason
        document["charges_enabled"] = document["payouts_enabled"] = verb != "reject"

    def shown(self, call: Call, document: dict[str, Any]) -> None:
        """Tell of the capabilities that were asked for (D), and of the person what there is."""
        held = document["capabilities"] or {}
        document["capabilities"] = {
            name: value for name, value in held.items() if value not in (None, "unrequested")
        }
        if document["individual"] is not None:
            leave_out_absent(document["individual"], call.kind("person").answer)

    def missing(self, call: Call, id: str) -> StripeRefusal | None:
        """Refuse an account that is not there as one of somebody else's (L)."""
        return errors.foreign_account(call.caller.shown, id)


def _note_given(call: Call, params: Mapping[str, Any], document: dict[str, Any]) -> None:
    company = params.get("company") or {}
    for name in ("tax_id", "vat_id"):
        if company.get(name) is not None and document.get("company") is not None:
            document["company"][f"{name}_provided"] = True
    if not params.get("individual"):
        document["individual"] = document.get("individual") or None
        return
    kind = call.kind("person")
    held = document["individual"]
    if not held or "id" not in held:
        fresh = call.ids.object_id(kind.row.id_prefix, kind.behaviour.id_form, document["id"])
        held = {
            **kind.filling.complete({}),
            "id": fresh,
            "object": "person",
            "account": document["id"],
            "created": call.now,
        }
    document["individual"] = kind.filling.merged(held, params["individual"])
    _note_person(params["individual"], document["individual"])


def _note_person(params: Mapping[str, Any], person: dict[str, Any]) -> None:
    for name in _GIVEN_ONCE:
        if params.get(name) is not None:
            person[f"{name}_provided"] = True


class PersonBehaviour(Behaviour):
    """A person of an account."""

    sifted: ClassVar[frozenset[str]] = frozenset({"relationship"})
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

    def creating(self, call: Call, params: dict[str, Any], document: dict[str, Any]) -> None:
        """Tell of secrets only that they were given (D)."""
        filling = call.kind("person").filling
        for name in ("relationship", "verification"):
            document[name] = document[name] or filling.filled(name, {})
        _note_person(params, document)

    def updating(
        self,
        call: Call,
        params: dict[str, Any],
        before: Mapping[str, Any],
        after: dict[str, Any],
    ) -> None:
        """Tell of secrets only that they were given (D)."""
        del call, before
        _note_person(params, after)

    def passes(self, call: Call, params: Mapping[str, Any], document: Mapping[str, Any]) -> bool:
        """Whether the person has every part asked for."""
        del call
        wanted = params.get("relationship") or {}
        held = document["relationship"] or {}
        return all(held.get(name) == value for name, value in wanted.items())


class ExternalAccountBehaviour(Behaviour):
    """A bank account or a card that an account is paid out to."""

    title: ClassVar[str] = "external account"
    unlisted: ClassVar[frozenset[str]] = frozenset({"external_account.object"})
    sifted: ClassVar[frozenset[str]] = frozenset({"object"})
    kept_when_gone: ClassVar[tuple[str, ...]] = ("currency",)

    def creating(self, call: Call, params: dict[str, Any], document: dict[str, Any]) -> None:
        """Tell of a number its end."""
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
        if not _of_currency(call, document):
            # D: the first of a currency is its default.
            document["default_for_currency"] = True
        _be_default(call, document)

    def updating(
        self,
        call: Call,
        params: dict[str, Any],
        before: Mapping[str, Any],
        after: dict[str, Any],
    ) -> None:
        """Let one be the default of its currency, which another has to be to end that (?)."""
        if before["default_for_currency"] and params.get("default_for_currency") is False:
            after["default_for_currency"] = True
        _be_default(call, after)

    def deleting(self, call: Call, document: Mapping[str, Any]) -> None:
        """Keep the default while there is another of its currency (D; the text is ours, ?)."""
        if document["default_for_currency"] and len(_of_currency(call, document)) > 1:
            raise StripeRefusal(
                "You cannot delete the default external account for your default currency. "
                "Please make another external account the default using the "
                "`default_for_currency` param, and then delete this one."
            )

    def shown(self, call: Call, document: dict[str, Any]) -> None:
        """Tell of a bank account nothing that only cards have."""
        del call
        for name in _OF_CARDS:
            document.pop(name, None)

    def passes(self, call: Call, params: Mapping[str, Any], document: Mapping[str, Any]) -> bool:
        """Whether it is of the kind asked for."""
        del call
        return params.get("object") in (None, document["object"])


def _of_currency(call: Call, document: Mapping[str, Any]) -> list[dict[str, Any]]:
    siblings = call.find("account.external_account", "account", document["account"])
    return [one for one in siblings if one["currency"] == document["currency"]]


def _be_default(call: Call, document: Mapping[str, Any]) -> None:
    if not document["default_for_currency"]:
        return
    for other in _of_currency(call, document):
        if other["id"] != document["id"] and other["default_for_currency"]:
            call.save({**other, "default_for_currency": False})
