"""Reports in a real browser: filters, keyboard, themes, paper, and people who need help to see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pytest

from tests.support import fleets, reports
from tests.support.browser import ROWS, VIEW, Pages

if TYPE_CHECKING:
    from playwright.sync_api import Page

PRICE = "#saas\\:stripe_price\\.pro_monthly"
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")

SHOWN: dict[str, Any] = {
    "few": VIEW.plan(reports.five_changes()),
    "many": VIEW.plan(reports.many_changes()),
    "refused": VIEW.plan(reports.refused()),
    "nothing": VIEW.plan(reports.nothing()),
    "hostile": VIEW.plan(reports.hostile()),
    "applied": VIEW.applied(reports.failed_apply(), "Apply"),
    "state": VIEW.states("live", [reports.state()]),
    "reviewed": VIEW.reviewed(reports.reviewed()),
    "fleet": VIEW.fleet_plan(fleets.PLANS["large"]),
    "fleet-apply": VIEW.fleet_report(fleets.REPORTS["canary"]),
    "error": VIEW.error(reports.refusal()),
}


def rows(page: Page) -> list[str]:
    """The addresses of the rows that are shown."""
    return [text.rpartition(":")[2] for text in page.eval_on_selector_all(ROWS, ADDRESSES)]


ADDRESSES = "rows => rows.map(row => row.querySelector('.inside').id)"


@pytest.mark.parametrize("name", SHOWN)
def test_a_page_opens_from_disk_and_asks_for_nothing(pages: Pages, name: str) -> None:
    """What the fixture expects, of every page, with everything in it opened."""
    page = pages.open(SHOWN[name])
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    assert page.title()
    assert page.locator("h1").is_visible()


@pytest.mark.parametrize(
    ("name", "theme"),
    # A thousand rows are a thousand times the same colours: they are looked at once.
    [(name, theme) for name in SHOWN for theme in THEMES if (name, theme) != ("many", "dark")],
)
def test_axe_finds_nothing(pages: Pages, name: str, theme: Literal["light", "dark"]) -> None:
    """Contrast, names, roles, order of headings, in both themes, with a few rows opened."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe").Axe()
    page = pages.open(SHOWN[name], theme=theme, bypass_csp=True)
    page.evaluate("[...document.querySelectorAll('.row')].slice(0, 5).forEach(r => r.open = true)")
    found = axe.run(page)
    assert [
        (one["id"], [node["html"][:200] for node in one["nodes"][:3]])
        for one in found.response["violations"]
    ] == []


def test_chips_choose_by_mouse(pages: Pages) -> None:
    """One is one action, two are either; a second click takes a chip back."""
    page = pages.open(SHOWN["few"])
    assert len(rows(page)) == 5
    page.get_by_role("button", name="2 to replace").click()
    assert rows(page) == ["stripe_price.pro_monthly", "stripe_price.team_monthly"]
    assert page.locator("#matches").inner_text() == "2 of 5 shown"
    page.get_by_role("button", name="1 to create").click()
    assert len(rows(page)) == 3
    assert not page.get_by_role("heading", name="Stack portal").is_visible()
    for name in ("2 to replace", "1 to create"):
        page.get_by_role("button", name=name, pressed=True).click()
    assert len(rows(page)) == 5


def test_an_account_of_a_fleet_is_found_by_its_name(pages: Pages) -> None:
    """In the row of its group, among 2,000; chips choose what became of accounts."""
    page = pages.open(SHOWN["fleet"])
    page.locator("#text").fill("acct_11911")
    assert page.eval_on_selector_all(ROWS, "rows => rows.map(row => row.innerText)")[0].startswith(
        "1,912 accounts"
    )
    assert len(rows(page)) == 1
    page.get_by_role("button", name="Clear filters").click()
    page.get_by_role("button", name="3 failed").click()
    assert len(rows(page)) == 1


