"""Where states, locks and secrets are kept: adapters behind the ports."""
