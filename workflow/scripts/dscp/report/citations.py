"""Works that the report cites: named in the text, listed in the references, and nothing listed that is not cited."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup


class UnknownWork(KeyError):
    """A template cites a work that references.yaml does not hold."""

    def __str__(self) -> str:
        return self.args[0]


class Citations:
    """The citations of one rendering.

    Parameters
    ----------
    works : key -> `short`, the authors as the text names them; `year`; `entry`, the reference as HTML
    """

    def __init__(self, works: Mapping[str, Mapping[str, str]]) -> None:
        self._works = works
        self._cited: set[str] = set()

    def cited(self, *keys: str) -> Markup:
        """Works in brackets, as links to their references: (Berry et al., 2011; NTA, 2009)."""
        return Markup('<cite class="work">({})</cite>').format(
            Markup("; ").join(self._link(key, "{short}, {year}") for key in keys)
        )

    def cited_as(self, key: str) -> Markup:
        """A work as part of a sentence: Berry et al. (2011)."""
        return Markup('<cite class="work">{}</cite>').format(self._link(key, "{short} ({year})"))

    def references(self) -> list[tuple[str, Markup]]:
        """Anchor and entry of every work cited so far, in the order of references.yaml."""
        return [(_anchor(key), Markup(work["entry"])) for key, work in self._works.items() if key in self._cited]

    def _link(self, key: str, form: str) -> Markup:
        if key not in self._works:
            raise UnknownWork(f"no work {key!r} in references.yaml")
        self._cited.add(key)
        return Markup('<a href="#{}">{}</a>').format(_anchor(key), form.format(**self._works[key]))


def _anchor(key: str) -> str:
    return f"reference-{key}"
