"""The semantics table: what no machine can know about Stripe's types, as data.

A row for each managed type; a further type needs a row here, a run of the generator and nothing
else. One module for each area; `table` puts them together. Sources: S = Stripe's published API
description, D = Stripe's documentation, L = seen in a live answer, R = reported by others, not
shown as a live answer.
"""
