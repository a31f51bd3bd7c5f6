"""From a form to typed parameters, forms of older API versions, and queries of searches."""
