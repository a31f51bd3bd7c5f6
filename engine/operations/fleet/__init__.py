"""`--fleet`: plan and apply the same stacks on many accounts."""
