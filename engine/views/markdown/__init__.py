"""The format for comments of pull requests and job summaries: Markdown."""
