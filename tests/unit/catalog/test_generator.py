"""The generated files are what the installed SDK says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import stripe

from engine.catalog import loader
from engine.catalog.model import Shape
from engine.schema.attribute import Kind

if loader.sdk_version() != stripe.VERSION:
    pytest.skip(
        f"the catalog is of SDK {loader.sdk_version()}, installed is {stripe.VERSION}",
        allow_module_level=True,
    )

from engine.catalog.generator import __main__ as generator
from engine.catalog.generator.description import HOW_TO_GET_IT, VARIABLE, named_file, read
from engine.catalog.generator.shapes import ShapeReader

OPTIONS = {
    "api_key",
    "content_type",
    "headers",
    "idempotency_key",
    "max_network_retries",
    "stripe_account",
    "stripe_context",
    "stripe_version",
}


@pytest.fixture(scope="module")
def catalog() -> dict[Path, str]:
    """A fresh generation."""
    return dict(generator.catalog())


def test_the_shipped_catalog_is_a_fresh_one(catalog: dict[Path, str]) -> None:
    """Nobody edited a file by hand, and nobody forgot to generate."""
    assert generator.differences(catalog) == []
    assert generator.left_over(catalog) == []


def test_the_shipped_face_is_a_fresh_one() -> None:
    """A new row without a new stub would leave authors' editors behind."""
    assert generator.differences(generator.face()) == []


def test_what_is_read_is_what_was_derived(catalog: dict[Path, str]) -> None:
    """Nothing is lost between what was derived and what the loader hands out."""
    assert catalog
    for entry in generator.described_entries():
        assert loader.entry(entry.object) == entry


def test_the_catalog_is_small(catalog: dict[Path, str]) -> None:
    """Everything together stays below a megabyte."""
    assert sum(len(text.encode()) for text in catalog.values()) < 1_000_000


