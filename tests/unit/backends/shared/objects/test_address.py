"""Addresses of object stores."""

from __future__ import annotations

import pytest

from engine.backends.shared.objects.address import parse_place
from engine.errors import SettingsError


def test_an_address_names_bucket_prefix_and_server() -> None:
    """An address names bucket prefix and server."""
    place = parse_place("s3://acme/a/b?endpoint=http://127.0.0.1:9000/&region=eu-west-1", {})
    assert (place.bucket, place.prefix, place.region) == ("acme", "a/b", "eu-west-1")
    assert place.endpoint == "http://127.0.0.1:9000"
    assert place.plain_http
    assert str(place) == "s3://acme/a/b at http://127.0.0.1:9000"


def test_the_variable_for_s3_alone_comes_first() -> None:
    """The variable for S3 alone comes first."""
    environ = {"AWS_ENDPOINT_URL": "https://a.test", "AWS_ENDPOINT_URL_S3": "https://b.test"}
    assert parse_place("s3://acme", environ).endpoint == "https://b.test"
    assert parse_place("s3://acme?endpoint=https://c.test", environ).endpoint == "https://c.test"
    assert parse_place("gs://acme", environ).endpoint == ""


def test_an_account_of_azure_can_be_named() -> None:
    """An account of Azure can be named."""
    assert parse_place("az://states/engine?account=acme", {}).account == "acme"
    environ = {"AZURE_STORAGE_ACCOUNT_NAME": "acme"}
    assert str(parse_place("az://states/engine", environ)) == "az://states/engine in acme"
    with pytest.raises(SettingsError, match="names no storage account"):
        parse_place("az://states/engine", {})


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("s3://acme?regoin=CANARY", "did you mean 'region'"),
        ("s3://acme?secret_access_key=CANARY", "is a secret"),
        ("az://acme?sas=CANARY", "is a secret"),
        ("az://acme?sig=CANARY", "is a secret"),
        ("az://acme?account_key=CANARY", "is a secret"),
        ("s3://user:CANARY@acme/x", "holds a login"),
        ("s3://", "names no bucket"),
        ("s3://acme/../CANARY", "cannot be used"),
        ("s3://acme/a b", "cannot be used"),
        ("s3://acme?region=CANARY&region=b", "one value for 'region'"),
        ("s3://acme?endpoint=http://store.test:9000", "is not encrypted"),
        ("s3://acme?endpoint=https://user:CANARY@store.test", "not the address of a server"),
        ("s3://acme?endpoint=ftp://store.test", "not the address of a server"),
        ("ftp://acme", "not one of an object store"),
    ],
)
def test_other_addresses_are_refused_without_their_values(address: str, says: str) -> None:
    """Other addresses are refused without their values."""
    with pytest.raises(SettingsError) as refused:
        parse_place(address, {})
    assert says in str(refused.value)
    assert "CANARY" not in str(refused.value)


def test_a_trusted_network_can_be_allowed_plain_http() -> None:
    """A trusted network can be allowed plain http."""
    assert parse_place("s3://acme?endpoint=http://store.test&plain-http=1", {}).plain_http
