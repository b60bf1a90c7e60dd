"""audiorole: media → dataset → model → report."""

__version__ = "0.1.0"
