"""Settings: flag > environment variable > `[tool.engine]` > default, frozen once read."""
