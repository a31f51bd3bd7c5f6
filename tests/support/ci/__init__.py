"""Code hosts on loopback, and what runs the steps of their jobs."""
