"""The provider port: what the engine asks of a service, and what a resource type is."""
