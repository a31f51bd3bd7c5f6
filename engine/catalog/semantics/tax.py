"""Taxes: rates, registrations, ids and settings."""

from __future__ import annotations

from collections.abc import Mapping

from engine.catalog.rows import Field, Row
from engine.catalog.semantics.shared import (
    ACTIVE_AGAIN,
    ARCHIVE,
    COUNTRY,
    DELETE,
    METADATA,
    PERCENT,
    TAX_CODE,
)
from engine.catalog.semantics.shared_rules import ahead, only_when, within_five_years
from engine.schema.field_semantics import ListOrder
from engine.schema.lifecycle import Ending, Life, NaturalKey, Removal, Verb
from engine.schema.naming import Naming, Words
from engine.schema.rules import Rule, RuleKind

TAX_RATE = Row(
    face="TaxRate",
    title="tax rate",
    stack="tax",
    id_prefix="txr_",
    naming=Naming(
        with_fields=("country", "state"),
        apart=("jurisdiction", "percentage"),
        phrase=(
            Words("{percentage} %"),
            Words("in the price", when={"inclusive": True}),
            Words("on top of the price", when={"inclusive": False}),
        ),
    ),
    life=Life(removals=(ARCHIVE,), revival=ACTIVE_AGAIN, known_by=("display_name",)),
    fields={
        **METADATA,
        "active": Field(neutral=True),
        "country": COUNTRY,
        "percentage": PERCENT,
    },
)

# S: of these countries the response holds the type alone.
_TYPE_ALONE = "is al ao aw ba bb bd bf bh bs cd et gn me mk mr om rs sr uy za zw"
# Types of registrations in the United States that are named like the block they need.
_US_BLOCKS = (
    "admissions_tax",
    "attendance_tax",
    "entertainment_tax",
    "gross_receipts_tax",
    "hospitality_tax",
    "local_amusement_tax",
    "local_lease_tax",
    "luxury_tax",
    "mass_transit_parking_tax",
    "parking_tax",
    "resort_tax",
    "tourism_tax",
    "utility_users_tax",
)

REGISTRATION = Row(
    face="TaxRegistration",
    title="tax registration",
    stack="tax",
    id_prefix="taxreg_",
    naming=Naming(
        fields=("country",),
        with_fields=("country_options.us.state",),
        apart=("country_options.us.type",),
    ),
    life=Life(
        # D: it cannot be deleted.
        removals=(
            Removal(
                verb=Verb.EXPIRE, params={"expires_at": "now"}, unless_leaf=("status", "scheduled")
            ),
            # L: `expires_at` is later than `active_from`.
            Removal(verb=Verb.KEEP, note="a registration that has not begun cannot end"),
        ),
        ending=Ending(leaves={"status": ("expired",)}, explained_by=("expires_at",)),
        # L: "You must set your head office address in your tax settings before ..."
        follows=("tax.settings",),
        # L: one of a type for each place until the earlier has ended; scheduled ones count. A
        # country may have its standard one and one of the Union's schemes, a state several local
        # ones.
        natural_keys=(
            NaturalKey(
                attribute="country",
                scan=True,
                with_fields=(
                    "country_options.*.type",
                    "country_options.us.state",
                    "country_options.us.*.jurisdiction",
                    "country_options.ca.province_standard.province",
                ),
                variants=({"status": "active"}, {"status": "scheduled"}),
            ),
        ),
    ),
    fields={
        **{
            f"country_options.{code}.standard": Field(write_only=True)
            for code in _TYPE_ALONE.split()
        },
        # L: a moment of the past is refused, and `now` is returned as the moment it was.
        "active_from": Field(resolved=True),
        "country": COUNTRY | Field(example="DE"),
        # The SDK's types of responses leave out what are Python's own words.
        "country_options.in": Field(source="in"),
        "country_options.is": Field(source="is"),
        "country_options.us.state_sales_tax.elections": Field(order=ListOrder.SET),
        "expires_at": Field(resolved=True),
    },
    rules=(
        within_five_years("active_from", "expires_at"),
        ahead("active_from", "expires_at"),
        # L: it ends after it begins.
        Rule(
            kind=RuleKind.RISING,
            fields=("active_from", "expires_at"),
            value=1,
            message="expires_at is later than active_from.",
        ),
        Rule(
            kind=RuleKind.OWN_KEY,
            fields=("country_options",),
            value="country",
            message="country_options holds the country's own options and no others.",
            hint='write country_options={"de": {"type": "standard"}} next to country="DE"',
        ),
        # L: of Texas; another election is refused with the permitted one named.
        Rule(
            kind=RuleKind.REQUIRES,
            when={"country_options.us.state": "TX"},
            fields=("country_options.us.state_sales_tax.elections.*.type",),
            value="single_local_use_tax",
            message="Texas takes only the election single_local_use_tax.",
        ),
        *only_when(
            "country_options.ca.type", "province_standard", "country_options.ca.province_standard"
        ),
        *(
            Rule(
                kind=RuleKind.REQUIRES,
                when={"country_options.us.type": name},
                fields=(f"country_options.us.{name}",),
                message=f"A registration of type {name} names its jurisdiction.",
            )
            for name in _US_BLOCKS
        ),
    ),
)

SETTINGS = Row(
    face="TaxSettings",
    title="tax settings",
    stack="tax",
    id_prefix="",
    life=Life(
        removals=(Removal(verb=Verb.KEEP, note="an account always has tax settings"),),
        singleton=True,
    ),
    fields={
        "head_office": Field(
            example={
                "address": {
                    "line1": "354 Oyster Point Blvd",
                    "city": "South San Francisco",
                    "state": "CA",
                    "postal_code": "94080",
                    "country": "US",
                },
            }
        ),
        "head_office.address.country": COUNTRY,
        "defaults": Field(example={"tax_behavior": "inferred_by_currency"}),
        "defaults.tax_code": TAX_CODE | Field(reference="tax_code"),
    },
)

LOCATION = Row(
    face="TaxLocation",
    title="tax location",
    stack="tax",
    id_prefix="taxloc_",
    life=Life(
        removals=(Removal(verb=Verb.KEEP, note="Stripe cannot delete a tax location"),),
        # It takes no metadata: what it is called is how it is found again.
        natural_keys=(
            NaturalKey(
                attribute="description", scan=True, with_fields=("type", "address"), unique=False
            ),
        ),
    ),
    fields={
        "address.country": COUNTRY,
    },
)

TAX_ID = Row(
    face="TaxId",
    title="tax id",
    stack="tax",
    id_prefix="txi_",
    life=Life(
        removals=(DELETE,),
        natural_keys=(
            NaturalKey(
                attribute="value",
                scan=True,
                with_fields=("type", "owner.type", "owner.customer", "owner.account"),
                unique=False,
            ),
        ),
    ),
    fields={
        "customer": Field(
            instead=(
                "the tax id of a customer is a CustomerTaxId: "
                'CustomerTaxId("a-name", customer=..., type=..., value=...)'
            )
        ),
        "owner.type": Field(neutral="self"),
    },
    rules=(
        *only_when("owner.type", "account", "owner.account"),
        Rule(
            kind=RuleKind.REQUIRES,
            when={"owner.customer": ...},
            fields=("owner.type",),
            value="customer",
            message='owner.customer goes with owner.type="customer" only.',
        ),
    ),
)

ROWS: Mapping[str, Row] = {
    "tax.location": LOCATION,
    "tax.registration": REGISTRATION,
    "tax.settings": SETTINGS,
    "tax_id": TAX_ID,
    "tax_rate": TAX_RATE,
}
"""Rows of this area, by object name."""
