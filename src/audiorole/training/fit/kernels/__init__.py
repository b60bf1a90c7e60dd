"""The arithmetic of a training step: attention, losses, adapters, 4-bit weights."""
