"""An optional judge of content: pairwise, both orders, behind an entry exam. Never for voice identity."""
