"""Makes request parameters from a declaration, and what state records from a response."""
