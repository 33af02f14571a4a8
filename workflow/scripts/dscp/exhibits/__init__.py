"""Numbered tables, and what the pages keep of what they print."""
