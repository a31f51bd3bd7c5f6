"""How the Stripe providers of Terraform and Pulumi spell the types that are managed here.

Most are spelled alike: `stripe_` and Stripe's object name. The table has the others, from the
documentation of stripe/stripe, lukasaron/stripe (which Pulumi's package wraps), franckverrot/stripe
and andrewbaxter/stripe.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from engine.frozen import frozen


@frozen
class Spelling:
    """What a type of another tool is here.

    Attributes:
        theirs: Terraform's name of the type.
        ours: Its name here.
        having: Attribute without which it is not that; empty if it always is.
    """

    theirs: str
    ours: str
    having: str = ""


SPELLINGS = (
    # lukasaron/stripe
    Spelling(theirs="stripe_portal_configuration", ours="stripe_billing_portal_configuration"),
    Spelling(theirs="stripe_meter", ours="stripe_billing_meter"),
    # franckverrot/stripe
    Spelling(theirs="stripe_customer_portal", ours="stripe_billing_portal_configuration"),
    # stripe/stripe, which makes tax ids below a customer.
    Spelling(theirs="stripe_tax_id", ours="stripe_customer_tax_id", having="customer"),
)
"""Types that are spelled otherwise."""


def managed_type(theirs: str, attributes: Mapping[str, Any], known: Container[str]) -> str | None:
    """The name here of a type of another tool; None if it is not managed.

    Args:
        theirs: Terraform's name of the type.
        attributes: A resource of it.
        known: The types that are managed.
    """
    for spelling in SPELLINGS:
        having = not spelling.having or attributes.get(spelling.having)
        if spelling.theirs == theirs and having:
            return spelling.ours
    if theirs in known:
        return theirs
    # The first releases of andrewbaxter/stripe had plurals.
    singular = theirs.removesuffix("s")
    return singular if singular in known else None
