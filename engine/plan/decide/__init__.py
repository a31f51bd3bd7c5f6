"""Decides what happens to each resource: create, update, replace, remove, import, revive, nothing.

`declared` and `removed` go through the resources; `existing` decides between update and
replacement, `key_conflicts` and `capacity` revise decisions, and `describe` makes the change that
is shown of each.
"""
