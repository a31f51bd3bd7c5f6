"""What the site makes of the text of a page."""

from __future__ import annotations

import pytest

from tools.site.links import with_site_links
from tools.site.lists import with_deep_lists
from tools.site.navigation import navigation


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


def test_the_navigation_has_what_is_there() -> None:
    """Pages that are not written are left out, with what has no other; folders are their pages."""
    listed = ["a.md", {"B": ["b/one.md", "b/two.md"]}, {"C": ["c.md"]}, {"Types": "types/"}]
    pages = ["a.md", "b/two.md", "types/z.md", "types/index.md", "types/a.md"]
    assert navigation(listed, pages) == [
        "a.md",
        {"B": ["b/two.md"]},
        {"Types": ["types/index.md", "types/a.md", "types/z.md"]},
    ]
