"""Printed forms, words, and where printed numbers come from."""
