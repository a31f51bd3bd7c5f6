"""The authoring classes a stack module imports."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import engine.stripe
from engine.catalog import loader
from engine.stack.resource import Resource
from engine.stripe.face import authoring_class, class_names


def test_every_managed_type_has_its_class() -> None:
    """Each class knows its type, is made once, and says where it is from."""
    for name, type_name in loader.faces().items():
        found = getattr(engine.stripe, name)
        assert issubclass(found, Resource)
        assert type_name == found.TYPE
        assert (found.__module__, found.__name__) == ("engine.stripe", name)
        assert found is authoring_class(name)


def test_dir_lists_the_classes() -> None:
    """Completion in a console shows what there is."""
    assert dir(engine.stripe) == class_names() == sorted(loader.faces())


def test_the_stub_exports_what_exists() -> None:
    """Type checkers and the running program agree on the names."""
    stub = Path(engine.stripe.__file__).with_suffix(".pyi")
    tree = ast.parse(stub.read_text(encoding="utf-8"))
    exported = next(
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    )
    assert exported == class_names()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Prise", "did you mean 'Price'?"),
        ("Xyz", "has no class 'Xyz'"),
        ("Charge", "moves money once"),
        ("Refund", "moves money once"),
        ("Payout", "moves money once"),
        ("PaymentIntent", "moves money once"),
        ("CheckoutSession", "the application makes it"),
        ("Session", "the application makes it"),
        ("Invoice", "moves money once"),
        ("Event", "a record of what happened"),
        ("CountrySpec", "'country_spec' is not a managed type"),
        ("lower", "has no attribute 'lower'"),
        ("_private", "has no attribute '_private'"),
    ],
)
def test_a_name_without_class_is_explained(name: str, message: str) -> None:
    """A typo gets the name that was meant, a known type the reason it has no class."""
    with pytest.raises(AttributeError) as raised:
        getattr(engine.stripe, name)
    assert message in str(raised.value)


def test_the_face_is_light() -> None:
    """Writing stacks loads neither the SDK nor the command line's libraries."""
    script = (
        "import sys\n"
        "from engine.stripe import Price, Product\n"
        "heavy = {'stripe', 'click', 'rich', 'deepdiff', 'filelock'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)\n"
    )
    ended = subprocess.run(  # noqa: S603 - this very interpreter
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
