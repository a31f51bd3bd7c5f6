"""States of Terraform and exports of Pulumi, made of what they record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

STRIPE = "stripe/stripe"
LUKASARON = "lukasaron/stripe"
FRANCKVERROT = "franckverrot/stripe"
ANDREWBAXTER = "andrewbaxter/stripe"


def tf_resource(
    address: str,
    *instances: tuple[str | int | None, Mapping[str, Any]],
    provider: str = STRIPE,
    mode: str = "managed",
) -> dict[str, Any]:
    """One resource of a state of format 4.

    Args:
        address: `module.billing.stripe_price.pro`, without a key.
        instances: Key and attributes of each.
        provider: The provider's source.
        mode: `managed` or `data`.
    """
    *modules, type, name = address.rsplit(".", 2)
    return {
        **({"module": modules[0]} if modules else {}),
        "mode": mode,
        "type": type,
        "name": name,
        "provider": f'provider["registry.terraform.io/{provider}"]',
        "instances": [
            {
                **({} if key is None else {"index_key": key}),
                "schema_version": 0,
                "attributes": dict(attributes),
                "sensitive_attributes": [],
                "private": "bnVsbA==",
            }
            for key, attributes in instances
        ],
    }


def tf_state(*resources: Mapping[str, Any]) -> dict[str, Any]:
    """A state of format 4."""
    return {
        "version": 4,
        "terraform_version": "1.9.8",
        "serial": 7,
        "lineage": "6c3f2c2e-4b35-5a0e-9c86-3f8cbeb1d6d7",
        "outputs": {},
        "resources": [dict(resource) for resource in resources],
        "check_results": None,
    }


def pulumi_resource(type: str, name: str, id: str, /, **outputs: Any) -> dict[str, Any]:
    """One resource of an export of Pulumi: `portalConfiguration`, `portal`, `bpc_1`."""
    token = f"stripe:index/{type}:{type[0].upper()}{type[1:]}"
    return {
        "urn": f"urn:pulumi:prod::shop::{token}::{name}",
        "custom": True,
        "id": id,
        "type": token,
        "inputs": {},
        "outputs": {"id": id, **outputs},
    }


def pulumi_export(*resources: Mapping[str, Any]) -> dict[str, Any]:
    """What `pulumi stack export` prints."""
    stack = {
        "urn": "urn:pulumi:prod::shop::pulumi:pulumi:Stack::shop-prod",
        "custom": False,
        "type": "pulumi:pulumi:Stack",
    }
    provider = {
        "urn": "urn:pulumi:prod::shop::pulumi:providers:stripe::default_0_0_24",
        "custom": True,
        "id": "5b1f",
        "type": "pulumi:providers:stripe",
    }
    return {
        "version": 3,
        "deployment": {
            "manifest": {"time": "2026-01-01T00:00:00Z", "magic": "", "version": "v3.100.0"},
            "resources": [stack, provider, *(dict(resource) for resource in resources)],
        },
    }
