"""What every format says of a fleet: accounts with equal plans or equal ends together."""
