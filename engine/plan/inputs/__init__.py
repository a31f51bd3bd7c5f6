"""What a plan is made from: options, selection, observed objects."""
