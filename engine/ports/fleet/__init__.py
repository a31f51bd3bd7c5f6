"""The same stacks on many accounts: who they are, what each run returns, and what runs them."""
