"""What happens to each resource."""
