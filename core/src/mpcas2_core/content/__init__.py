"""What people publish: text and files, checked when they come in.

Nothing is imported here: the probe's child process passes through this package and has to start fast.
"""
