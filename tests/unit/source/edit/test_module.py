"""Edits of stack modules, byte for byte: what is written, and what is refused."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.catalog.loader import schemas
from engine.source.edit.module import Edited, edit_module
from engine.source.edit.request import LeafEdit, Removal, Site
from engine.stack.model import Stack
from engine.values.markers import ABSENT
from engine.values.paths import Path as LeafPath
from engine.values.paths import get_path
from tests.support.stack_project import StackProject

HEAD = "from engine.stripe import Coupon, Price, Product, PromotionCode\n\n"
PRO = "stripe_product.pro"
Wanted = Mapping[tuple[str, LeafPath], Any]


@pytest.fixture
def project(tmp_path: Path) -> StackProject:
    """A folder with a stack."""
    return StackProject(tmp_path)


def edited(project: StackProject, text: str, wanted: Wanted, **options: Any) -> Edited:
    """Edit a module that the real loader evaluates before and after."""
    stack = project.load(text)
    assert stack.problems == ()
    result = edit_module(
        text,
        [_edit(stack, *place, value) for place, value in wanted.items()],
        _sites(stack),
        **options,
    )
    if not result.refused:
        after = project.load(result.text)
        assert after.problems == ()
        for (address, path), value in wanted.items():
            found = get_path(after.declarations[address].arguments, path, ABSENT)
            assert found == value or (value is ABSENT and found is None)
    return result


def _sites(stack: Stack) -> list[Site]:
    return [Site.of(one, schemas()[one.type].face) for one in stack.declarations.values()]


def _edit(stack: Stack, address: str, path: LeafPath, value: Any) -> LeafEdit:
    declaration = stack.declarations[address]
    site = Site.of(declaration, schemas()[declaration.type].face)
    before = get_path(declaration.arguments, path, ABSENT)
    return LeafEdit(site=site, path=path, before=before, after=value)


CASES: dict[str, tuple[str, Wanted, str]] = {
    "a literal": (
        'pro = Product("pro", name="Pro")  # ours\n',
        {(PRO, ("name",)): "Pro Plus"},
        'pro = Product("pro", name="Pro Plus")  # ours\n',
    ),
    "single quotes stay": (
        "pro = Product('pro', name='Pro')\n",
        {(PRO, ("name",)): "Pro Plus", (PRO, ("description",)): "All"},
        "pro = Product('pro', name='Pro Plus', description='All')\n",
    ),
    "quotes and backslashes": (
        'pro = Product("pro", name="Pro")\n',
        {(PRO, ("name",)): 'The "Pro"', (PRO, ("description",)): "a\\b\n'c' \"d\""},
        'pro = Product("pro", name=\'The "Pro"\', description="a\\\\b\\n\'c\' \\"d\\"")\n',
    ),
    "what is not printed": (
        'pro = Product("pro", name="Pro")\n',
        {(PRO, ("name",)): "P\u200bro é"},
        'pro = Product("pro", name="P\\u200bro é")\n',
    ),
    "a keyword more, on one line": (
        'Product("pro", name="Pro", lifecycle=None)\n',
        {(PRO, ("active",)): False},
        'Product("pro", name="Pro", active=False, lifecycle=None)\n',
    ),
    "a keyword more, below a comment": (
        """\
        Product(
            "pro",
            name="Pro",  # its name
            # and that is all
        )
        """,
        {(PRO, ("active",)): False},
        """\
        Product(
            "pro",
            name="Pro",  # its name
            active=False,
            # and that is all
        )
        """,
    ),
    "a keyword more, where arguments are aligned": (
        """\
        Product("pro",
                name="Pro",
                tax_code="txcd_1")
        """,
        {(PRO, ("active",)): False},
        """\
        Product("pro",
                name="Pro",
                tax_code="txcd_1",
                active=False)
        """,
    ),
    "a keyword less": (
        """\
        Product(
            "pro",
            # what people see
            name="Pro",
            # what people read
            description="All of it",  # all
            active=True,  # yes
        )
        """,
        {(PRO, ("description",)): ABSENT},
        """\
        Product(
            "pro",
            # what people see
            name="Pro",
            # what people read
            active=True,  # yes
        )
        """,
    ),
    "the last keyword less": (
        'Product("pro", name="Pro", description="All")\n',
        {(PRO, ("description",)): ABSENT},
        'Product("pro", name="Pro")\n',
    ),
    "entries of a dictionary": (
        """\
        Product(
            "pro",
            name="Pro",
            metadata={
                "tier": "1",  # first
                "old": "x",
                # last
            },
        )
        """,
        {
            (PRO, ("metadata", "tier")): "2",
            (PRO, ("metadata", "old")): ABSENT,
            (PRO, ("metadata", "new")): "y",
        },
        """\
        Product(
            "pro",
            name="Pro",
            metadata={
                "tier": "2",  # first
                "new": "y",
                # last
            },
        )
        """,
    ),
    "the last entry goes with its dictionary": (
        'Product("pro", name="Pro", metadata={"tier": "1"})\n',
        {(PRO, ("metadata", "tier")): ABSENT},
        'Product("pro", name="Pro")\n',
    ),
    "a nested entry where nothing is": (
        'Product("pro", name="Pro")\n',
        {(PRO, ("metadata", "tier")): "1"},
        'Product("pro", name="Pro", metadata={"tier": "1"})\n',
    ),
    "elements of a list keep their comments": (
        """\
        Product(
            "pro",
            name="Pro",
            images=[
                "https://a.example/1.png",  # front
                # the back
                "https://a.example/2.png",
                "https://a.example/3.png",
            ],
        )
        """,
        {
            (PRO, ("images",)): [
                "https://a.example/3.png",
                "https://a.example/1.png",
                "https://a.example/4.png",
                "https://a.example/5.png",
            ]
        },
        """\
        Product(
            "pro",
            name="Pro",
            images=[
                "https://a.example/3.png",
                "https://a.example/1.png",  # front
                # the back
                "https://a.example/4.png",
                "https://a.example/5.png",
            ],
        )
        """,
    ),
    "an equal element is not looked into": (
        """\
        SITE = "https://a.example"
        Product("pro", name="Pro", images=[f"{SITE}/1.png", "https://a.example/2.png"])
        """,
        {(PRO, ("images",)): ["https://a.example/1.png"]},
        """\
        SITE = "https://a.example"
        Product("pro", name="Pro", images=[f"{SITE}/1.png"])
        """,
    ),
    "elements of a tuple": (
        'Product("pro", name="Pro", images=("https://a.example/1.png",))\n',
        {(PRO, ("images",)): ["https://a.example/2.png"]},
        'Product("pro", name="Pro", images=("https://a.example/2.png",))\n',
    ),
    "a constant that is used once": (
        """\
        NAME = "Pro"  # what people see
        Product("pro", name=NAME)
        """,
        {(PRO, ("name",)): "Pro Plus"},
        """\
        NAME = "Pro Plus"  # what people see
        Product("pro", name=NAME)
        """,
    ),
    "an entry of a constant": (
        """\
        TAGS: dict[str, str] = {"tier": "1", "kind": "x"}
        Product("pro", name="Pro", metadata=TAGS)
        """,
        {(PRO, ("metadata", "tier")): "2", (PRO, ("metadata", "kind")): ABSENT},
        """\
        TAGS: dict[str, str] = {"tier": "2"}
        Product("pro", name="Pro", metadata=TAGS)
        """,
    ),
    "underscores in a number": (
        'Price("m", product="prod_1", currency="usd", unit_amount=1_000_00)\n',
        {("stripe_price.m", ("unit_amount",)): 1234567},
        'Price("m", product="prod_1", currency="usd", unit_amount=1_234_567)\n',
    ),
    "a reference to another resource": (
        """\
        pro = Product("pro", name="Pro")
        basic = Product("basic", name="Basic")
        Price("m", product=pro, currency="usd", unit_amount=1)
        Price("y", product=pro.id, currency="usd", unit_amount=1)
        """,
        {
            ("stripe_price.m", ("product",)): "${stripe_product.basic.id}",
            ("stripe_price.y", ("product",)): "${stripe_product.basic.id}",
        },
        """\
        pro = Product("pro", name="Pro")
        basic = Product("basic", name="Basic")
        Price("m", product=basic, currency="usd", unit_amount=1)
        Price("y", product=basic.id, currency="usd", unit_amount=1)
        """,
    ),
    "a reference to what no variable holds, or is below": (
        """\
        pro = Product("pro", name="Pro")
        made = [Product("basic", name="Basic")]
        Price("m", product=pro.id, currency="usd", unit_amount=1)
        Price("y", product=pro.id, currency="usd", unit_amount=1)
        late = Product("late", name="Late")
        """,
        {
            ("stripe_price.m", ("product",)): "${stripe_product.basic.id}",
            ("stripe_price.y", ("product",)): "${stripe_product.late.id}",
        },
        """\
        pro = Product("pro", name="Pro")
        made = [Product("basic", name="Basic")]
        Price("m", product="${stripe_product.basic.id}", currency="usd", unit_amount=1)
        Price("y", product="${stripe_product.late.id}", currency="usd", unit_amount=1)
        late = Product("late", name="Late")
        """,
    ),
    "a line that gets too long": (
        """\
        if True:
            pro = Product("pro", name="Pro", description="All of it", metadata={"tier": "1"})
        """,
        {(PRO, ("metadata", "kind")): "x"},
        """\
        if True:
            pro = Product(
                "pro", name="Pro", description="All of it", metadata={"tier": "1", "kind": "x"}
            )
        """,
    ),
    "a line that gets far too long": (
        'pro = Product("pro", name="Pro", metadata={"tier": "1", "description of it": "All"})\n',
        {(PRO, ("metadata", "another")): "x" * 40},
        f"""\
        pro = Product(
            "pro",
            name="Pro",
            metadata={{
                "tier": "1",
                "description of it": "All",
                "another": "{"x" * 40}",
            }},
        )
        """,
    ),
    "lines that get short enough": (
        """\
        pro = Product(
            "pro", name="Pro", description="All of it", metadata={"tier": "1", "kind": "xyz"}
        )
        """,
        {(PRO, ("metadata", "kind")): ABSENT},
        """\
        pro = Product("pro", name="Pro", description="All of it", metadata={"tier": "1"})
        """,
    ),
    "a call in another one": (
        """\
        made = []
        made.append(Product("pro", name="Pro"))
        """,
        {(PRO, ("name",)): "Pro Plus"},
        """\
        made = []
        made.append(Product("pro", name="Pro Plus"))
        """,
    ),
    "two declarations of one line": (
        'a, b = Product("a", name="A"), Product("b", name="B")\n',
        {("stripe_product.b", ("name",)): "C", ("stripe_product.a", ("name",)): "D"},
        'a, b = Product("a", name="D"), Product("b", name="C")\n',
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_an_edit(project: StackProject, case: str) -> None:
    """The text after the edit, and what the loader makes of it."""
    before, wanted, after = CASES[case]
    result = edited(project, HEAD + textwrap.dedent(before), wanted)
    assert result.refused == ()
    assert result.text == HEAD + textwrap.dedent(after)


@pytest.mark.parametrize("case", CASES)
def test_a_formatted_module_stays_formatted(project: StackProject, case: str) -> None:
    """`ruff format` changes nothing of what it has formatted before the edit."""
    before, wanted, _ = CASES[case]
    text = _formatted(HEAD + textwrap.dedent(before))
    result = edited(project, text, wanted)
    assert _formatted(result.text) == result.text


def _formatted(text: str) -> str:
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "-"]
    done = subprocess.run(  # noqa: S603 - the formatter of this project
        command, input=text, capture_output=True, text=True, check=True
    )
    return done.stdout


REFUSALS: dict[str, tuple[str, Wanted, tuple[int, str, str]]] = {
    "an f-string": (
        'SITE = "x"\nProduct("pro", name=f"{SITE}")\n',
        {(PRO, ("name",)): "y"},
        (4, "it is an f-string", '"y"'),
    ),
    "a call": (
        'Product("pro", name=str(1))\n',
        {(PRO, ("name",)): "y"},
        (3, "it is the result of a call", '"y"'),
    ),
    "a condition": (
        'Product("pro", name="A" if True else "B")\n',
        {(PRO, ("name",)): "y"},
        (3, "it is one of two, by a condition", '"y"'),
    ),
    "a sum": (
        'Price("m", product="prod_1", currency="usd", unit_amount=100 + 1)\n',
        {("stripe_price.m", ("unit_amount",)): 5},
        (3, "it is computed", "5"),
    ),
    "a constant of several": (
        'N = "A"\nProduct("pro", name=N)\nProduct("b", name=N)\nprint(N)\n',
        {(PRO, ("name",)): "y"},
        (3, "`N` is used by stripe_product.pro, stripe_product.b, line 6", '"y"'),
    ),
    "a constant that is computed": (
        'N = "A" + "B"\nProduct("pro", name=N)\n',
        {(PRO, ("name",)): "y"},
        (3, "`N` is not written out as one value", '"y"'),
    ),
    "a name that is assigned twice": (
        'N = "A"\nN = "B"\nProduct("pro", name=N)\n',
        {(PRO, ("name",)): "y"},
        (5, "`N` is not assigned once at the top of the module", '"y"'),
    ),
    "a loop": (
        'for n in ("pro", "b"):\n    Product(n, name="A")\n',
        {(PRO, ("name",)): "y"},
        (4, "one call declares 2 resources", '"y"'),
    ),
    "a loop over one": (
        'for n in ("A",):\n    Product("pro", name=n)\n',
        {(PRO, ("name",)): "y"},
        (4, "the call is in a loop", '"y"'),
    ),
    "a comprehension": (
        'made = [Product(n, name="A") for n in ("pro",)]\n',
        {(PRO, ("name",)): "y"},
        (3, "the call is in a comprehension", '"y"'),
    ),
    "a function": (
        'def make():\n    Product("pro", name="A")\n\n\nmake()\n',
        {(PRO, ("name",)): "y"},
        (4, "the call is in a function", '"y"'),
    ),
    "keywords that are spread": (
        'more = {"name": "A"}\nProduct("pro", **more)\n',
        {(PRO, ("name",)): "y"},
        (4, "it may come out of what is computed", '"y"'),
    ),
    "entries that are spread": (
        'more = {"a": "1"}\nProduct("pro", name="A", metadata={**more, "b": "2"})\n',
        {(PRO, ("metadata", "a")): "y"},
        (4, "it may come out of what is computed", '"y"'),
    ),
    "a dictionary that is made": (
        'Product("pro", name="A", metadata=dict(a="1"))\n',
        {(PRO, ("metadata", "a")): "y"},
        (3, "it is in what is the result of a call", '"y"'),
    ),
    "to take out what is computed": (
        'Product("pro", name="A", description="a".upper())\n',
        {(PRO, ("description",)): ABSENT},
        (3, "it is the result of a call", ""),
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_refusal(project: StackProject, case: str) -> None:
    """What is computed is not guessed: its line, why, and what to write; the text stays."""
    before, wanted, expected = REFUSALS[case]
    result = edited(project, HEAD + before, wanted)
    refused = result.refused[0]
    assert (refused.line, refused.why, refused.write) == expected
    assert result.text == HEAD + before


def test_what_can_be_edited_is_although_another_is_refused(project: StackProject) -> None:
    """Each request is answered by itself."""
    text = HEAD + 'pro = Product("pro", name="Pro", description=str(1))\n'
    wanted: Wanted = {(PRO, ("name",)): "A", (PRO, ("description",)): "B"}
    result = edited(project, text, wanted)
    assert [one.place for one in result.refused] == ["stripe_product.pro.description"]
    assert result.text == text.replace('"Pro"', '"A"')


def test_a_comment_goes_where_a_line_has_room(project: StackProject) -> None:
    """A value on a line of its own gets the note; one among others does not."""
    text = HEAD + textwrap.dedent(
        """\
        Price("m", product="prod_1", currency="usd", unit_amount=1)
        Price(
            "y",
            product="prod_1",
            currency="usd",
            unit_amount=1,
        )
        """
    )
    stack = project.load(text)
    edits = [
        LeafEdit(
            site=Site.of(declaration, "Price"),
            path=("product",),
            before="prod_1",
            after="prod_2",
            note="stripe_product.b of stack catalog",
        )
        for declaration in stack.declarations.values()
    ]
    assert edit_module(text, edits, _sites(stack)).text == HEAD + textwrap.dedent(
        """\
        Price("m", product="prod_2", currency="usd", unit_amount=1)
        Price(
            "y",
            product="prod_2",  # stripe_product.b of stack catalog
            currency="usd",
            unit_amount=1,
        )
        """
    )


def test_a_module_that_cannot_be_read_is_left_alone() -> None:
    """The newest syntax may be unknown to the library."""
    site = Site(address=PRO, face="Product", name="pro", line=1)
    edit = LeafEdit(site=site, path=("name",), before="A", after="B")
    result = edit_module("Product(\n", [edit, Removal(site=site)], [site])
    assert result.text == "Product(\n"
    assert [one.write for one in result.refused] == ['"B"', ""]
    assert all("cannot read the module" in one.why for one in result.refused)


def test_other_line_ends_stay(project: StackProject) -> None:
    """Also on the lines that are new."""
    text = HEAD + 'Product(\n    "pro",\n    name="Pro",\n)\n'
    stack = project.load(text)
    edits = [_edit(stack, PRO, ("active",), value=False)]
    result = edit_module(text.replace("\n", "\r\n"), edits, _sites(stack))
    assert result.text == text.replace(")\n", "    active=False,\n)\n").replace("\n", "\r\n")


REMOVALS: dict[str, tuple[str, str]] = {
    "a call": (
        """\
        # of the shop

        # the product
        Product("pro", name="Pro")

        # the other
        Product("b", name="B")
        """,
        """\
        # of the shop

        # the other
        Product("b", name="B")
        """,
    ),
    "a variable at the end": (
        """\
        Product("b", name="B")
        pro = Product(
            "pro",
            name="Pro",
        )
        """,
        """\
        Product("b", name="B")
        """,
    ),
    "all of a block": (
        """\
        if True:
            pro = Product("pro", name="Pro")
        """,
        """\
        if True:
            pass
        """,
    ),
}


@pytest.mark.parametrize("case", REMOVALS)
def test_a_declaration_goes(project: StackProject, case: str) -> None:
    """With the comment above it, and no other one."""
    before, after = (HEAD + textwrap.dedent(text) for text in REMOVALS[case])
    stack = project.load(before)
    site = Site.of(stack.declarations[PRO], "Product")
    assert edit_module(before, [Removal(site=site)], _sites(stack)) == Edited(
        text=after, refused=()
    )


KEPT: dict[str, tuple[str, tuple[int, str]]] = {
    "a variable that is used": (
        'pro = Product("pro", name="Pro")\nProduct("b", name=pro.id)\nprint(pro)\n',
        (3, "stripe_product.b, line 5 refer to it"),
    ),
    "an address in a text": (
        'Product("pro", name="Pro")\nProduct("b", name="${stripe_product.pro.id}")\n',
        (3, "stripe_product.b refers to it"),
    ),
    "part of a list": (
        'made = [Product("pro", name="Pro")]\n',
        (3, "its call is part of another expression"),
    ),
    "a loop": (
        'for n in ("pro", "b"):\n    Product(n, name="A")\n',
        (4, "one call declares 2 resources"),
    ),
}


@pytest.mark.parametrize("case", KEPT)
def test_a_declaration_stays(project: StackProject, case: str) -> None:
    """Nothing goes that is referred to, or that is not a statement."""
    text, expected = KEPT[case]
    stack = project.load(HEAD + text)
    site = Site.of(stack.declarations[PRO], "Product")
    result = edit_module(HEAD + text, [Removal(site=site)], _sites(stack))
    refused = result.refused[0]
    assert (refused.line, refused.why, refused.write) == (*expected, "")
    assert result.text == HEAD + text


def test_what_goes_together_refers_to_nothing_that_stays(project: StackProject) -> None:
    """A product goes with its price."""
    text = HEAD + (
        'pro = Product("pro", name="Pro")\n'
        'Price("m", product=pro, currency="usd", unit_amount=1)\nx = 1\n'
    )
    stack = project.load(text)
    removals = [Removal(site=site) for site in _sites(stack)]
    assert edit_module(text, removals, _sites(stack)) == Edited(text=HEAD + "x = 1\n", refused=())
