"""Orbits and satellite clocks: one model per file, all answering :class:`armillary.orbits.state.Orbit`."""
