"""Pages on this machine: the one way in which audiorole opens a listening socket, and the guard before every page."""
