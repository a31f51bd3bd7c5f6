"""What a restricted key lacks, without anything being changed to find out."""

from __future__ import annotations

import pytest

from engine.catalog import loader
from engine.errors import PermissionDeniedError
from engine.schema.resource_type import ResourceType
from engine.stripe.permissions import (
    is_restricted,
    permission_in,
    question_about,
    reading_question_about,
)

KINDS = loader.schemas()
NOBODY = "engine-asks-for-permission-only"


@pytest.mark.parametrize(
    ("key", "restricted"),
    [("rk_test_x", True), ("rk_live_x", True), ("sk_test_x", False), ("sk_live_x", False)],
)
def test_only_restricted_keys_lack_anything(key: str, *, restricted: bool) -> None:
    """Told by what they begin with."""
    assert is_restricted(key) is restricted


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_no_question_can_create_anything(kind: ResourceType) -> None:
    """It is never the request of a create, and speaks of an object that does not exist."""
    question = question_about(kind)
    if question is None:
        return
    assert (question.method, question.path) != ("post", kind.collection)
    assert "{" not in question.path
    if kind.life.composite is None:
        assert NOBODY in question.path


@pytest.mark.parametrize(
    ("name", "path", "lists"),
    [
        ("stripe_price", "/v1/prices", True),
        ("stripe_product_feature", f"/v1/products/{NOBODY}/features/{NOBODY}", False),
        ("stripe_person", f"/v1/accounts/{NOBODY}/persons/{NOBODY}", False),
        ("stripe_tax_settings", "/v1/tax/settings", False),
        ("stripe_apps_secret", "/v1/apps/secrets/find", False),
    ],
)
def test_one_object_or_none_is_read(name: str, path: str, *, lists: bool) -> None:
    """A list where nothing else is needed for it."""
    question = reading_question_about(KINDS[name])
    assert (question.method, question.path, question.lists) == ("get", path, lists)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_type_can_be_asked_about(kind: ResourceType) -> None:
    """With a whole path."""
    assert "{" not in reading_question_about(kind).path


@pytest.mark.parametrize(
    ("name", "method", "path"),
    [
        ("stripe_price", "post", f"/v1/prices/{NOBODY}"),
        ("stripe_webhook_endpoint", "post", f"/v1/webhook_endpoints/{NOBODY}"),
        ("stripe_person", "post", f"/v1/accounts/{NOBODY}/persons/{NOBODY}"),
        ("stripe_product_feature", "delete", f"/v1/products/{NOBODY}/features/{NOBODY}"),
        ("stripe_billing_alert", "post", f"/v1/billing/alerts/{NOBODY}/archive"),
        ("stripe_apps_secret", "post", "/v1/apps/secrets/delete"),
        ("stripe_v2_core_event_destination", "post", f"/v2/core/event_destinations/{NOBODY}"),
    ],
)
def test_the_least_harmful_write_is_asked_about(name: str, method: str, path: str) -> None:
    """An update, else a verb, else a removal."""
    question = question_about(KINDS[name])
    assert question is not None
    assert (question.method, question.path) == (method, path)


@pytest.mark.parametrize("name", ["stripe_tax_settings", "stripe_file"])
def test_what_cannot_be_asked_without_harm_is_not_asked(name: str) -> None:
    """What there is always one of, and what can only be created."""
    assert question_about(KINDS[name]) is None


@pytest.mark.parametrize(
    ("text", "code", "permission"),
    [
        (
            (
                "Permission denied. The provided key 'rk_live_***' does not have the required "
                "permissions for this endpoint on account 'acct_1'. Enabling \"Prices Write\" "
                "('plan_write') permissions on this key would allow this request to continue."
            ),
            "more_permissions_required",
            "Prices Write (plan_write)",
        ),
        (
            (
                "The provided key 'rk_live_***' does not have the required permissions for this "
                "endpoint on account 'acct_1'. Having the 'rak_plan_write' permission would allow "
                "this request to continue."
            ),
            None,
            "plan_write",
        ),
        (
            (
                "This is a restricted API key, but the required permissions are not available for "
                "use by restricted keys."
            ),
            None,
            (
                "This is a restricted API key, but the required permissions are not available for "
                "use by restricted keys."
            ),
        ),
        ("The provided key does not have access to account 'acct_x'", "account_invalid", None),
    ],
)
def test_the_permission_in_a_refusal(text: str, code: str | None, permission: str | None) -> None:
    """Each wording that Stripe has used; a refusal about something else names none."""
    assert permission_in(PermissionDeniedError(text, status=403, code=code)) == permission
