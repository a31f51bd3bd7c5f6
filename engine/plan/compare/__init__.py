"""Compares the declared, the recorded and the actual object, leaf by leaf.

In this order: `normalize` gives each value one form, `match_elements` pairs the elements of lists,
`compare_fields` builds both sides as trees, `deep_diff` lists the leaves in which they differ, and
`field_changes` says why each differs and whether it forces replacement. `unchanged` is the quick
check before all of this; `drift` compares the recorded with the actual object.
"""
