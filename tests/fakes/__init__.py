"""A sandbox and a NoETL that stand still until the test moves their clock."""
