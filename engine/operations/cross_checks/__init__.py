"""What other states of the project, and the account, say against a plan."""
