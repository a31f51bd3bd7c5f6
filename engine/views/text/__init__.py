"""The format for people: plans, results, states and problems as text."""
