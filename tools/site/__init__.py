"""The documentation site: pages that are not files of `docs/`, and links between all of them.

Only `hooks.py` knows MkDocs: what else is here makes text from text, for whatever builds the site.
"""
