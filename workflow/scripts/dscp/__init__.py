"""The evaluation's code, in rooms: a room imports those below it only (docs/architecture.md)."""
