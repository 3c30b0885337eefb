Feature: NoETL's command line
  The documents give the commands of a whole session: register the two playbooks, try a dry run,
  run, ask for the status, query what is stored, clean up. Here NoETL's own command line carries
  them out, word for word. Most of them name an address: NoETL's own, unless a scenario says another.
  For those that name none, in short form, the command line has a context made for the sandbox.

  Background:
    Given the traveler playbooks are registered

  Rule: NoETL MUST be reachable at the address that the command line is given
    @C14 @C21
    Scenario: NoETL answers at its own address
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      And the command "ask for the status" is given
      Then the command tells whether that run has completed or failed, and its step

    @C14 @C21
    Scenario: NoETL answers through a forward
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      And the command "ask for the status" is given through a forward to NoETL
      Then the command tells whether that run has completed or failed, and its step

    @C30
    Scenario Outline: Where nothing listens, a command says so: <command>
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      And the command "<command>" is given where nothing listens
      Then the command is refused
      And the command says that the connection is refused

      Examples:
        | command               |
        | register the parent   |
        | run                   |
        | ask for the status    |
        | count the stored rows |

    @C30
    Scenario: Another address is the remedy
      When the command "register the parent" is given where nothing listens
      Then the command is refused
      When the command "register the parent" is given through a forward to NoETL
      Then the command registers the parent playbook

  Rule: Both playbooks MUST be registered by the documents' commands, in any order
    @C16
    Scenario Outline: The long form registers, <case>
      When the command "register the <first>" is given
      Then the command registers the <first> playbook
      When the command "register the <second>" is given
      Then the command registers the <second> playbook

      Examples:
        | case          | first  | second |
        | worker first  | worker | parent |
        | worker second | parent | worker |

    @C17
    Scenario Outline: The short form registers, <case>
      When the command "register the <first>, short form" is given
      Then the command registers the <first> playbook
      When the command "register the <second>, short form" is given
      Then the command registers the <second> playbook

      Examples:
        | case          | first  | second |
        | worker first  | worker | parent |
        | worker second | parent | worker |

  Rule: A dry run MUST validate, and start nothing
    @C18
    Scenario Outline: The <command> of what can run succeeds
      When the command "<command>" is given
      Then the command succeeds
      And the command starts no execution

      Examples:
        | command             |
        | dry run             |
        | dry run, short form |

    @C18
    Scenario Outline: A dry run starts nothing that cannot run either: <playbook>
      Given the command "register a broken playbook" is given
      When the command "dry run of <playbook>" is given
      Then the command starts no execution

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

      @logs_broken_playbook
      Examples:
        | playbook          |
        | a broken playbook |

      Examples:
        | playbook            |
        | an unknown playbook |

    @C18
    Scenario: A dry run fails where there is no NoETL to validate
      When the command "dry run" is given where nothing listens
      Then the command is refused

  Rule: A run MUST be carried out when the command line starts it
    @C19 @C24
    Scenario: The smoke run, started by the command line
      Given the run is started by NoETL's command line
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then NoETL answered the request with the id of the execution
      And 200 travelers are seeded for the run, numbered from 1, each once
      And 4 worker executions ran, one for each batch, and the parent has the result of each
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

    @C22 @logs_missing_credential
    Scenario: The loop ends as well for a run that fails
      Given the run is started by NoETL's command line
      And the run names a credential that is not registered
      When 2 travelers are enriched in 1 batch of 2 while the documents' waiting loop looks on, within 60 seconds
      Then the loop ends when the run has failed

  Rule: The documents' queries MUST tell what the database holds
    @C23 @C43
    Scenario: The last events of a run, as data
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      And the command "list the last events, as data" is given
      Then the command tells what the database itself says

    @C24 @C43
    Scenario: The stored rows of a run, as data
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      And the command "count the stored rows, as data" is given
      Then the command tells what the database itself says
      And its answer shows
        | stored rows | successful http calls | valid rows | invalid rows | batches with rows | max batch number |
        | 200         | 200                   | 200        | 0            | 4                 | 4                |

    @C25 @C43
    Scenario: The missing rows of a run, as data
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      And the command "count the missing rows, as data" is given
      Then the command tells what the database itself says
      And its answer shows
        | missing rows |
        | 0            |

    @C11 @C43
    Scenario: How often a run validated its rows, as data
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      And the command "count the validations, as data" is given
      Then the command tells what the database itself says
      And its answer shows
        | validate step enters |
        | 1                    |

    @C27 @C43
    Scenario: The summary of a run, as data
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      And the command "show the summary" is given
      Then the command tells what the database itself says
      And its answer shows
        | status    | batch worker iterations | expected rows | stored rows | missing rows |
        | completed | 4                       | 200           | 200         | 0            |

    @C43
    Scenario Outline: A table tells what a run did: <command>
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      And the command "<command>, as a table" is given
      Then the command tells what the database itself says

      @C23
      Examples:
        | command              |
        | list the last events |

      @C11
      Examples:
        | command               |
        | count the validations |

    @C43
    Scenario Outline: A table tells what a run left: <command>
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      And the command "<command>, as a table" is given
      Then the command tells what the database itself says

      @C24
      Examples:
        | command               |
        | count the stored rows |

      @C25
      Examples:
        | command                |
        | count the missing rows |

      Examples:
        | command          |
        | show the summary |

    @C43 @logs_refused_query
    Scenario: The schema that a query names is where its tables are looked for
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      And the command "count the stored rows by the table's plain name" is given
      Then the command tells what the database itself says

    @C43 @logs_refused_query
    Scenario: What the database refuses is told in its own words
      When the command "query a table that does not exist" is given
      Then the command says that there is no such table

  Rule: The clean-up MUST remove the rows of one run, and of no other
    @C29
    Scenario: One of two runs is cleaned up
      Given another execution has stored its travelers before
      When 8 travelers are enriched in 2 batches of 4 within 60 seconds
      And the command "clean up" is given
      Then the command removes the rows of that run, and of no other
