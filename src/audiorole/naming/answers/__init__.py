"""What people decide and how sure names are: decisions, the review queue, calibration, the dial."""
