"""`engine state verify`: find everything wrong in state files, offline."""
