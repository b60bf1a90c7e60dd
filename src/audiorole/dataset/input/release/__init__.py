"""What the names of a release say: season and episode, language, flags, which track of a file is which."""
