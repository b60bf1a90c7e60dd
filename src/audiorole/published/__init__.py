"""The published table: its schema, its one reader, and the formats it is passed on in."""
