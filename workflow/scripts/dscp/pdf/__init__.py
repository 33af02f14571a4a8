"""Pages typeset part by part, and what the typesetter leaves out."""
