"""Card readers, where they stand and how they are set up."""

from __future__ import annotations

from collections.abc import Mapping

from engine.catalog.rows import Limit, Row
from engine.catalog.semantics.checks import only_when
from engine.catalog.semantics.shared import COUNTRY, DELETE, METADATA
from engine.schema.lifecycle import Life, NaturalKey, Removal, Verb
from engine.schema.rules import Rule, RuleKind

CONFIGURATION = Row(
    face="TerminalConfiguration",
    title="terminal configuration",
    id_prefix="tmc_",
    life=Life(
        removals=(
            Removal(verb=Verb.DELETE, unless_leaf=("is_account_default", True)),
            Removal(verb=Verb.KEEP, note="it is the account's default, which Stripe cannot delete"),
        ),
        # Names are free; without metadata the name is all there is to find it again by.
        natural_keys=(NaturalKey(attribute="name", scan=True, unique=False),),
    ),
    references={
        "wifi.enterprise_eap_peap.ca_certificate_file": "file",
        "wifi.enterprise_eap_tls.ca_certificate_file": "file",
        "wifi.enterprise_eap_tls.client_certificate_file": "file",
        "wifi.enterprise_eap_tls.private_key_file": "file",
    },
    sensitive=(
        "reader_security.admin_menu_passcode",
        "wifi.enterprise_eap_peap.password",
        "wifi.enterprise_eap_tls.private_key_file_password",
        "wifi.personal_psk.password",
    ),
    choosers=("wifi.type",),
    neutral={
        "cellular.enabled": False,
        "offline.enabled": False,
        "tipping.*.fixed_amounts": [],
        "tipping.*.percentages": [],
    },
    money={"tipping.*.fixed_amounts.*": "*", "tipping.*.smart_tip_threshold": "*"},
    rules=(
        *only_when("wifi.type", "enterprise_eap_peap", "wifi.enterprise_eap_peap"),
        *only_when("wifi.type", "enterprise_eap_tls", "wifi.enterprise_eap_tls"),
        *only_when("wifi.type", "personal_psk", "wifi.personal_psk"),
    ),
)

LOCATION = Row(
    face="TerminalLocation",
    title="terminal location",
    id_prefix="tml_",
    life=Life(
        removals=(DELETE,),
    ),
    references={"configuration_overrides": "terminal.configuration"},
    # D: the country of a location cannot be changed.
    immutable=("address.country", "address_kana.country", "address_kanji.country"),
    # L: a blank unsets them.
    clearable=("*.line2", "address_kana.town", "address_kanji.town"),
    limits={
        **METADATA,
        "address.country": COUNTRY,
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
    examples={
        "address": {
            "line1": "354 Oyster Point Blvd",
            "city": "South San Francisco",
            "state": "CA",
            "postal_code": "94080",
            "country": "US",
        },
    },
)

READER = Row(
    face="TerminalReader",
    title="terminal reader",
    id_prefix="tmr_",
    life=Life(
        removals=(DELETE,),
    ),
    # Shown on the reader once and of no use afterwards.
    write_only=("registration_code",),
    sensitive=("registration_code",),
    limits={**METADATA, "label": Limit(max=800)},
    # D: the code of a reader that is not there, which sandboxes have.
    examples={"registration_code": "simulated-wpe"},
)

ROWS: Mapping[str, Row] = {
    "terminal.configuration": CONFIGURATION,
    "terminal.location": LOCATION,
    "terminal.reader": READER,
}
"""Rows of this area, by object name."""
