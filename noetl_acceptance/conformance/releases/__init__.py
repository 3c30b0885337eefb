"""Which release keeps which claim: a file for each, the pages over all, the first bad one."""
