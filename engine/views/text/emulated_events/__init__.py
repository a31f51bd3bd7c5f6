"""Events of an emulated account as text."""
