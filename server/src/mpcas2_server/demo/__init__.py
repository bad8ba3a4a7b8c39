"""The demonstration: real posts on a practice network, counted on the network's side."""
