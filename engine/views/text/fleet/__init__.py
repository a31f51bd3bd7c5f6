"""The accounts of a fleet as text: their plans, and what became of them."""
