"""The rebuild pack: everything that people may pass on of a dataset, so that who has the episodes makes it again.

`making` writes one, `rebuilding` makes a dataset of one; `archive` is what both trust a file for.
"""
