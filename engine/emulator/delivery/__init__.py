"""Events on their way: who gets one, how it is signed, and what came of it."""
