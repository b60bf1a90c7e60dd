"""Manifests and tables of whole corpora: a line and its sound."""
