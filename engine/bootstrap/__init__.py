"""The one place that wires ports to adapters; each adapter is imported when it is first wanted."""
