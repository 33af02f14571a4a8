"""Stylesheets that hold their fonts."""

from __future__ import annotations

import base64
import re
from pathlib import Path

FONT = re.compile(r"url\((fonts/[^)]+\.woff2)\)")


def embed_fonts(style: str, folder: Path) -> str:
    """Replace the stylesheet's font files by their data."""

    def embedded(match: re.Match) -> str:
        return f"url(data:font/woff2;base64,{base64.b64encode((folder / match[1]).read_bytes()).decode()})"

    return FONT.sub(embedded, style)
