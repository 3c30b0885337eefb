"""What stands on the generated pages: the contract's rows, who proves them, and which hold."""
