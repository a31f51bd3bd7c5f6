"""What tests of a client use: faults, gates where requests wait, and the log of requests."""
