"""GLM-4-Voice as a base: its published layout, the native one, and the way between them."""
