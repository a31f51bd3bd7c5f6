"""`--impact`: count what uses the objects that a plan ends or changes, in few requests."""
