"""The library behind the acceptance features for NoETL's traveler batch enrichment."""
