"""What can use a GPU, one module each, so that asking for one does not import the others."""
