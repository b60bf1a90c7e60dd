"""Commands that train and talk."""
