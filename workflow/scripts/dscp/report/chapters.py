"""The report's chapters, as templates/chapters.yaml declares them: their order, and what of their needs is lacking."""

from __future__ import annotations

from collections.abc import Mapping

from dscp.measures.needs import lacking, without
from dscp.study.kinds import evaluated


class Chapters:
    """The chapters of a report on one study."""

    def __init__(self, declared: Mapping, config: Mapping) -> None:
        """`declared` : what chapters.yaml holds: subjects and chapters."""
        self._chapters = {
            name: chapter
            for name, chapter in declared["chapters"].items()
            if "own" not in chapter or evaluated(config) or chapter["own"] in config.get("chapters", {})
        }
        self._said = {
            name: without(lacking(subject["needs"], config), subject["so"])
            for name, subject in declared["subjects"].items()
        }
        self._needs: dict[str, list[str]] = {}
        for name, chapter in self._chapters.items():
            for place, subjects in chapter["needs"].items():
                if place in self._needs:
                    raise ValueError(f"chapters.yaml: {name} names the heading {place}, which another chapter has")
                self._needs[place] = subjects

    def chapters(self) -> list[str]:
        """The files of those that the study has, in order."""
        return list(self._chapters)

    def has_chapter(self, name: str) -> bool:
        """Whether the study has a chapter, by its file."""
        return name in self._chapters

    def has(self, *subjects: str) -> bool:
        """Whether the study has what all of these subjects rest on; KeyError for one that is not declared."""
        return not any(self._said[subject] for subject in subjects)

    def left_out(self, place: str) -> list[str]:
        """The sentences that say what is left out below a heading: its number, or its title where it has none."""
        return [said for subject in self._needs.get(place, []) if (said := self._said[subject])]