def test_lists_and_text_choose_further(pages: Pages) -> None:
    """By type and by stack; by every word of a text, wherever in the change it is."""
    page = pages.open(SHOWN["few"])
    page.get_by_label("Filter by type").select_option("stripe_price")
    assert len(rows(page)) == 2
    page.get_by_label("Filter by text").fill("SUBSCRIPTIONS pro")
    assert rows(page) == ["stripe_price.pro_monthly"]
    page.get_by_label("Filter by stack").select_option("portal")
    assert rows(page) == []
    assert page.locator("#none").is_visible()
    page.get_by_role("button", name="Clear filters").click()
    assert len(rows(page)) == 5
    page.get_by_label("Filter by text").fill("default_return_url")
    assert rows(page) == ["stripe_billing_portal_configuration.portal"]


def test_outcomes_choose_what_failed(pages: Pages) -> None:
    """A chip of another group has to hold as well."""
    page = pages.open(SHOWN["applied"])
    page.get_by_role("button", name="1 failed").click()
    assert rows(page) == ["stripe_price.pro_monthly"]
    page.get_by_role("button", name="1 to create").click()
    assert rows(page) == []


def test_everything_works_by_keyboard(pages: Pages) -> None:
    """A slash goes to the text, Escape clears it, arrows go from row to row, Enter opens one."""
    page = pages.open(SHOWN["few"])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "text"
    page.keyboard.type("monthly")
    assert len(rows(page)) == 2
    page.keyboard.press("Escape")
    assert len(rows(page)) == 5
    page.locator(".row summary").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.locator(PRICE).is_visible()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Space")
    assert page.locator("#saas\\:stripe_product\\.pro").is_visible()
    page.get_by_role("button", name="2 to replace").focus()
    page.keyboard.press("Space")
    assert len(rows(page)) == 2


def test_what_has_the_focus_can_be_seen(pages: Pages) -> None:
    """Each stop on the way through the page has an outline, and nothing covers it."""
    page = pages.open(SHOWN["few"])
    stops = 0
    while True:
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "BODY":
            break
        stops += 1
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid", page.evaluate("document.activeElement.outerHTML")
    # Skip, theme, contents, money, chips, filters, buttons, rows; the graph's fold, window, nodes.
    assert stops == 1 + 1 + 6 + 3 + 4 + 3 + 2 + 5 + 1 + 1 + 5


@pytest.mark.parametrize("way", ["mouse", "keyboard"])
def test_a_node_of_the_graph_shows_its_change(pages: Pages, way: str) -> None:
    """By a click on it, and by Enter where the focus is on it."""
    page = pages.open(SHOWN["few"])
    page.get_by_label("Filter by text").fill("portal")
    node = page.locator('#graph [data-address="stripe_price.pro_monthly"]')
    if way == "mouse":
        node.click()
    else:
        node.focus()
        page.keyboard.press("Enter")
    assert page.locator(PRICE).is_visible()
    assert page.evaluate("document.activeElement.closest('.row').dataset.action") == "replace"


@pytest.mark.parametrize("way", ["mouse", "keyboard"])
def test_a_link_opens_the_change_it_names(pages: Pages, way: str) -> None:
    """Also if a filter hides it, which is taken back then."""
    page = pages.open(SHOWN["few"])
    page.get_by_role("button", name="1 to create").click()
    link = page.locator("#money").get_by_role("link", name="Pro monthly")
    if way == "mouse":
        link.click()
    else:
        link.focus()
        page.keyboard.press("Enter")
    assert page.locator(PRICE).is_visible()
    assert len(rows(page)) == 5
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_all_rows_open_at_once(pages: Pages) -> None:
    """Those that are shown, and they close again."""
    page = pages.open(SHOWN["few"])
    page.get_by_role("button", name="2 to replace").click()
    page.get_by_role("button", name="Open all").click()
    assert page.locator(".row[open]").count() == 2
    page.get_by_role("button", name="Close all").click()
    assert page.locator(".row[open]").count() == 0


