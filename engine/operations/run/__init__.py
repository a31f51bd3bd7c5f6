"""What all runs share: lock, load, recover, guard, stop, unlock."""
