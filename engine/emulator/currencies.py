"""The currencies Stripe knows, in the order its errors list them."""

from __future__ import annotations

from engine.emulator.errors import StripeRefusal

CURRENCIES: tuple[str, ...] = tuple(
    """
    usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn
    bzd cad cdf chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf
    gtq gyd hkd hnl hrk htg huf idr ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp
    lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd omr pab
    pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle sos srd std szl thb tjs
    tnd top try ttd twd tzs uah ugx uyu uzs vnd vuv wst xaf xcd xcg xof xpf yer zar zmw usdc btn ghs
    eek lvl svc vef ltl sll mro
    """.split()  # noqa: SIM905 - a hundred and fifty quotes are no list
)
_KNOWN = frozenset(CURRENCIES)


def is_currency(code: str) -> bool:
    """Whether Stripe knows a currency, in lower case."""
    return code in _KNOWN


def unknown_currency(code: str, param: str) -> StripeRefusal:
    """A currency that Stripe does not know."""
    return StripeRefusal(
        f"Invalid currency: {code}. Stripe currently supports these currencies: "
        f"{', '.join(CURRENCIES)}",
        param=param,
    )
