"""Reading bytes: encodings, and one module for each family of formats."""
