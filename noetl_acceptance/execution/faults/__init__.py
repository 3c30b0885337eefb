"""What is done to a service, the database or a link in the middle of an execution.

``driver`` makes a fault at its moment, proves it and heals it; ``victims`` tells whom it meets, and
``injections`` what makes each kind. ``hanging`` proves that an execution hangs. ``fixtures/``
beside this package prepares data; what the profile API answers is a stub rule
(``profile_api/rules.py``).
"""
