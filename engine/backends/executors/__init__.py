"""What runs the tasks of a fleet at the same time: adapters of the port `FleetExecutor`."""
