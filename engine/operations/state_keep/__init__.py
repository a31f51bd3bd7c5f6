"""`engine state pull`, `push`, `history`, `restore` and `migrate`: states and their stores."""
