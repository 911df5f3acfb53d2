"""Gauges: who knows how full the battery is."""
