"""What a folder holds: episodes, what lies beside them, the cast."""
