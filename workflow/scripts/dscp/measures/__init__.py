"""What is measured: records, models."""
