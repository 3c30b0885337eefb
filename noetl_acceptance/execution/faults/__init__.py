"""What is done to a service, a link or the machine in mid-execution: kill, pause, cut.

There is none yet: claim P6 of the contract comes with the first. ``fixtures/`` beside it prepares
data; what the profile API answers is a stub rule (``profile_api/rules.py``).
"""
