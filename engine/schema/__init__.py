"""What a resource type is: its fields, its lifecycle, its rules; data and no behaviour."""
