"""What people read: plans, results, states and problems as text."""
