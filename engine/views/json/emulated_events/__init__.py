"""Events of an emulated account as a document."""
