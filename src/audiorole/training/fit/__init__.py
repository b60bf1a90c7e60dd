"""Training the language model: packed forward pass, loss, parameters, optimizer, loop."""
