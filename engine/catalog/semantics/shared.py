"""What rows of several areas have in common: ways to end, lengths and bounds."""

from __future__ import annotations

from engine.catalog.rows import Bounds, Limit
from engine.provider.life import Removal, Revival, Verb

ARCHIVE = Removal(verb=Verb.ARCHIVE, params={"active": False})
DEACTIVATE = Removal(verb=Verb.DEACTIVATE, params={"active": False})
DELETE = Removal(verb=Verb.DELETE)
ACTIVE_AGAIN = Revival(live={"active": True}, params={"active": True})

CURRENCY_KEY = Limit(pattern=r"[a-z]{3}")
# D: metadata holds 50 keys, of 40 characters without brackets, with values of 500.
METADATA_KEYS = Limit(max=50, pattern=r"[^\[\]]{1,40}")
METADATA_VALUE = Limit(max=500)
METADATA = {"metadata": METADATA_KEYS, "metadata.*": METADATA_VALUE}
URL = Limit(pattern=r"https?://\S+")
COUNTRY = Limit(pattern=r"[A-Z]{2}")

COUNT = Bounds(min=1)
AMOUNT = Bounds(min=0)
PERCENT = Bounds(min=0, max=100)
