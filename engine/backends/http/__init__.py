"""States in servers of Terraform's HTTP state protocol, such as GitLab."""
