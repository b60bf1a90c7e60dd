"""What a person answers, and whether it can be: one check for the page and for the command line."""
