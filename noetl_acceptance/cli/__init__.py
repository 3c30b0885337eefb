"""The command line ``noetl-acceptance``: one module for each group of commands.

Each command imports what it needs when it runs: the others, and every ``--help``, start at once.

Click parses: it completes in bash, zsh and fish, and its types and tests are well kept. Typer
stands on it and takes twice as long to import, for signatures that would say no more here; argparse
completes nothing and takes options of behave's for its own.
"""
