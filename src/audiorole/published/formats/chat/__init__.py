"""Conversations for language models that hear."""
