"""Two commits as text: what was applied between them."""
