"""What tests of a client use: faults, gates where requests wait, the log of requests, observers."""
