"""The emulated types: what is known of each in one record, its paths and its verbs."""
