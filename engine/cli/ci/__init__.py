"""What the commands of `engine ci` share: the run of a host, and pages for a review."""
