"""What the templates of a partnership's profile call besides what all reports share."""

from __future__ import annotations

from dscp.exhibits.book import Book
from dscp.measures import indicators
from dscp.measures.indicators import Indicator
from dscp.study.partnerships import partnerships


class Profile:
    """The partnership of a profile, and what is counted of it."""

    def __init__(self, book: Book) -> None:
        self._config = book.config

    def own_name(self) -> str:
        """What the partnership is called."""
        return partnerships(self._config)[self._config["partnership"]]

    def peers(self) -> list[str]:
        """Codes of the partnerships beside it."""
        return list(self._config["peers"])

    def indicators(self) -> list[Indicator]:
        """What is counted, in order."""
        return indicators.indicators(self._config["re_presentation"])
