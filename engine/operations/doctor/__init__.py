"""`engine doctor`: check the installation, the configuration, the account and the states."""
