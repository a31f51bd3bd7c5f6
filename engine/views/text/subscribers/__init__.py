"""Subscribers of a price as text, and moves to another one."""
