"""The numbered tables as worksheets, in two formats."""
