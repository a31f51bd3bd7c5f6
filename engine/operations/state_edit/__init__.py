"""`engine state mv` and `engine state rm`: edit states under their locks, with checks."""
