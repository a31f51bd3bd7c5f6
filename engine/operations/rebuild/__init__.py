"""`engine state rebuild`: make a lost state again from the account."""
