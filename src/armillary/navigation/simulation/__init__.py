"""A simulator with known truth: stations of any operators, broadcast messages, observations and injected faults.

It makes what a receiver would record from a world it integrates, rotates and delays by its own code; ``docs/explanation/simulator.md`` says
what it shares with the rest of the library and why that hides no error.
"""
