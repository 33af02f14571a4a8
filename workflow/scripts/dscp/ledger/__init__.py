"""The ledger: quantities, formulas, trails."""
