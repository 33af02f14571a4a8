"""Extracts: their columns, reading, checks and faults."""
