"""`audiorole chat`: talk to a character in the browser, on this machine alone."""
