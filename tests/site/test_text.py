"""What the site makes of the text of a page."""

from __future__ import annotations

import pytest

from tools.site.console import session_html
from tools.site.errors import with_wrapped_messages
from tools.site.markdown import with_deep_lists, with_site_links, with_titles
from tools.site.navigation import navigation
from tools.site.overview import first_sentence


@pytest.mark.parametrize(
    ("page", "written", "shown"),
    [
        ("how-to/ci.md", "[a](../concepts/plan.md#reading)", "[a](../concepts/plan.md#reading)"),
        ("how-to/ci.md", "[a](../../ARCHITECTURE.md)", "[a](../contributing/architecture.md)"),
        ("how-to/ci.md", "[a](../reference/types)", "[a](../reference/types/index.md)"),
        ("how-to/ci.md", "the [module](../../stacks/portals.py)", "the module"),
        ("how-to/ci.md", "[a](nowhere.md)", "[a](nowhere.md)"),
        ("how-to/ci.md", "[a](https://stripe.com/x.md)", "[a](https://stripe.com/x.md)"),
        ("contributing/architecture.md", "[a](docs/how-to/ci.md)", "[a](../how-to/ci.md)"),
        (
            "contributing/architecture.md",
            "[a](CONTRIBUTING.md#set-up)",
            "[a](contributing.md#set-up)",
        ),
        ("reference/state-files.md", "[a](../docs/how-to/ci.md)", "[a](../how-to/ci.md)"),
    ],
)
def test_a_link_leads_to_the_page_of_a_file(page: str, written: str, shown: str) -> None:
    """Files in docs/, files that are shown elsewhere, folders; what is not shown is its name."""
    assert with_site_links(written, page) == shown


def test_lists_have_four_columns_for_each_depth() -> None:
    """With what belongs to an item, blocks of code with their own columns, and what comes after."""
    written = """
1. One

   ```yaml
   a:
     * b
   ```

   more
   * two
     lines
2. Two

After
  it
"""
    shown = """
1. One

    ```yaml
    a:
      * b
    ```

    more
    * two
        lines
2. Two

After
  it
"""
    assert with_deep_lists(written) == shown


def test_a_folder_in_the_navigation_is_its_pages() -> None:
    """The first page of it first, then all by name; everything else stays as it is listed."""
    listed = ["a.md", {"B": ["b/one.md", "b/two.md"]}, {"C": [{"Types": "types/"}]}]
    pages = ["a.md", "b/one.md", "b/two.md", "types/z.md", "types/index.md", "types/a.md"]
    assert navigation(listed, pages) == [
        "a.md",
        {"B": ["b/one.md", "b/two.md"]},
        {"C": [{"Types": ["types/index.md", "types/a.md", "types/z.md"]}]},
    ]


def test_a_session_shows_what_is_typed_and_what_a_plan_marks() -> None:
    """The `#` of a plan is no prompt; what is copied is what one types."""
    text = "$ engine plan\n  # a will be created\n  + a <b>\nPlan: 1\n$ engine apply\n"
    html = session_html(text)
    assert 'data-copy="engine plan\nengine apply"' in html
    assert '<span class="gp">$ </span>engine plan\n' in html
    assert '<span class="go gh">  # a will be created\n</span>' in html
    assert '<span class="go gi">  + a &lt;b&gt;\n</span>' in html
    assert '<span class="go">Plan: 1\n</span>' in html


def test_a_file_shows_its_name() -> None:
    """The comment above a block becomes its title, in lists too."""
    written = "<!-- file: stacks/a.py -->\n```python\n1. x\n   <!-- change: b.py -->\n   ```diff\n"
    shown = '```python title="stacks/a.py"\n1. x\n   ```diff title="b.py"\n'
    assert with_titles(written) == shown


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("# T\n\nOne [thing](a.md) is\nthis. Two.\n", "One thing is this."),
        ("# T\n\n<!-- a\n\nb -->\n`engine` 1.5 is it: all\n", "`engine` 1.5 is it: all"),
        ("# T\n\n| a |\n", ""),
        ("# T\n", ""),
    ],
)
def test_a_page_is_its_first_sentence(text: str, sentence: str) -> None:
    """In the overview; a page that begins with a table has none."""
    assert first_sentence(text) == sentence


def test_messages_of_errors_are_wrapped() -> None:
    """They are long lines; other blocks stay as they are."""
    written = "```text\nError: a\n```\n\n```sh\nengine plan\n```\n"
    shown = "``` { .text .wrapped }\nError: a\n```\n\n```sh\nengine plan\n```\n"
    assert with_wrapped_messages(written) == shown
