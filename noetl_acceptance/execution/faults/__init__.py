"""What is done to a service in the middle of an execution, and how that is proven and healed.

``driver`` makes a fault at its moment and heals it, ``victims`` tells whom it meets. ``fixtures/``
beside this package prepares data; what the profile API answers is a stub rule
(``profile_api/rules.py``).
"""
