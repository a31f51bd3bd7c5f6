"""An account as people made it by hand over the years, by plain requests."""
