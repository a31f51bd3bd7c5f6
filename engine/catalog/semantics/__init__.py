"""The semantics table: what no machine can know about Stripe's types, as data.

A row for each managed type; a further type needs a row here, a run of the generator and nothing
else. One module for each area; `table` puts them together. The marks (S), (D), (L) and (R) say
where a fact is from; `docs/reference/glossary.md` explains them.
"""
