"""Figures: their data, their drawing, their words."""