def test_a_check_reports_what_differs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--check` writes nothing, names each difference and ends with 1; writing settles it."""
    shipped = {path.name: path.read_text(encoding="utf-8") for path in generator.DATA.iterdir()}
    (tmp_path / "left_over.json").write_text("{}", encoding="utf-8")
    monkeypatch.setattr(generator, "DATA", tmp_path)
    monkeypatch.setattr(
        generator,
        "catalog",
        lambda: {tmp_path / "price.json": shipped["price.json"]},
    )
    monkeypatch.setattr(generator, "FACE", tmp_path / "__init__.pyi")
    assert generator.main(["--check"]) == 1
    told = capsys.readouterr().out
    assert "price.json" in told
    assert "left_over.json" in told
    assert not (tmp_path / "price.json").exists()
    assert generator.main([]) == 0
    assert generator.main(["--check"]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["__init__.pyi", "price.json"]


def test_without_the_description_its_facts_are_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A machine without it generates the same files, and is told how to get it."""
    monkeypatch.delenv(VARIABLE, raising=False)
    assert generator.main(["--check"]) == 0
    assert "pip download" in capsys.readouterr().out
    assert loader.entry("product").params("create")["unit_label"].max_length == 12


@pytest.mark.parametrize("content", ["", "{}", '{"info": {"version": "x"}}'])
def test_what_is_no_description_is_refused(
    content: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A wrong file is named, with the way to the right one, and nothing is written."""
    named = tmp_path / "spec3.json"
    named.write_text(content, encoding="utf-8")
    monkeypatch.setenv(VARIABLE, str(named))
    assert generator.main([]) == 1
    told = capsys.readouterr().err
    assert str(named) in told
    assert "pip download" in told


def test_the_description_that_is_named_is_the_one_that_was_read() -> None:
    """The facts in the catalog are of the version that CI checks them against."""
    named = named_file()
    if named is None:
        pytest.skip(f"{VARIABLE} names no description: {HOW_TO_GET_IT}")
    assert read(named).version == loader.description_version()


def test_unknown_arguments_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """The tool has one option."""
    assert generator.main(["--chek"]) == 1
    assert "usage" in capsys.readouterr().err


@pytest.mark.parametrize("object_name", loader.object_names())
def test_no_request_options_among_parameters(object_name: str) -> None:
    """Keys, accounts and versions belong to the request, never to an object."""
    for name in ("create", "update"):
        params = set(loader.entry(object_name).params(name))
        assert not params & (OPTIONS | {"expand", "include"})
    for operation in loader.entry(object_name).operations.values():
        if operation.params is not None:
            assert not set(operation.params.fields) & (OPTIONS - {"headers"})


def _shape(object_name: str, operation: str, *path: str) -> Shape:
    entry = loader.entry(object_name)
    fields: Any = entry.response.fields if operation == "response" else entry.params(operation)
    for name in path[:-1]:
        fields = fields[name].fields
    found: Shape = fields[path[-1]]
    return found


def test_the_sdks_idioms_are_understood() -> None:
    """Each way the SDK spells a type comes out as the shape that says the same."""
    assert _shape("product", "update", "description").emptyable
    scheme = _shape("price", "create", "billing_scheme")
    assert (scheme.values, scheme.open_values) == (("per_unit", "tiered"), True)
    tiers = _shape("price", "create", "tiers").element
    assert tiers is not None
    assert tiers.fields["up_to"].kind is Kind.INTEGER
    assert tiers.fields["up_to"].literals == ("inf",)
    assert _shape("price", "create", "unit_amount_decimal").kind is Kind.DECIMAL
    product = _shape("price", "response", "product")
    assert (product.kind, product.reference) == (Kind.STRING, "product")
    assert _shape("price", "create", "metadata").kind is Kind.MAP
    assert _shape("price", "response", "nickname").nullable
    assert not _shape("price", "update", "nickname").emptyable
    created = _shape("price", "list", "created")
    assert (created.kind, set(created.fields)) == (Kind.ANY, {"gt", "gte", "lt", "lte"})
    cancel_at = _shape("subscription", "create", "cancel_at")
    assert cancel_at.kind is Kind.INTEGER
    assert "min_period_end" in cancel_at.literals
    assert _shape("payment_link", "response", "line_items").fields["data"].kind is Kind.LIST


def test_what_only_the_description_says_is_known() -> None:
    """Lengths and currencies of parameters, and what an answer leaves out rather than null."""
    assert _shape("product", "update", "statement_descriptor").max_length == 22
    assert _shape("tax_rate", "create", "display_name").max_length == 50
    assert _shape("price", "create", "currency").currency
    assert _shape("product", "create", "default_price_data", "currency").currency
    assert _shape(
        "issuing.cardholder", "response", "spending_controls", "spending_limits_currency"
    ).currency
    options = ("payment_settings", "payment_method_options", "customer_balance")
    funding = _shape("subscription", "create", *options, "funding_type")
    assert (funding.values, funding.open_values) == (("bank_transfer",), True)
    applies_to = _shape("coupon", "response", "applies_to")
    assert (applies_to.required, applies_to.nullable) == (False, False)
    assert _shape("product", "response", "description").nullable
    assert _shape("product", "response", "name").required


def test_answers_of_several_types_are_one_type() -> None:
    """A service that answers with bank accounts or cards has an entry with the fields of both."""
    account = loader.entry("account.external_account")
    assert {"account_holder_name", "exp_month"} <= set(account.response.fields)
    assert not account.response.fields["exp_month"].required
    assert account.response.fields["id"].required


def test_types_that_hold_themselves_end() -> None:
    """A class that contains itself is described once and not for ever."""
    shape = ShapeReader(frozenset()).response(stripe.PaymentIntent)
    inner = shape.fields["last_payment_error"].fields["payment_intent"]
    assert inner.kind is Kind.ANY


def test_uploads_go_to_their_own_host() -> None:
    """The host a call goes to is what the SDK would really use."""
    assert loader.entry("file").operations["create"].base == "files"
    assert loader.entry("price").operations["create"].base == "api"
