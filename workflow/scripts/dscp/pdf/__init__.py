"""What the typesetter leaves out."""
