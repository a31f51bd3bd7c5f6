"""Where states, journals and locks are kept."""
