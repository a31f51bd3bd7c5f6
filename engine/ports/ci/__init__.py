"""What jobs need that plan and apply: the host that runs them and keeps their results."""
