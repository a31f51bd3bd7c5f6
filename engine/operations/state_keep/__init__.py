"""`engine state pull` and `engine state push`: take a state out of its store, and put one in."""
