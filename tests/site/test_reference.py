"""Reference pages say all that there is: what is made from the program, and what people write."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import engine
from engine import errors, policies
from engine.catalog import loader
from engine.cli.command import is_shared
from engine.cli.root import engine as command_line
from engine.settings import fleets, load
from engine.views.json.schemas.documents import DOCUMENTS, schema_of
from tests.support.pages import ROOT, pages
from tools.site.inserts import INSERTS, with_inserts
from tools.site.types import with_fields

REFERENCE = ROOT / "docs" / "reference"


def _page(name: str) -> str:
    return with_inserts((REFERENCE / name).read_text(encoding="utf-8"))


def _leaves(group: click.Group, path: str = "engine") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _leaves(command, f"{path} {name}")
        elif command is not None:
            yield f"{path} {name}", command


def test_every_command_is_there_with_its_options_and_examples() -> None:
    """In the order of the help, each under its own heading."""
    page = _page("command-line.md")
    headings = re.findall(r"^## `(engine [^`]+)`", page, re.MULTILINE)
    commands = dict(_leaves(command_line))
    assert headings == list(commands)
    sections = re.split(r"^## .*\n", page, flags=re.MULTILINE)[1:]
    for (name, command), section in zip(commands.items(), sections, strict=False):
        assert f"```text\n{name}" in section
        assert re.search(rf"^```sh\n(.*\n)*?.*\b{re.escape(name)}\b", section, re.MULTILINE), name
        for option in command.params:
            if isinstance(option, click.Option) and not option.hidden and not is_shared(option):
                assert re.search(rf"^\* `[^`]*{option.opts[-1]}\b", section, re.MULTILINE), name


def test_the_help_is_whole() -> None:
    """Paragraphs stay paragraphs, and what keeps its lines is a block."""
    assert "\b" not in _page("command-line.md")
    plan = re.search(
        r"## `engine plan`.*?(?=^## )", _page("command-line.md"), re.DOTALL | re.MULTILINE
    )
    assert plan is not None
    assert "\n\nA plan that a rule refuses ends with exit code 4 and is not saved." in plan[0]
    assert "```sh\nengine plan\nengine plan saas --detailed-exitcode\n" in plan[0]


def test_every_document_is_there_with_every_field() -> None:
    """Each record is described once, and every link to one leads to it."""
    page = _page("json.md")
    assert re.findall(r"^## (\S+) \{#", page, re.MULTILINE) == list(DOCUMENTS)
    anchors = re.findall(r"\{#(record-[\w-]+)\}", page)
    assert len(anchors) == len(set(anchors))
    assert {*re.findall(r"\(#(record-[\w-]+)\)", page)} <= {*anchors}
    for name in DOCUMENTS:
        for field in schema_of(name)["properties"]:
            assert f"* `{field}` " in page


def test_every_word_is_there() -> None:
    """With how it is called, and what its arguments mean."""
    page = _page("authoring.md")
    words = {*engine.__all__} - {"environment"} | {*policies.__all__}
    assert {*re.findall(r"^### `(\w+)` \{#engine[.\w]*\}", page, re.MULTILINE)} == words
    assert "* `protect`: Refuse any plan that removes or replaces it." in page
    assert "    on_remove: str = 'remove',\n" in page


def _table(page: str, title: str) -> list[str]:
    """The first column of the table below a heading."""
    _, _, rest = page.partition(f"## {title}\n")
    return re.findall(r"^\| `([^`]+)`", rest.partition("\n## ")[0], re.MULTILINE)


def test_every_setting_is_there() -> None:
    """The keys of the three tables are those that settings know."""
    page = _page("configuration.md")
    assert sorted(_table(page, "`[tool.engine]`")) == sorted(load._TABLE_KEYS)
    keys = _table(page, "`[tool.engine.environments.NAME]`")
    assert sorted(keys) == sorted(load._ENVIRONMENT_KEYS)
    assert sorted(_table(page, "`[tool.engine.fleets.NAME]`")) == sorted(fleets._KEYS)


def test_every_variable_is_there() -> None:
    """Those that the program reads, by their names in its code."""
    code = "\n".join(path.read_text("utf-8") for path in Path(ROOT / "engine").rglob("*.py"))
    named = r'"(ENGINE_[A-Z_]*[A-Z]|STRIPE_API_[A-Z]+|TF_HTTP_[A-Z]+)"'
    page = _page("configuration.md")
    missing = {name for name in re.findall(named, code) if f"`{name}`" not in page}
    # One is of the generator of the catalogue, a developer's.
    assert missing - {"ENGINE_STRIPE_DESCRIPTION"} == set()


def test_every_exit_code_is_there() -> None:
    """Those of the errors, success, and changes."""
    codes = {
        kind.exit_code
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, errors.EngineError)
    }
    table = re.findall(r"^\| (\d+) \|", _page("exit-codes.md"), re.MULTILINE)
    assert {int(code) for code in table} == codes | {0, 2}


@pytest.mark.parametrize("page", pages())
def test_what_a_page_asks_the_site_for_is_known(page: str) -> None:
    """A mark that is spelled wrong would be a comment that no one sees."""
    text = (ROOT / page).read_text(encoding="utf-8")
    outside = re.sub(r"`[^`\n]*`", "", text)
    for mark in re.findall(r"<!-- ?site:.*", outside):
        found = re.fullmatch(r"<!-- site: (\w+) ?\S* -->", mark)
        assert found is not None, mark
        assert found[1] in INSERTS, mark


@pytest.mark.parametrize("name", sorted(loader.schemas()))
def test_a_page_of_a_type_has_every_field_of_its_text(name: str) -> None:
    """In the order of the text, each as deep as it is there."""
    text = (REFERENCE / "types" / f"{name}.md").read_text(encoding="utf-8")
    listed = text.partition("\nFields\n")[2].partition("\n\n")[0].split("\n")
    fields = [(len(line) - len(line.lstrip()), line.split()[0]) for line in listed]
    page = with_fields(text)
    shown = re.findall(r"^( *)\* `(\w+)` ", page.partition("## Fields\n")[2], re.MULTILINE)
    if listed != ["  none: it is kept as it is"]:
        assert [(len(indent) // 2 + 2, field) for indent, field in shown] == fields
    assert "```text" not in page
    assert re.findall(r"^## (.*)", page, re.MULTILINE) == [
        "Fields",
        "Removal",
        "Found again by",
        "Looked up by",
        "Import",
    ]


def test_a_page_of_a_type_says_what_its_text_says() -> None:
    """Kinds, remarks, and links to the types that a field refers to."""
    page = with_fields((REFERENCE / "types" / "stripe_price.md").read_text(encoding="utf-8"))
    assert "`stripe_price`: price, declared with `engine.stripe.Price`.\n" in page
    assert "* `currency` string: required; a change replaces\n" in page
    assert "* `product` [product id](stripe_product.md): a change replaces\n" in page
    assert "    * `custom_unit_amount` object\n        * `enabled` boolean: required;" in page
    assert "Returned by Stripe, to refer to: `created`, `id`," in page
    assert "```sh\nengine import stripe_price.NAME ID\n```" in page
