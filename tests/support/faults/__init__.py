"""The fault suite's shops, its processes that are killed, and its disks that lose data."""
