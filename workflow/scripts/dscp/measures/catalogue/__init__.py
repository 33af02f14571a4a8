"""One module for each measure: whom it counts and how it is told, declared once. To add one is to add a module."""
