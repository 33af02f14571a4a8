"""The pictures of docs/pictures/, made from finished runs: `pictures.py` of all, or of those whose names it is given.

A page of a PDF is found by words that stand on it; the trace panel is that of a number of the page for the screen.
Runs: `make report`, and the same with STUDY=studies/profile, studies/southampton, studies/barnet, studies/pbr-pilots.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
from PIL import Image

from browser import chromium, page_of

PROJECT = Path(__file__).parents[2]
FOLDER = PROJECT / "docs" / "pictures"
WIDTH, COLOURS = 720, 64  # pixels; so few that a picture is small
SIZE, SETTLED = (1280, 800), 500  # pixels; milliseconds until the panel stands


@dataclass(frozen=True)
class Printed:
    """The page of a study's report on which words stand."""

    study: str
    run: str
    words: str


@dataclass(frozen=True)
class Traced:
    """The panel of a number in the page for the screen of a study."""

    study: str
    run: str
    quantity: str


PICTURES: Mapping[str, Printed | Traced] = {
    "report": Printed(".", "dscp-2009-11", "“Better” and “worse” go by a test"),
    "trace": Traced(".", "dscp-2009-11", "effective_treatment.did.site_3"),
    "profile": Printed("studies/southampton", "", "Table P.2 Successful completions"),
    "published-counts": Printed("studies/barnet", "", "Figure P.1 Clients in treatment"),
    "areas": Printed("studies/pbr-pilots", "", "Figure A.1 Differences"),
}


def page_with(words: str, pdf: Path) -> Image.Image:
    """The page of a PDF on which words stand.

    Raises
    ------
    LookupError
        They stand on none.
    """
    document = pypdfium2.PdfDocument(pdf)
    for page in document:
        if words in " ".join(page.get_textpage().get_text_range().split()):
            return page.render(scale=WIDTH / page.get_width()).to_pil()
    raise LookupError(f"{pdf}: no page with {words!r}")


def panel_of(quantity: str, page: Path) -> Image.Image:
    """What the page for the screen shows when somebody asks how a number came to be."""
    with chromium() as browser, page_of(browser, page, SIZE) as shown:
        shown.locator(f'main [data-q="{quantity}"]').first.click()
        shown.wait_for_timeout(SETTLED)
        return Image.open(io.BytesIO(shown.screenshot())).convert("RGB")


def picture(name: str) -> None:
    """Make one, and write it as a small PNG file."""
    one = PICTURES[name]
    (run,) = (
        [one.run] if one.run else [path.parent.name for path in Path(PROJECT, one.study).glob("results/*/report.pdf")]
    )
    results = PROJECT / one.study / "results" / run
    made = (
        page_with(one.words, results / "report.pdf")
        if isinstance(one, Printed)
        else panel_of(one.quantity, results / "report.html")
    )
    FOLDER.mkdir(exist_ok=True)
    made.quantize(COLOURS, dither=Image.Dither.NONE).save(FOLDER / f"{name}.png", optimize=True)


if __name__ == "__main__":
    for name in sys.argv[1:] or PICTURES:
        picture(name)
