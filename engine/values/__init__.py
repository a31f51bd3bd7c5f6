"""References, secrets and markers, and functions on nested values; knows no resource types."""
