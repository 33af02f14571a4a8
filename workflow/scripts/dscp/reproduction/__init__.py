"""Our numbers against the print, and the print against itself."""
