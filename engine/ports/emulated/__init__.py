"""Events of an emulated account, and what became of them."""
