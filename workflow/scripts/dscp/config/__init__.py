"""Reading and checking a study's config."""
