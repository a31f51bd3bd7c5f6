"""Pictures of resources and what they refer to: as DOT, as Mermaid, as SVG, as JSON."""
