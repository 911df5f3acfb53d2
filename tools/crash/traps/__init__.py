"""A folder to begin PYTHONPATH with: its `ai_edge_litert` stands in front of the real one, and springs traps."""
