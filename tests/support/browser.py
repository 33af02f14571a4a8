"""A headless Chromium for tests: the system's package, driven by Playwright, cut off from every network."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
WIDE, NARROW, SMALLEST = (1440, 900), (390, 844), (320, 640)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser; the test is skipped where there is none."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if not path:
        pytest.skip("missing: the program chromium; `make checkers` installs it (with root rights)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def page_of(
    browser: Browser, file: Path, size: tuple[int, int] = WIDE, fragment: str = "", scheme: str = "light"
) -> Iterator[Page]:
    """A page opened from a file. At the end it must have asked for nothing else, and no script may have failed."""
    view = {"width": size[0], "height": size[1]}
    page = browser.new_page(viewport=view, reduced_motion="reduce", color_scheme=scheme)
    asked, failed = [], []
    page.on("pageerror", lambda error: failed.append(str(error)))
    page.on("console", lambda message: failed.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: asked.append(request.url))
    page.route(lambda url: not url.startswith(("file:", "data:")), lambda route: route.abort())
    page.goto(file.as_uri() + fragment)
    yield page
    page.close()
    assert failed == []
    assert {url.split("#")[0] for url in asked if not url.startswith("data:")} == {file.as_uri()}


def violations(page: Page, part: str = "html") -> list[str]:
    """What axe-core objects to in a part of the page: rule, place and reason."""
    options = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}
    found = Axe().run(page, part, options).response["violations"]
    return [f"{one['id']}: {node['target']}: {node['failureSummary']}" for one in found for node in one["nodes"]]
