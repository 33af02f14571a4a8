"""A job's frame: log, outputs, digests, locks."""
