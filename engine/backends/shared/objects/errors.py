"""What failed in an object store, in words of ours.

The texts of the library quote requests: signed addresses, tokens, names of keys. So a message is
made from the kind of an error alone, and nothing of its text is in it.
"""

from __future__ import annotations

from engine.backends.shared.objects.address import Place
from engine.errors import StoreUnavailableError

_LOGIN = {
    "s3": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the job a role; for profiles "
    "and SSO: pip install boto3",
    "gs": "run gcloud auth application-default login, set GOOGLE_APPLICATION_CREDENTIALS, or give "
    "the job a workload identity",
    "az": "run az login with AZURE_USE_AZURE_CLI=true, set AZURE_STORAGE_ACCOUNT_KEY, or give the "
    "job a managed or workload identity",
}
_REACH = "check the network and the endpoint, then run the command again"

# What is found first decides, so what is more exact comes first.
_KINDS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (
        ("nosuchbucket", "containernotfound", "bucket does not exist"),
        "there is no such bucket",
        "create it, or correct state = ... in pyproject.toml",
    ),
    (
        ("authorizationheadermalformed", "permanentredirect", "incorrectregion", "301 moved"),
        "the bucket is in another region",
        "add ?region=REGION to the address, or set AWS_REGION",
    ),
    (
        ("invalidaccesskeyid", "signaturedoesnotmatch", "expiredtoken", "invalidtoken"),
        "the credentials are wrong, or have expired",
        "",
    ),
    (
        ("permissiondeniederror", "accessdenied", "authorizationpermissionmismatch", "forbidden"),
        "access was denied",
        "let the job get, put, list and delete objects there (docs/how-to/stores/objects.md)",
    ),
    (
        ("169.254.16", "169.254.17", "metadata.google", "credential", "unauthenticatederror"),
        "no credentials were found, or they were refused",
        "",
    ),
    (
        ("dns error", "failed to lookup", "name or service not known"),
        "its name is unknown to DNS",
        "correct the endpoint, the region or the account in state = ...",
    ),
    (
        ("certificate", "tls handshake"),
        "a trusted TLS connection cannot be made",
        "check the endpoint and its certificate",
    ),
    (("connection refused", "tcp connect error"), "nothing answers at its address", _REACH),
    (("timed out", "timedout", "kind: timeout"), "it did not answer in time", _REACH),
    (
        ("503 service", "502 bad", "504 gateway", "500 internal", "slowdown"),
        "it answered with an error of its own",
        "wait for the store to recover, then run the command again",
    ),
)


def store_failed(place: Place, doing: str, error: BaseException) -> StoreUnavailableError:
    """The error to raise for one of the library; raise it outside of the `except`.

    Args:
        place: The store.
        doing: What was tried: `read heads/live/shop.json`.
        error: What the library raised.
    """
    text = f"{type(error).__name__} {error}".lower()
    text = text.replace(place.bucket.lower(), "")
    otherwise = (f"the request failed ({type(error).__name__})", _REACH)
    found = ((why, hint) for marks, why, hint in _KINDS if any(mark in text for mark in marks))
    why, hint = next(found, otherwise)
    return StoreUnavailableError(
        f"{place}: the store cannot {doing}: {why}", hint=hint or _LOGIN[place.scheme]
    )


def is_no_bucket(error: BaseException) -> bool:
    """Whether it is the bucket that is not there, and not only an object in it."""
    return any(mark in str(error).lower() for mark in _KINDS[0][0])
