"""Values that may not be published."""

WITHHELD_SIGN = "[c]"  # printed in the place of a withheld value; its note begins with it


class Withheld(float):
    """A value that may not be published: missing in whatever is computed from it, and printed with its own sign."""
