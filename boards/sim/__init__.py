"""Sim: the board that a laptop plays. Its clock is virtual, its world is scripted, its sensors are physical models."""
