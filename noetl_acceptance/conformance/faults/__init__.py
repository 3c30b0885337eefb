"""What each NoETL does under a fault: the words for it, the tables, the crash points."""
