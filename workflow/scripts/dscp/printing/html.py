"""HTML read as a tree of elements."""

from lxml.html import HtmlElement, HTMLParser, document_fromstring

PARSER = HTMLParser(remove_comments=True, remove_pis=True, huge_tree=True)


def read_html(page: str) -> HtmlElement:
    """A page's tree, without its comments."""
    return document_fromstring(page, parser=PARSER)
