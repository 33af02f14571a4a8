"""Extracts rebuilt from the published counts."""
