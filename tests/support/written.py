"""Modules to be written, by hand and at random, and what the loader makes of their text."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

import engine
from engine.address import ResourceAddress, address
from engine.catalog import loader
from engine.source.model import WrittenModule, WrittenResource
from engine.stack.loader import load_stack
from engine.stack.model import Lifecycle, Stack
from engine.variables import Variables

ROOT = Path(engine.__file__).resolve().parents[1]


def resource(where: str, /, **arguments: Any) -> WrittenResource:
    """A resource with some arguments."""
    return WrittenResource(address=ResourceAddress(where), arguments=arguments)


def module(*resources: WrittenResource, **outputs: Any) -> WrittenModule:
    """A module with some resources and outputs."""
    return WrittenModule(
        name="shop", docstring="What is sold.", resources=resources, outputs=outputs
    )


def evaluated(text: str, folder: Path, name: str = "shop") -> Stack:
    """What a module declares, as the loader reads it."""
    (folder / "stacks").mkdir(exist_ok=True)
    path = folder / "stacks" / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    return load_stack(path, root=folder, environment="test", variables=Variables(given={}))


def assert_says(stack: Stack, written: WrittenModule) -> None:
    """What was evaluated is what was to be written, no more and no less."""
    assert stack.problems == ()
    assert {where: one.arguments for where, one in stack.declarations.items()} == {
        one.address: one.arguments for one in written.resources
    }
    assert {where: _plain(one.lifecycle) for where, one in stack.declarations.items()} == {
        one.address: _plain(Lifecycle(**one.lifecycle)) for one in written.resources
    }
    assert {name: one.value for name, one in stack.outputs.items()} == dict(written.outputs)


def _plain(lifecycle: Lifecycle) -> Mapping[str, Any]:
    fields = dataclasses.asdict(lifecycle)
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in fields.items()
    }


def ruff(*arguments: str, folder: Path) -> str:
    """What ruff says of a folder; empty if nothing."""
    ended = subprocess.run(  # noqa: S603 - the linter of this very environment
        [sys.executable, "-m", "ruff", *arguments, "--no-cache", "."],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return "" if ended.returncode == 0 else ended.stdout + ended.stderr


_PIECES = st.sampled_from(
    (
        *('"', "'", "\\", "{", "}", "${", "$${", "{x}", "\n", "\r", "\t", "\0", "#", "%s", '"""'),
        *("https://acme.example", "/plans", "?a=b", " ", "  ", "word ", "Pro", "month", "\u2019"),
        *("\u00e9", "\u65e5\u672c", "\U0001f600", "\u200d", "\u200b", "\xa0", "\u202e", "\\n"),
    )
)
_CHARACTERS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
TEXTS = st.one_of(
    _CHARACTERS,
    st.lists(_PIECES | _CHARACTERS, max_size=8).map("".join),
    st.lists(_PIECES | _CHARACTERS, min_size=12, max_size=40).map("".join),
    st.lists(_PIECES, min_size=12, max_size=40).map(" ".join),
)
_NAMES = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,6}", fullmatch=True) | st.sampled_from(
    ("pro", "class", "list", "output", "match", "l", "2024", "pro-monthly", "pro_monthly", "x-_-y")
)
_TYPES = st.sampled_from(
    (
        *("stripe_product", "stripe_price", "stripe_coupon", "stripe_promotion_code"),
        *("stripe_tax_rate", "stripe_webhook_endpoint", "stripe_payment_link", "stripe_account"),
    )
)
_ATTRIBUTES = st.sampled_from(("id", "url", "metadata", "recurring.interval", "class", "lookup"))
_KEYS = st.sampled_from(("id", "name", "a key", "class")) | TEXTS.filter(
    lambda key: "${" not in key
)
_NUMBERS = st.integers(-(10**18), 10**18) | st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def modules(draw: st.DrawFn) -> WrittenModule:
    """Modules whose resources refer to each other anyhow, with anything as their arguments."""
    names = st.builds(address, _TYPES, _NAMES)
    addresses = draw(st.lists(names, min_size=1, max_size=8, unique=True))
    outputs = st.sampled_from(
        ("${output.other.prices.month}", '${output.other.prices["a \\"key\'"][0]}', "${output.a.b}")
    )
    targets = st.sampled_from(addresses) | names
    references = st.builds("${{{}.{}}}".format, targets, _ATTRIBUTES) | outputs
    texts = TEXTS | references | st.lists(TEXTS | references, max_size=4).map("".join)
    scalars = st.none() | st.booleans() | _NUMBERS | texts
    values = st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4),
        max_leaves=8,
    )
    lifecycles = st.fixed_dictionaries(
        {},
        optional={
            "protect": st.booleans(),
            "depends_on": st.lists(targets.map(str) | references, max_size=2),
            "ignore_changes": st.lists(st.sampled_from(("name", "metadata.a")), max_size=2),
            "account": references | st.just("acct_1"),
        },
    )
    resources = [
        WrittenResource(
            address=where,
            arguments=draw(_arguments(where, values, addresses)),
            lifecycle=draw(lifecycles),
            remarks=tuple(draw(st.lists(TEXTS, max_size=1))),
            notes=dict.fromkeys(
                draw(st.lists(st.sampled_from(_noted(where)), max_size=1)), "a note"
            ),
        )
        for where in addresses
    ]
    return WrittenModule(
        name="shop",
        docstring=draw(TEXTS),
        resources=tuple(resources),
        outputs=draw(st.dictionaries(_NAMES, values, max_size=2)),
    )


