"""Tasks for annotation tools, and the way back."""
