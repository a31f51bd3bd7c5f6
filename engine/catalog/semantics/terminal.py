"""Card readers, their locations and how they are set up."""

from __future__ import annotations

from collections.abc import Mapping

from engine.catalog.rows import Field, Row
from engine.catalog.semantics.shared import COUNTRY, DELETE, METADATA
from engine.catalog.semantics.shared_rules import only_when
from engine.schema.lifecycle import Life, NaturalKey, Removal, Verb
from engine.schema.naming import Naming
from engine.schema.rules import Rule, RuleKind

CONFIGURATION = Row(
    face="TerminalConfiguration",
    title="terminal configuration",
    stack="terminal",
    id_prefix="tmc_",
    life=Life(
        removals=(
            Removal(verb=Verb.DELETE, unless_leaf=("is_account_default", True)),
            Removal(verb=Verb.KEEP, note="it is the account's default, which Stripe cannot delete"),
        ),
        # D: an account has one by default, which has no name until it is given one.
        default_filters={"is_account_default": True},
        # Names are free; without metadata the name is all there is to find it again by.
        natural_keys=(NaturalKey(attribute="name", scan=True, unique=False),),
    ),
    fields={
        "cellular.enabled": Field(neutral=False),
        "offline.enabled": Field(neutral=False),
        "reader_security.admin_menu_passcode": Field(sensitive=True),
        "tipping.*.fixed_amounts": Field(neutral=[]),
        "tipping.*.fixed_amounts.*": Field(money="*"),
        "tipping.*.percentages": Field(neutral=[]),
        "tipping.*.smart_tip_threshold": Field(money="*"),
        "wifi": Field(chooser="type"),
        "wifi.enterprise_eap_peap.ca_certificate_file": Field(reference="file"),
        "wifi.enterprise_eap_peap.password": Field(sensitive=True),
        "wifi.enterprise_eap_tls.ca_certificate_file": Field(reference="file"),
        "wifi.enterprise_eap_tls.client_certificate_file": Field(reference="file"),
        "wifi.enterprise_eap_tls.private_key_file": Field(reference="file"),
        "wifi.enterprise_eap_tls.private_key_file_password": Field(sensitive=True),
        "wifi.personal_psk.password": Field(sensitive=True),
    },
    rules=(
        *only_when("wifi.type", "enterprise_eap_peap", "wifi.enterprise_eap_peap"),
        *only_when("wifi.type", "enterprise_eap_tls", "wifi.enterprise_eap_tls"),
        *only_when("wifi.type", "personal_psk", "wifi.personal_psk"),
    ),
)

LOCATION = Row(
    face="TerminalLocation",
    title="terminal location",
    stack="terminal",
    id_prefix="tml_",
    naming=Naming(apart=("address.city", "address.line1")),
    life=Life(
        removals=(DELETE,),
        natural_keys=(NaturalKey(attribute="display_name", scan=True, unique=False),),
    ),
    fields={
        **METADATA,
        # L: a blank unsets them.
        **dict.fromkeys(
            ("*.line2", "address_kana.town", "address_kanji.town"), Field(clearable=True)
        ),
        "address": Field(
            example={
                "line1": "354 Oyster Point Blvd",
                "city": "South San Francisco",
                "state": "CA",
                "postal_code": "94080",
                "country": "US",
            }
        ),
        # D: the country of a location cannot be changed.
        "address.country": COUNTRY | Field(immutable=True),
        "address_kana.country": Field(immutable=True),
        "address_kanji.country": Field(immutable=True),
        "configuration_overrides": Field(reference="terminal.configuration"),
    },
    rules=(
        Rule(
            kind=RuleKind.ONE_OF,
            fields=("address", "address_kana"),
            message=(
                "A location has an address, or in Japan address_kana and address_kanji instead."
            ),
        ),
        # L: of the name in Latin letters; D: Japan's own scripts have names of their own.
        Rule(
            kind=RuleKind.AT_LEAST_ONE,
            fields=("display_name", "display_name_kana"),
            message="Missing required param: display_name.",
            hint='add display_name="..."',
        ),
    ),
)

READER = Row(
    face="TerminalReader",
    title="terminal reader",
    stack="terminal",
    id_prefix="tmr_",
    life=Life(
        # D: a code registers a device once.
        loses="its registration, so that the device needs a new code",
        removals=(DELETE,),
        natural_keys=(NaturalKey(attribute="label", scan=True, unique=False),),
    ),
    fields={
        **METADATA,
        "label": Field(max_length=800),
        # Shown on the reader once and of no use afterwards.
        # D: the code of a reader that is not there, which sandboxes have.
        "registration_code": Field(write_only=True, sensitive=True, example="simulated-wpe"),
    },
)

ROWS: Mapping[str, Row] = {
    "terminal.configuration": CONFIGURATION,
    "terminal.location": LOCATION,
    "terminal.reader": READER,
}
"""Rows of this area, by object name."""
