"""The hosts that people review code on, and that run its jobs: adapters of the port `CodeHost`."""
