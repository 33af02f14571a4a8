"""The page on the screen for every reader: by keyboard, in the dark, on the smallest screen; and valid HTML."""

from __future__ import annotations

import io
import re
from collections import Counter
from itertools import pairwise

import pytest
from PIL import Image
from playwright.sync_api import expect

from browser import NARROW, SMALLEST, WIDE, chromium, page_of, violations
from validators import vnu

TOLD = {  # what vnu remarks on and is meant, with the reason
    "Resource violates Content Security Policy": "vnu takes data: for a host; browsers show the figures (tested below)",
    "Inline style violates Content Security Policy": "vnu reads a long text in pieces; browsers use it (test_panel)",
    "Inline script violates Content Security Policy": "vnu reads a long text in pieces; browsers run it (test_panel)",
    "Consider using the “h1” element as a top-level heading only": "chapters have headings of the first level",
}
TARGET = 24  # CSS pixels, WCAG 2.2, 2.5.8


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def report(default_run):
    return default_run / "report.html"


def test_the_html_is_valid(report):
    said = [f"{one['type']}: {one['message']}" for one in vnu(report)]
    meant = {line: next((start for start in TOLD if start in line), "") for line in said}
    assert [line for line, reason in meant.items() if not reason] == []
    assert set(meant.values()) == set(TOLD), "an exception that nothing needs any more"


def test_invalid_html_is_noticed(tmp_path):
    page = tmp_path / "page.html"
    page.write_text(
        "<!DOCTYPE html><html lang=en><title>T</title><p><img src='data:,'></p><div></span>", encoding="utf-8"
    )
    assert {"error"} == {one["type"] for one in vnu(page)}


@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "dark"), (NARROW, "light")])
def test_axe_finds_nothing_in_light_or_dark(browser, report, size, scheme):
    """In the light on a wide screen: test_panel. What is dark does not go by width."""
    with page_of(browser, report, size, scheme=scheme) as page:
        assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") == (scheme == "dark")
        assert violations(page) == []


@pytest.mark.parametrize("view", ["benefit.total.site_3", "find", "setting:sites.site_3.kind"])
def test_axe_finds_nothing_in_the_panel_in_the_dark(browser, report, view):
    with page_of(browser, report, WIDE, f"#trace={view}", "dark") as page:
        assert violations(page, "#trace-panel") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_figures_are_as_dark_as_the_page(browser, report, scheme):
    """What is seen: around the figure and within it one ground; its lines and letters stand out from it."""
    with page_of(browser, report, scheme=scheme) as page:
        figure = page.locator("#figure-S-1 img")
        figure.scroll_into_view_if_needed()
        assert figure.evaluate("(one) => one.complete && one.naturalWidth > 100")
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        body = tuple(map(int, re.findall(r"\d+", ground)[:3]))
        with Image.open(io.BytesIO(figure.screenshot())) as seen:
            colours = Counter(seen.convert("RGB").getdata())
    assert (sum(body) < 120) == (scheme == "dark")
    assert colours.most_common(1)[0][0] == body
    far = [colour for colour in colours if abs(sum(colour) - sum(body)) > 450]
    assert sum(colours[one] for one in far) > 1000


def test_figures_keep_their_size_on_a_small_screen_and_scroll(browser, report):
    """The smallest letters stay 11 pixels high: 8 of 442 points of the drawing."""
    with page_of(browser, report, (360, 800)) as page:
        sizes = page.evaluate(
            "[...document.querySelectorAll('.drawing')].map((box) => [box.firstChild.getBoundingClientRect().width,"
            " box.clientWidth, box.getAttribute('role'), box.tabIndex, box.getAttribute('aria-label')])"
        )
        assert len(sizes) == 25
        for wide, box, role, stop, name in sizes:
            assert 8 / 442.2 * wide >= 11 and wide > box
            assert (role, stop) == ("region", 0) and name.startswith("Figure ")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_landmarks_are_there_and_each_has_a_name_of_its_own(browser, report):
    with page_of(browser, report) as page:
        names = {}
        for role in ("banner", "navigation", "main", "contentinfo"):
            marks = page.get_by_role(role)
            names[role] = [mark.get_attribute("aria-label") for mark in marks.all()]
            assert all(names[role]), role
            assert len(set(names[role])) == len(names[role]) >= 1, role
        assert [len(names[role]) for role in ("banner", "main", "contentinfo")] == [1, 1, 1]


def test_the_first_stop_of_the_keyboard_skips_to_the_report(browser, report):
    with page_of(browser, report) as page:
        page.keyboard.press("Tab")
        skip = page.get_by_role("link", name="Skip to the report")
        expect(skip).to_be_focused()
        expect(skip).to_be_in_viewport()
        page.keyboard.press("Enter")
        expect(page.locator("#report")).to_be_focused()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('main') !== null")


def test_the_contents_list_follows_the_reader(browser, report):
    with page_of(browser, report) as page:
        current = page.locator(".contents [aria-current]")
        for anchor in ("section-7-4", "section-C6", "section-3-2"):
            page.evaluate(f"document.getElementById('{anchor}').scrollIntoView()")
            expect(current).to_have_count(1)
            expect(current).to_have_attribute("href", f"#{anchor}")
            expect(current).to_be_in_viewport()
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        expect(current).not_to_have_attribute("href", "#section-3-2")
        page.evaluate("scrollTo(0, 0)")
        expect(current).to_have_count(0)


def test_the_contents_list_works_without_a_script(browser, report):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report.as_uri())
    page.locator(".contents").get_by_role("link", name="Methods").first.click()
    assert page.url.endswith("#section-1-3")
    expect(page.locator("#section-1-3")).to_be_in_viewport()
    context.close()


@pytest.mark.parametrize("zoom", [1, 1.5], ids=["as is", "larger type"])
def test_nothing_runs_over_the_smallest_screen(browser, report, zoom):
    with page_of(browser, report, SMALLEST) as page:
        page.evaluate(f"document.documentElement.style.fontSize = '{zoom * 100}%'")
        page.evaluate("dispatchEvent(new Event('resize'))")
        assert page.evaluate("document.documentElement.scrollWidth") <= SMALLEST[0]
        over = page.locator("main div.exhibit[tabindex='0']").locator("visible=true")
        assert over.count() > 10
        expect(over.first).to_have_role("region")
        expect(over.first).to_have_accessible_name(re.compile("^Table"))


def test_targets_are_large_enough_or_far_enough_apart(browser, report):
    """Links in the contents list and the cells of tables; a link within a sentence need not be (2.5.8, exceptions)."""
    with page_of(browser, report, NARROW) as page:
        middles = page.evaluate(
            """() => [...document.querySelectorAll(".exhibit td:not(.text) > a.o, .toc a")].map((link) => {
                const box = link.getBoundingClientRect();
                return [link.closest("table, ol").getAttribute("id") || "list", box.left + box.width / 2,
                        box.top + box.height / 2, Math.min(box.width, box.height)];
            })"""
        )
        small = [one for one in middles if one[3] < TARGET]
        close = [
            (one, other)
            for one, other in pairwise(small)
            if one[0] == other[0] and abs(one[1] - other[1]) < TARGET and abs(one[2] - other[2]) < TARGET - 0.5
        ]
        assert close == []


def test_what_is_printed_from_the_page_is_light_and_whole(browser, report):
    with page_of(browser, report, scheme="dark") as page:
        page.emulate_media(media="print", color_scheme="dark")
        assert page.evaluate("getComputedStyle(document.body).color") == "rgb(27, 27, 27)"
        for hidden in (".skip", ".trace-tools", ".colophon"):
            expect(page.locator(hidden)).to_be_hidden()
