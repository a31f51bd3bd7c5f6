"""Finds every mistake of a stack offline: its fields, its references, and what Stripe would refuse.

Declarations that claim one natural key are found in `engine.plan.key_claims`.
"""
