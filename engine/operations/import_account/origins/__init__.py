"""What to import, from the files of other tools: states, exports, fixtures."""
