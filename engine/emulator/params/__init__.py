"""From a form to typed parameters within their bounds, and the query language of searches."""
