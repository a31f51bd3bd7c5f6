"""What tests share and import: projects, fakes, makers of records, readers of cases; no fixture."""
