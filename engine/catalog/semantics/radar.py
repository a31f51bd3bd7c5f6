"""Lists that fraud rules consult."""

from __future__ import annotations

from collections.abc import Mapping

from engine.catalog.rows import Field, Row
from engine.catalog.semantics.shared import DELETE, METADATA
from engine.schema.lifecycle import CaseCounts, Life, NaturalKey
from engine.schema.naming import Naming

# L: the lists that store what they are given; the others store lower case.
_AS_GIVEN = (
    "account",
    "card_fingerprint",
    "case_sensitive_string",
    "crypto_fingerprint",
    "customer_id",
    "sepa_debit_fingerprint",
    "us_bank_account_fingerprint",
)

VALUE_LIST = Row(
    face="ValueList",
    title="value list",
    stack="radar",
    id_prefix="rsl_",
    life=Life(
        # D: refused while a rule refers to it; takes its items along (L).
        removals=(DELETE,),
        natural_keys=(NaturalKey(attribute="alias", filter="alias"),),
    ),
    fields={
        **METADATA,
        "item_type": Field(neutral="string"),
    },
)

VALUE_LIST_ITEM = Row(
    face="ValueListItem",
    title="value list item",
    stack="radar",
    id_prefix="rsli_",
    naming=Naming(under="value_list", fields=("value",)),
    life=Life(
        removals=(DELETE,),
        natural_keys=(
            NaturalKey(
                attribute="value",
                filter="value",
                with_fields=("value_list",),
                fold_case=True,
                case_counts=CaseCounts(via="value_list", field="item_type", words=_AS_GIVEN),
            ),
        ),
    ),
    fields={
        # L: lists of strings, e-mail addresses and countries store lower case, the others what they
        # are given; only the list shows which of them it is.
        "value": Field(lowered=True),
        "value_list": Field(reference="radar.value_list"),
    },
)

ROWS: Mapping[str, Row] = {
    "radar.value_list": VALUE_LIST,
    "radar.value_list_item": VALUE_LIST_ITEM,
}
"""Rows of this area, by object name."""
