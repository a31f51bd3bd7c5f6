"""What other tools write down of the objects of an account."""
