"""What was applied between two committed states, and what no run could have changed."""
