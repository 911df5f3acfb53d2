"""Sim: the board that a laptop plays. Its clock can be virtual, its world scripted; its sensors are physical models."""
