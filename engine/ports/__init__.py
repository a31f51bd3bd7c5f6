"""What the core asks of its surroundings: protocols with MUST lists, and their records."""
