"""`engine ci`: plans, applies and drift for the jobs of a code host."""
