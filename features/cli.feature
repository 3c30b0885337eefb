Feature: NoETL's command line
  The documents give the commands of a whole session: register the two playbooks, try a dry run,
  run, ask for the status, query what is stored, clean up. Here NoETL's own command line carries
  them out, word for word. Where a command of the documents names an address, it gets the one that
  the scenario says; where it names none, the command line takes the address from a context that was
  made for the sandbox alone.

  Background:
    Given the traveler playbooks are registered

  Rule: NoETL MUST be reachable at the address that the command line is given
    @C14 @C21
    Scenario Outline: NoETL answers at <address>
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      And the commands name <address>
      And the command "ask for the status" is given
      Then the status tells the execution, whether it has completed or failed, and its current step

      Examples:
        | address                           |
        | NoETL's own address               |
        | the address of a forward to NoETL |

    @C30
    Scenario Outline: Where nothing listens, a command says so: <command>
      Given the commands name an address where nothing listens
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      And the command "<command>" is given
      Then the command is refused
      And the command says "Connection refused"

      Examples:
        | command               |
        | register the parent   |
        | run                   |
        | ask for the status    |
        | count the stored rows |

    @C30
    Scenario: Another address is the remedy
      Given the commands name an address where nothing listens
      When the command "register the parent" is given
      Then the command is refused
      When the commands name NoETL's own address
      And the command "register the parent" is given
      Then the command succeeds
      And the parent playbook has one version more in NoETL's catalog

  Rule: Both playbooks MUST be registered by the documents' commands, in any order
    @C16
    Scenario Outline: The long form registers, <case>
      When the command "register the <first>" is given
      And the command "register the <second>" is given
      Then the worker playbook has one version more in NoETL's catalog
      And the parent playbook has one version more in NoETL's catalog

      Examples:
        | case          | first  | second |
        | worker first  | worker | parent |
        | worker second | parent | worker |

    @C17
    Scenario Outline: The short form registers, <case>
      When the command "register the <first>, short form" is given
      And the command "register the <second>, short form" is given
      Then the worker playbook has one version more in NoETL's catalog
      And the parent playbook has one version more in NoETL's catalog

      Examples:
        | case          | first  | second |
        | worker first  | worker | parent |
        | worker second | parent | worker |

  Rule: A dry run MUST validate, and start nothing
    @C18
    Scenario Outline: The <command> of what can run succeeds
      When the command "<command>" is given
      Then the command succeeds
      And no execution is started

      Examples:
        | command             |
        | dry run             |
        | dry run, short form |

    @C18
    Scenario Outline: A dry run starts nothing that cannot run either: <playbook>
      Given the command "register a broken playbook" is given
      When the command "dry run of <playbook>" is given
      Then no execution is started

      Examples:
        | playbook            |
        | a broken playbook   |
        | an unknown playbook |

    @C18
    Scenario Outline: A dry run refuses what a run refuses: <playbook>
      Given the command "register a broken playbook" is given
      When the command "run of <playbook>" is given
      Then the command is refused
      When the command "dry run of <playbook>" is given
      Then the command is refused

      Examples:
        | playbook            |
        | a broken playbook   |
        | an unknown playbook |

    @C18
    Scenario: A dry run fails where there is no NoETL to validate
      Given the commands name an address where nothing listens
      When the command "dry run" is given
      Then the command is refused

  Rule: A run MUST be carried out when the command line starts it
    @C19 @C24
    Scenario: The smoke run, started by the command line
      Given the run is started by NoETL's command line
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then NoETL answered the request with the id of the execution
      And every step was carried out by a worker of the sandbox, by more than one in all
      And the traveler ledger is exactly
        | outcome | rows |
        | valid   | 200  |
        | invalid | 0    |

  Rule: The documents' waiting loop MUST end when the run has ended
    @C22
    Scenario: The loop waits for a run that completes
      Given the run is started by NoETL's command line
      When 9 travelers are enriched in 3 batches of 3 while the documents' waiting loop looks on, within 60 seconds
      Then the loop ends when the run has completed

    @C22
    Scenario: The loop ends as well for a run that fails
      Given the run is started by NoETL's command line
      And the run names a credential that is not registered
      When 2 travelers are enriched in 1 batches of 2 while the documents' waiting loop looks on, within 60 seconds
      Then the loop ends when the run has failed

  Rule: The documents' queries MUST tell what the database holds
    @C23 @C43
    Scenario: The last events of a run, as data
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      And the command "list the last events, as data" is given
      Then the answer is what the database itself says

    @C24 @C43
    Scenario: The stored rows of a run, as data
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      And the command "count the stored rows, as data" is given
      Then the answer is what the database itself says
      And the answer shows
        | stored rows | successful http calls | valid rows | invalid rows | batches with rows | max batch number |
        | 200         | 200                   | 200        | 0            | 4                 | 4                |

    @C25 @C43
    Scenario: The missing rows of a run, as data
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      And the command "count the missing rows, as data" is given
      Then the answer is what the database itself says
      And the answer shows
        | missing rows |
        | 0            |

    @C11 @C43
    Scenario: How often a run validated its rows, as data
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      And the command "count the validations, as data" is given
      Then the answer is what the database itself says
      And the answer shows
        | validate step enters |
        | 1                    |

    @C27 @C43
    Scenario: The summary of a run, as data
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      And the command "show the summary" is given
      Then the answer is what the database itself says
      And the answer shows
        | status    | batch worker iterations | expected rows | stored rows | missing rows |
        | completed | 4                       | 200           | 200         | 0            |

    @C23 @C43
    Scenario Outline: A table tells the same: <command>
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      And the command "<command>, as a table" is given
      Then the answer is what the database itself says

      Examples:
        | command                |
        | list the last events   |
        | count the stored rows  |
        | count the missing rows |
        | count the validations  |
        | show the summary       |

    @C43
    Scenario: The schema that a query names is where its tables are looked for
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      And the command "count the stored rows by the table's plain name" is given
      Then the answer is what the database itself says

    @C43
    Scenario: What the database refuses is told in its own words
      When the command "query a table that does not exist" is given
      Then the command says "does not exist"

  Rule: The clean-up MUST remove the rows of one run, and of no other
    @C29
    Scenario: One of two runs is cleaned up
      Given another execution has stored its travelers before
      When 8 travelers are enriched in 2 batches of 4 within 60 seconds
      And the command "clean up" is given
      Then the command succeeds
      And the rows of that run are gone, and no other
