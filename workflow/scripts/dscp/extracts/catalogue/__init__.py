"""One module for each extract: what it holds, declared once. To add an extract is to add a module."""
