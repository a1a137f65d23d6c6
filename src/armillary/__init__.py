"""One core for satellite systems of several operators: each alone, and all together."""

__version__ = "0.1.0"
