"""The page in a real browser: what a user sees of a run, and where keys and links lead."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.browser import DESKTOP, TELEPHONE
from tests.live.served import page_of
from vanishing_gradients.sql.connection import engine

CHECKS = (Path(__file__).parent / "checks.js").read_text(encoding="utf-8")
PLACES = [
    "/?runs={full}", "/?runs={full}&layer=2&neuron=1", "/?tab=runs",
    "/?tab=compare&runs={full},{statistics}", "/?runs={statistics}&tab=diagnosis",
]  # fmt: skip


@contextmanager
def opened(chromium, page) -> Iterator[object]:
    """A tab at the page's address, which fails on an error in its console or a foreign request."""
    context = chromium.new_context(
        base_url=page.address, viewport={"width": DESKTOP, "height": 900}
    )
    found, wrong = context.new_page(), []
    found.on("pageerror", lambda error: wrong.append(str(error)))
    found.on("console", lambda line: line.type == "error" and wrong.append(line.text))
    found.on(
        "request",
        lambda sent: (
            sent.url.startswith((page.address, "data:", "blob:")) or wrong.append(sent.url)
        ),
    )
    found.set_default_timeout(60_000)
    yield found
    context.close()
    assert not wrong


@pytest.fixture
def tab(chromium, page) -> Iterator[object]:
    with opened(chromium, page) as found:
        yield found


@pytest.fixture(scope="module", params=PLACES)
def looks(request, chromium, page, recorded) -> dict:
    """Of a place: its width when it is opened on a telephone, and what the checks find in it on a
    desktop, in either theme."""
    with opened(chromium, page) as found:
        found.set_viewport_size({"width": TELEPHONE, "height": 780})
        visit(found, f"{request.param}&theme=light", recorded)
        found.locator("h2").first.wait_for()
        found.wait_for_load_state("networkidle")
        seen = {"width": found.evaluate("document.documentElement.scrollWidth")}
        found.set_viewport_size({"width": DESKTOP, "height": 900})
        seen["light"] = found.evaluate(CHECKS)
        found.get_by_role("button", name="Dark").click()
        found.wait_for_url("**theme=dark**")
        found.locator("h2").first.wait_for()
        found.wait_for_load_state("networkidle")
        assert found.evaluate("document.documentElement.dataset.theme") == "dark"
        seen["dark"] = found.evaluate(CHECKS)
        seen["titles"] = found.get_by_role("heading", level=1).count()
    return seen


def visit(tab, path: str, recorded) -> None:
    tab.goto(path.format(full=recorded.full, statistics=recorded.statistics))


def test_the_first_screen_says_how_it_goes_what_is_wrong_and_shows_the_map(tab, recorded):
    visit(tab, "/?runs={full}", recorded)
    tab.get_by_text(f"Run {recorded.full}, relu_net: finished after 2 epochs").first.wait_for()
    tab.locator(".finding.sick, .finding.well").wait_for()
    grid = tab.get_by_role("grid").first
    grid.get_by_role("row").nth(3).wait_for()
    assert grid.get_by_role("row").count() == 4  # heads, and three layers with weights
    assert re.match(
        r"layer 1 input, epoch 1: mean row norm \d",
        tab.locator("#map-1-1").get_attribute("aria-label"),
    )


def test_figures_are_drawn_when_they_are_scrolled_to(tab, recorded):
    visit(tab, "/?runs={full}", recorded)
    tab.get_by_text("Update-to-weight ratio").click()
    drawn = tab.locator("figure[aria-label^='Update-to-weight ratio'] svg.main-svg")
    drawn.first.wait_for()


def test_a_figures_rows_and_its_sql_are_one_click_away(tab, recorded):
    visit(tab, "/?runs={full}", recorded)
    chart = tab.locator("figure").first
    chart.get_by_text("As a table").click()
    chart.get_by_role("cell", name="relu_net").first.wait_for()
    chart.get_by_text("This as SQL").click()
    assert "FROM training_curves" in chart.locator("pre").inner_text()


def test_the_keyboard_leads_from_a_cell_of_the_map_to_a_raw_row_and_back(tab, recorded):
    visit(tab, "/?runs={full}", recorded)
    tab.locator("#map-1-2").wait_for()
    tab.locator("#filter").focus()
    tab.keyboard.press(
        "Tab"
    )  # from the controls into the map, whose newest cell of the first layer is next
    assert tab.evaluate("document.activeElement.id") == "map-1-2"
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("ArrowLeft")
    tab.keyboard.press("Enter")
    tab.get_by_role("columnheader", name="RowIndex").wait_for()
    assert "layer=3&epoch=1" in tab.url
    tab.locator("#step").focus()
    tab.keyboard.press("Control+A")
    tab.keyboard.type("4")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**step=4**")
    tab.locator("h2").first.click()  # out of the field
    tab.keyboard.press("Escape")
    tab.locator("#map-1-2").wait_for()
    assert "layer" not in tab.url


