"""`--fleet`: its options, and what plan and apply do with it."""
