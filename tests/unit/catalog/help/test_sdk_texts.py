"""Docstrings of the SDK, found in its source: of the installed one, and of one written here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import stripe

from engine.catalog import loader
from engine.catalog.help.sdk_texts import SdkTexts, installed
from engine.schema.attribute import walk

SERVICES = """
_subservices = {"widgets": ["stripe._widget_service", "WidgetService"]}
"""
SERVICE = """
if TYPE_CHECKING:
    from stripe._widget import Widget
    from stripe.params._widget_create_params import WidgetCreateParams as Params
    from stripe.params._widget_update_params import WidgetUpdateParams

class WidgetService:
    def retrieve(self, id: str) -> "Widget": ...
    def create(self, params: Optional["Params"] = None) -> "Widget": ...
    def update(self, id: str, params: "WidgetUpdateParams") -> "Widget": ...
"""
CREATE = '''
class WidgetCreateParams(Base):
    colour: NotRequired["Literal['red', 'dark blue']|str"]
    """
    Its colour.

    By default `red`.
    """
    parts: NotRequired[List["WidgetCreateParamsPart"]]
    """
    What it is made of.
    """
    silent: int
    maker: "WidgetCreateParamsPerson|WidgetCreateParamsCompany"
    from_: str
    """Where it is from."""

class Base(TypedDict):
    inherited: str
    """In the base."""

class WidgetCreateParamsPart(TypedDict):
    size: int
    """
    How large it is.
    """

class WidgetCreateParamsPerson(TypedDict):
    born: int
    """When the person was born."""

class WidgetCreateParamsCompany(TypedDict):
    founded: int
    """When the company was founded."""
'''
UPDATE = '''
class WidgetUpdateParams(TypedDict):
    silent: int
    """Only an update says it."""
'''
WIDGET = '''
class Widget(Resource["Widget"]):
    """
    A thing.
    """
    class Part(StripeObject):
        class Screw(StripeObject):
            turns: int
            """How often it was turned."""
        screws: List[Screw]
    id: str
    """Its id."""
    parts: Optional[List[Part]]
'''


@pytest.fixture
def sdk(tmp_path: Path) -> SdkTexts:
    """An SDK with one type."""
    (tmp_path / "params").mkdir()
    for name, text in {
        "_version.py": 'VERSION = "99.1.0"',
        "_v1_services.py": SERVICES,
        "_widget_service.py": SERVICE,
        "_widget.py": WIDGET,
        "params/_widget_create_params.py": CREATE,
        "params/_widget_update_params.py": UPDATE,
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return SdkTexts(tmp_path)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("colour", "Its colour.\n\nBy default `red`."),
        ("parts", "What it is made of."),
        ("parts.*", "What it is made of."),
        ("parts.*.size", "How large it is."),
        ("silent", "Only an update says it."),
        ("maker.born", "When the person was born."),
        ("maker.founded", "When the company was founded."),
        ("from", "Where it is from."),
        ("inherited", "In the base."),
        ("id", "Its id."),
        ("parts.*.screws.*.turns", "How often it was turned."),
        ("maker", ""),
        ("unheard_of", ""),
        ("*", ""),
    ],
)
def test_a_field_has_the_docstring_after_it(sdk: SdkTexts, path: str, expected: str) -> None:
    """Of the create, else of the update, else of the response."""
    assert sdk.of_field("v1.widgets", tuple(path.split("."))) == expected


def test_a_type_has_the_docstring_of_its_class(sdk: SdkTexts) -> None:
    """And the SDK has a version."""
    assert sdk.of_type("v1.widgets") == "A thing."
    assert sdk.version == "99.1.0"


@pytest.mark.parametrize("service", ["v1.gadgets", "v3.widgets", "v1.widgets.parts"])
def test_what_an_sdk_does_not_have_has_no_text(sdk: SdkTexts, service: str) -> None:
    """As a type that a newer SDK dropped."""
    assert sdk.of_type(service) == ""
    assert sdk.of_field(service, ("colour",)) == ""


@pytest.mark.parametrize("text", ["class (", "VERSION = compute()", "\0", "_subservices = {1: 2}"])
def test_a_source_of_another_form_has_no_text(sdk: SdkTexts, tmp_path: Path, text: str) -> None:
    """No failure: help that lacks a sentence is help."""
    for file in tmp_path.rglob("*.py"):
        file.write_text(text, encoding="utf-8")
    assert sdk.version == ""
    assert sdk.of_type("v1.widgets") == ""
    assert sdk.of_field("v1.widgets", ("colour",)) == ""


def test_an_sdk_without_docstrings_has_no_text(sdk: SdkTexts, tmp_path: Path) -> None:
    """The fields are found, and say nothing."""
    bare = "class WidgetCreateParams(TypedDict):\n    colour: str\n    size: int\n    7\n"
    (tmp_path / "params" / "_widget_create_params.py").write_text(bare, encoding="utf-8")
    assert sdk.of_field("v1.widgets", ("colour",)) == ""
    assert sdk.of_field("v1.widgets", ("size",)) == ""


def test_the_installed_sdk_describes_nearly_every_field() -> None:
    """Those at the top; parents are no parameters of a request."""
    texts = installed()
    assert texts is not None
    assert texts.version == stripe.VERSION
    without = []
    for name, kind in loader.schemas().items():
        service = loader.entry(kind.object).service
        without += [
            (name, path)
            for path, field in walk(kind.root)
            if len(path) == 1 and field.declarable and not texts.of_field(service, path)
        ]
    assert without == [
        ("stripe_apple_pay_domain", ("domain_name",)),
        ("stripe_product_feature", ("product",)),
        ("stripe_treasury_financial_account_features", ("financial_account",)),
    ]


def test_it_is_read_without_importing_the_sdk() -> None:
    """Help does not wait for it."""
    code = (
        "import sys; from engine.catalog.help.sdk_texts import installed;"
        "assert installed().of_field('v1.prices', ('currency',)); sys.exit('stripe' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False)  # noqa: S603 - our own words
    assert done.returncode == 0