def test_all_of_it_can_be_read_without_scripts(pages: Pages) -> None:
    """Rows open by themselves, and what would do nothing is not shown."""
    page = pages.open(SHOWN["few"], scripts=False)
    assert page.locator(ROWS).count() == 5
    assert page.locator(".scripted:visible").count() == 0
    page.locator(".row summary").nth(1).click()
    assert page.locator(PRICE).is_visible()
    page.locator("#money a").nth(1).click()
    assert page.locator("#saas\\:stripe_price\\.team_monthly").is_visible()


def test_the_theme_is_the_systems_until_the_person_says_another(pages: Pages) -> None:
    """Both are known without a storage."""
    grounds: dict[str, str] = {}
    for theme in THEMES:
        page = pages.open(SHOWN["few"], theme=theme)
        grounds[theme] = page.evaluate("getComputedStyle(document.body).backgroundColor")
        button = page.get_by_role("button", name="Dark theme")
        assert button.get_attribute("aria-pressed") == str(theme == "dark").lower()
        button.click()
        other = page.evaluate("getComputedStyle(document.body).backgroundColor")
        grounds[f"not {theme}"] = other
    assert grounds["light"] == grounds["not dark"] != grounds["dark"] == grounds["not light"]


@pytest.mark.parametrize("theme", THEMES)
def test_paper_has_everything_in_black_on_white(
    pages: Pages, theme: Literal["light", "dark"]
) -> None:
    """All leaves, no controls; each action by its symbol."""
    page = pages.open(SHOWN["few"], theme=theme)
    page.emulate_media(media="print", color_scheme=theme)
    assert page.locator(PRICE).get_by_text("unit_amount", exact=True).is_visible()
    assert page.get_by_role("button", name="Open all").count() == 0
    assert not page.get_by_label("Filter by text").is_visible()
    assert page.locator("#matches").inner_text() == "5 of 5 shown"  # paper says if it is a part
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator(".row .symbol").first.is_visible()
    assert page.pdf().startswith(b"%PDF")


def test_a_narrow_screen_is_not_scrolled_sideways(pages: Pages) -> None:
    """On a telephone, with everything open."""
    for name in ("few", "refused", "hostile", "applied", "state", "reviewed", "error"):
        page = pages.open(SHOWN[name], width=360)
        page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 360, name


def test_nothing_moves_for_those_who_asked_for_that(pages: Pages) -> None:
    """The mark of a row turns at once."""
    page = pages.open(SHOWN["few"], reduced_motion="reduce")
    style = "getComputedStyle(document.querySelector('.row > summary'), '::after')"
    assert page.evaluate(f"{style}.transitionDuration") == "0s"


def test_a_thousand_changes_are_filtered_in_one_go(pages: Pages) -> None:
    """Only rows and stacks that change are touched, and nothing is laid out in between."""
    page = pages.open(SHOWN["many"])
    assert page.locator(ROWS).count() == 1000
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")

    def layouts() -> float:
        metrics = devtools.send("Performance.getMetrics")["metrics"]
        return float(next(one["value"] for one in metrics if one["name"] == "LayoutCount"))

    page.evaluate(
        """() => {
          window.touched = 0;
          new MutationObserver(records => { window.touched += records.length; })
            .observe(document.body, { subtree: true, attributes: true, childList: true });
        }"""
    )
    before = layouts()
    shown = page.evaluate(
        """() => {
          const text = document.querySelector("#text");
          text.value = "stripe_coupon";
          text.dispatchEvent(new Event("input", { bubbles: true }));
          return document.querySelectorAll(".row:not([hidden])").length;
        }"""
    )
    assert shown == 250  # the task that the input began is over, and so is the filtering
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    assert layouts() - before <= 3
    # 750 rows are hidden, and the count is written anew.
    assert page.evaluate("window.touched") <= 750 + 2


def test_only_what_is_on_the_screen_is_laid_out(pages: Pages) -> None:
    """The rows below are skipped, however many there are."""
    page = pages.open(SHOWN["many"])
    skipped = page.evaluate(
        """() => [...document.querySelectorAll(".row")].filter(row =>
          !row.querySelector("b").checkVisibility({ contentVisibilityAuto: true })).length"""
    )
    assert skipped > 900
