"""The demonstration: real posts on practice networks, counted on the networks' side."""