def test_back_returns_to_the_place_before(tab, recorded):
    visit(tab, "/?runs={full}", recorded)
    tab.locator("#map-3-1").click()
    tab.get_by_role("heading", name="Layer 3, hidden").wait_for()
    tab.go_back()
    tab.locator("#map-3-1").wait_for()
    assert tab.evaluate("document.activeElement.id") == "map-3-1"


def test_order_and_filter_are_in_the_address_and_replace_no_place(tab, recorded):
    visit(tab, "/?runs={full}", recorded)
    before = tab.evaluate("history.length")
    tab.locator("#filter").fill("softmax")
    tab.locator("#map").select_option("dead")
    tab.wait_for_url("**filter=softmax**")
    tab.get_by_role("rowheader").filter(has_text="6 softmax").first.wait_for()
    tab.locator("#map-1-1").wait_for(state="detached")
    assert tab.evaluate("history.length") == before


def test_two_chosen_runs_are_compared(tab, recorded):
    visit(tab, "/?tab=runs", recorded)
    for run_id in (recorded.full, recorded.statistics):
        tab.get_by_label(f"choose run {run_id}", exact=True).check()
    tab.get_by_role("button", name="Compare 2 runs").click()
    tab.get_by_role("heading", name="What differs").wait_for()
    tab.get_by_role("cell", name="sigmoid", exact=True).wait_for()


def test_nothing_is_wider_than_a_telephone(looks):
    assert looks["width"] <= TELEPHONE


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_stands_out_and_every_control_has_a_name(looks, theme):
    assert looks[theme] == {"pale": [], "nameless": []}


def test_there_is_one_title(looks):
    assert looks["titles"] == 1


def test_the_theme_is_the_systems_until_it_is_chosen(tab, recorded):
    tab.emulate_media(color_scheme="dark")
    visit(tab, "/?runs={full}", recorded)
    tab.get_by_role("button", name="Light").click()
    tab.wait_for_url("**theme=light**")
    assert tab.evaluate("document.documentElement.dataset.theme") == "light"


def test_a_name_stays_text(tab, recorded, page):
    """A watched model's own names of layers come from somebody's program."""
    hostile = "<img src=x onerror=document.title='owned'>"
    change = text("UPDATE layers SET source_name = :name WHERE run_id = :run_id AND layer = 1")
    made = engine(recorded.url)
    with made.begin() as connection:
        connection.execute(change, {"name": hostile, "run_id": recorded.statistics})
    with page_of(recorded.url) as fresh:
        tab.context.set_extra_http_headers({})
        own = tab.context.browser.new_page()
        own.goto(f"{fresh.address}/?runs={recorded.statistics}")
        own.locator("figure svg.main-svg").first.wait_for()
        own.get_by_text("Gradient-norm ratio", exact=True).click()
        own.locator("figure[aria-label^='Gradient-norm ratio'] svg.main-svg").first.wait_for()
        assert own.get_by_role("rowheader").filter(has_text=hostile).count() > 0
        assert own.locator("main img").count() == 0
        assert "owned" not in own.title()
        own.close()
    with made.begin() as connection:
        connection.execute(change, {"name": None, "run_id": recorded.statistics})
    made.dispose()


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/?runs=999", "Run 999 was removed, or never was."),
        ("/?runs=x", "run 'x' is not a whole number"),
    ],
)
def test_a_wrong_address_is_answered_in_a_sentence(chromium, page, path, sentence):
    """The browser writes refused requests on its console, so this is a tab of its own."""
    own = chromium.new_page()
    own.goto(f"{page.address}{path}")
    own.get_by_text(sentence).first.wait_for()
    own.close()


def test_unknown_parts_of_the_address_are_ignored(tab, recorded):
    visit(tab, "/?runs={full}&colour=green&map=sideways&sort=up", recorded)
    tab.locator("#map-1-1").wait_for()


def test_single_keys_can_be_switched_off(tab, recorded):
    visit(tab, "/?runs={full}", recorded)
    tab.locator("#map-1-1").wait_for()
    tab.keyboard.press("?")
    tab.get_by_label("single keys act").uncheck()
    tab.get_by_role("button", name="Close").click()
    tab.keyboard.press("r")
    tab.locator("#map-1-1").wait_for()
    assert "tab=runs" not in tab.url
