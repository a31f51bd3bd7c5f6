"""What a review of commits asks of the version control, and what it says."""
