"""What checks of a project and of its versions return."""
