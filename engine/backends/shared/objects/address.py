"""Addresses of object stores: `s3://BUCKET/PREFIX?endpoint=...`, `gs://...`, `az://...`."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from engine.errors import SettingsError
from engine.frozen import frozen
from engine.suggest import nearest

OPTIONS: Mapping[str, tuple[str, ...]] = {
    "s3": ("endpoint", "region", "plain-http"),
    "gs": ("endpoint", "plain-http"),
    "az": ("account", "endpoint", "plain-http"),
}
"""What may follow the `?` of an address, by its scheme."""
_ENDPOINT_VARIABLES: Mapping[str, tuple[str, ...]] = {
    "s3": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"),
    "gs": ("GOOGLE_BASE_URL",),
    "az": ("AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT"),
}
_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
_PREFIX = re.compile(r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*")
_SECRET = re.compile(r"secret|token|password|signature|credential|sas|(?<![a-z])key|^sig$|^key")


@frozen
class Place:
    """Where the objects are.

    Attributes:
        scheme: `s3`, `gs` or `az`.
        bucket: The bucket, or the container.
        prefix: Folder in it; empty for all of it.
        endpoint: Address of the server; empty for the cloud's own.
        region: Region of the bucket; empty for what the surroundings say.
        account: The storage account; empty but for Azure.
        plain_http: The endpoint is not encrypted, and may be so.
    """

    scheme: str
    bucket: str
    prefix: str = ""
    endpoint: str = ""
    region: str = ""
    account: str = ""
    plain_http: bool = False

    def __str__(self) -> str:
        text = f"{self.scheme}://{self.bucket}" + (f"/{self.prefix}" if self.prefix else "")
        if self.account:
            text += f" in {self.account}"
        return f"{text} at {self.endpoint}" if self.endpoint else text


def parse_place(address: str, environ: Mapping[str, str]) -> Place:
    """Read the address of an object store.

    Raises:
        SettingsError: if it is none. No value of an option is in the message: it may be secret.
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        parts = urlsplit("")
    scheme, prefix = parts.scheme, parts.path.strip("/")
    if scheme not in OPTIONS:
        raise SettingsError(
            "the address of the store is not one of an object store",
            hint="write s3://BUCKET/PREFIX, gs://BUCKET/PREFIX or az://CONTAINER/PREFIX",
        )
    if "@" in parts.netloc:
        raise SettingsError(
            f"the address of the {scheme} store holds a login",
            hint="take it out: credentials are found where the cloud's own programs find them",
        )
    if not _BUCKET.fullmatch(parts.netloc) or parts.fragment:
        raise SettingsError(
            f"the address of the {scheme} store names no bucket",
            hint=f'write state = "{scheme}://BUCKET/PREFIX"',
        )
    dots = any(part in (".", "..") for part in prefix.split("/"))
    if prefix and (dots or not _PREFIX.fullmatch(prefix)):
        raise SettingsError(
            f"the prefix in {scheme}://{parts.netloc}/... cannot be used",
            hint="use letters, digits, '.', '_' and '-', in folders with '/'",
        )
    options = _options(scheme, parts.query)
    endpoint = options.get("endpoint") or _endpoint(scheme, environ)
    return Place(
        scheme=scheme,
        bucket=parts.netloc,
        prefix=prefix,
        endpoint=endpoint.rstrip("/"),
        region=options.get("region", ""),
        account=_account(scheme, options, environ),
        plain_http=_plain_http(endpoint, allowed=options.get("plain-http") == "1"),
    )


def _options(scheme: str, query: str) -> dict[str, str]:
    options: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in OPTIONS[scheme]:
            raise _unknown(scheme, name)
        if name in options or not value:
            raise SettingsError(
                f"the address of the {scheme} store needs one value for {name!r}",
                hint=f"write {name}=VALUE once",
            )
        options[name] = value
    return options


def _unknown(scheme: str, name: str) -> SettingsError:
    if _SECRET.search(name.lower()):
        return SettingsError(
            f"the address of the {scheme} store has the option {name[:40]!r}, which is a secret",
            cause="A secret in an address is shown wherever the address is.",
            hint="take it out: credentials are found where the cloud's own programs find them",
        )
    known = OPTIONS[scheme]
    near = nearest(name, known)
    return SettingsError(
        f"an address of {scheme} stores has no option {name[:40]!r}",
        hint=f"did you mean {near!r}?" if near else f"known: {', '.join(known)}",
    )


def _account(scheme: str, options: Mapping[str, str], environ: Mapping[str, str]) -> str:
    if scheme != "az":
        return ""
    account = options.get("account") or environ.get("AZURE_STORAGE_ACCOUNT_NAME", "").strip()
    if not account:
        raise SettingsError(
            "the address of the az store names no storage account",
            hint="add ?account=ACCOUNT to it, or set AZURE_STORAGE_ACCOUNT_NAME",
        )
    return account


def _endpoint(scheme: str, environ: Mapping[str, str]) -> str:
    given = (environ.get(name, "").strip() for name in _ENDPOINT_VARIABLES[scheme])
    return next(filter(None, given), "")


def _plain_http(endpoint: str, *, allowed: bool) -> bool:
    """Whether an endpoint is not encrypted.

    Raises:
        SettingsError: if it is no address, or may not be used without encryption.
    """
    if not endpoint:
        return False
    try:
        parts = urlsplit(endpoint)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    extra = parts.query or parts.fragment or "@" in parts.netloc
    if parts.scheme not in ("http", "https") or not host or extra:
        raise SettingsError(
            "the endpoint of the store is not the address of a server",
            hint="write endpoint=https://HOST or endpoint=https://HOST:PORT, without a login",
        )
    if parts.scheme == "https":
        return False
    if not allowed and not _is_loopback(host):
        raise SettingsError(
            f"the endpoint of the store at {host} is not encrypted: states would be readable on "
            "the way",
            hint="write https://, or add plain-http=1 to the address in a network that is trusted",
        )
    return True


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
