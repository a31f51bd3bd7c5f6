"""What every run does around its use case: lock, load, recover, guard, stop, unlock."""
