"""Pages: Jinja, phrases, the lint of numbers, the panel that traces them."""
