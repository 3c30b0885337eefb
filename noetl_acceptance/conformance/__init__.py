"""The contract's claims, the scenarios that prove them, and what releases were found to hold."""
