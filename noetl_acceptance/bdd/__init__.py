"""All of behave's glue: the runner, what a run's scenarios share, what is selected."""