def _noted(where: ResourceAddress) -> list[tuple[str | int, ...]]:
    return [("metadata",), ("name",), ("metadata", "a key"), *((name,) for name in _fields(where))]


def _fields(where: ResourceAddress) -> list[str]:
    fields = loader.resource_type(where.type).root.fields
    return [name for name, field in fields.items() if field.declarable]


def _arguments(
    where: ResourceAddress, values: st.SearchStrategy[Any], addresses: list[ResourceAddress]
) -> st.SearchStrategy[dict[str, Any]]:
    parents = {
        "stripe_price": ("product", "stripe_product"),
        "stripe_product": ("default_price", "stripe_price"),
    }
    found = st.dictionaries(st.sampled_from(_fields(where)), values, max_size=4)
    field, wanted = parents.get(where.type, ("", ""))
    near = [f"${{{other}.id}}" for other in addresses if other.type == wanted]
    if not near:
        return found
    return st.builds(lambda given, one: {**given, field: one}, found, st.sampled_from(near))


@st.composite
def families(draw: st.DrawFn) -> WrittenModule:
    """Modules of products that are alike, with what belongs to them and what refers to them."""
    keys = draw(
        st.lists(_NAMES | st.sampled_from(("a", "ab", "b")), min_size=3, max_size=16, unique=True)
    )
    suffixes = draw(st.lists(st.sampled_from(("-monthly", "-eur", "2")), max_size=2, unique=True))
    shared = st.sampled_from(("Pro", "a", "", "https://acme.example/x"))
    words = (
        st.sampled_from(("{}", "the {} plan", "https://acme.example/{}", "{{{}}}", "\"{}'")) | TEXTS
    )
    forms = {
        name: draw(words)
        for name in draw(st.lists(st.sampled_from(("name", "description", "url")), unique=True))
    }
    loose = draw(st.booleans())
    rich = draw(st.booleans())
    resources: list[WrittenResource] = []
    for key in keys:
        texts = {
            name: draw(TEXTS | shared) if loose else form.replace("{}", key)
            for name, form in forms.items()
        }
        given: dict[str, Any] = {**texts, "metadata": {"a key": key.upper(), "n": draw(shared)}}
        if suffixes:
            given["default_price"] = f"${{stripe_price.{key}{suffixes[0]}.id}}"
        resources.append(WrittenResource(address=address("stripe_product", key), arguments=given))
        if draw(st.booleans()) and rich:
            feature = {"product": f"${{stripe_product.{key}.id}}", "entitlement_feature": "feat_1"}
            where = address("stripe_product_feature", f"{key}-{draw(st.sampled_from(('a', 'b')))}")
            resources.append(WrittenResource(address=where, arguments=feature))
        for suffix in suffixes:
            amount = draw(st.integers(0, 9) | st.just(2900))
            percent: Any = draw(st.sampled_from((1, 1.5, 2.0)))
            arguments = {
                "product": f"${{stripe_product.{key}.id}}",
                "currency": draw(st.sampled_from(("usd", "eur"))) if loose else "usd",
                "unit_amount": amount,
                "nickname": f"{key.title()} {percent}",
                "recurring": {"interval": "month"},
            }
            resources.append(
                WrittenResource(
                    address=address("stripe_price", f"{key}{suffix}"),
                    arguments=arguments,
                    remarks=("About a price.",),
                    notes={("unit_amount",): "in cents"},
                )
            )
    for key in keys:
        rate = {"percentage": draw(st.sampled_from((1, 2.5, 19.0))), "display_name": draw(shared)}
        resources.append(WrittenResource(address=address("stripe_tax_rate", key), arguments=rate))
    addresses = [one.address for one in resources]
    references = st.builds(
        "${{{}.{}}}".format, st.sampled_from(addresses), st.sampled_from(("id", "url"))
    )
    link = draw(st.dictionaries(_KEYS, references | st.lists(references, max_size=2), max_size=3))
    if link:
        resources.append(
            WrittenResource(
                address=address("stripe_payment_link", "l"), arguments={"metadata": link}
            )
        )
    draw(st.randoms(use_true_random=False)).shuffle(resources)
    return WrittenModule(
        name="shop",
        docstring="Families.",
        resources=tuple(resources),
        outputs=draw(st.dictionaries(_NAMES, references, max_size=2)),
    )
