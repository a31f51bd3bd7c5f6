"""Policies that ship with the engine: off until [tool.engine.policies] switches one on."""
