"""From scored rows to results: totals, checks, cards, tables, comparisons."""
