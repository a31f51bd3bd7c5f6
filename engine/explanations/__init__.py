"""A page for each reference of an error or a finding: what happened, an example, what to do.

The pages are the Markdown files in this folder, one for each reference. `engine explain`
prints them, and the site shows the same files. A test keeps them complete, their examples true.
"""
