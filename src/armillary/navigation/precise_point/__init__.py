"""Precise point positioning: one receiver, precise orbits and clocks, carrier phases, and the models that a millimetre asks for."""
