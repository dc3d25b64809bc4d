"""What the README claims about speed, measured on this machine by one command: `make bench`."""
