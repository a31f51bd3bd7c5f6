"""What rows of several areas have in common: ways to end, lengths and bounds."""

from __future__ import annotations

from collections.abc import Mapping

from engine.catalog.rows import Field
from engine.schema.lifecycle import Removal, Revival, Verb

ARCHIVE = Removal(verb=Verb.ARCHIVE, params={"active": False})
DEACTIVATE = Removal(verb=Verb.DEACTIVATE, params={"active": False})
DELETE = Removal(verb=Verb.DELETE)
ACTIVE_AGAIN = Revival(live={"active": True}, params={"active": True})

CURRENCY_KEY = Field(
    pattern=r"[a-z]{3}",
    says='a currency is its three-letter code in lower case, such as "usd"',
    currency_keys=True,
)
# D: metadata holds 50 keys, of 40 characters without brackets, with values of 500.
METADATA: Mapping[str, Field] = {
    "metadata": Field(
        max_length=50,
        pattern=r"[^\[\]]{1,40}",
        says="a key is a string of 1 to 40 characters, without [ and ]",
    ),
    "metadata.*": Field(max_length=500),
}
URL = Field(
    pattern=r"https?://\S+", says="a URL begins with https:// or http:// and has no spaces in it"
)
COUNTRY = Field(
    pattern=r"[A-Z]{2}", says='a country is its two-letter code in capitals, such as "DE"'
)
TAX_CODE = Field(
    pattern=r"txcd_\d{8}", says='a tax code is txcd_ with eight digits, such as "txcd_10000000"'
)
DOMAIN = Field(
    pattern=r"(?!https?:)[^/\s]+",
    says='a domain is without https:// and without a path, such as "shop.example.com"',
)

COUNT = Field(least=1)
AMOUNT = Field(least=0)
MONEY_BY_KEY = Field(money="*")
PERCENT = Field(least=0, most=100)
PRODUCT_DATA = {
    "product_data.tax_code": Field(reference="tax_code"),
    "product_data.tax_details.performance_location": Field(reference="tax.location"),
    "product_data.tax_details.tax_code": Field(reference="tax_code"),
}


def below(path: str, fields: Mapping[str, Field]) -> dict[str, Field]:
    """The same fields below a path, for an object that repeats them there."""
    return {f"{path}.{name}": facts for name, facts in fields.items()}
