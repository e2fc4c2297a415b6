"""What may go wrong around a server, and what has to hold afterwards. Run by `bin/faults`."""
