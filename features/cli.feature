Feature: NoETL's command line
  The documents give the commands of a whole session: register the playbooks, try a dry run, start
  an execution, ask for its status, query the stored rows, clean up. Here NoETL's own command line
  sends these commands as the documents write them; documents/commands.yaml has the text of each
  command by its name.
  Command: in this feature a command of NoETL's command line, not one that a worker carries out. In
  the names of commands, "the parent" and "the worker" are the two playbooks.
  Request: "When 200 travelers are enriched in 4 batches of 50" makes one request to NoETL: seed 200
  travelers and carry out 4 batches of up to 50. The commands after it are about its execution. The
  playbooks' default credential is registered, unless a scenario names another.
  Address: most commands name one, which is NoETL's own unless the step names another. The short
  forms name none; the suite has set up the command line's context for them.
  Success: a command succeeds when its exit code is 0, and fails with any other exit code. Its error
  message is any text on standard error. Its output is standard output and standard error; whether
  letters are upper or lower case does not matter.
  Answer: "as data" asks for JSON, "as a table" for a table; a query with neither asks for what the
  documents ask for. The database answers the same query right after the command. A JSON answer has
  the same columns, the same values and the same order of rows. A table has the same column names
  and the values of each row in one line; the order of its lines is not judged.
  Words: the introduction of smoke.feature explains "in range", "status", "catalog", "batch",
  "worker", "end", "the documents", "logs" and the tags.
  Patience: "within 90 seconds" is how long the suite waits for the end. An execution that has not
  ended by then fails the scenario. The figure is the suite's own, not a promise about NoETL.

  Background:
    Given the traveler playbooks are registered

  Rule: A command MUST reach NoETL at the address that the command names
    @C14 @C21
    Scenario: A command reaches NoETL at its own address
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      And the command "ask for the status" is sent
      Then the command's answer has the execution's id, whether it has completed, whether it has failed, and its current step

    @C14 @C21
    Scenario: A command reaches NoETL through a port forward
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      And the command "ask for the status" is sent through a port forward to NoETL
      Then the command's answer has the execution's id, whether it has completed, whether it has failed, and its current step

    @C30
    Scenario Outline: A command reports a refused connection where nothing listens: <command>
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      And the command "<command>" is sent to an address where nothing listens
      Then the command fails with an error message
      And the command's output says "Connection refused"

      Examples:
        | command               |
        | register the parent   |
        | execute the parent    |
        | ask for the status    |
        | count the stored rows |

    @C30
    Scenario: Another address is the remedy for a refused connection
      When the command "register the parent" is sent to an address where nothing listens
      Then the command fails with an error message
      When the command "register the parent" is sent through a port forward to NoETL
      Then the command adds one version of the parent playbook to NoETL's catalog

  Rule: The documents' commands MUST register both playbooks in either order
    The Background has registered both before: each command adds one more version.
    @C16
    Scenario Outline: The long form registers both playbooks, <case>
      When the command "register the <first>" is sent
      Then the command adds one version of the <first> playbook to NoETL's catalog
      When the command "register the <second>" is sent
      Then the command adds one version of the <second> playbook to NoETL's catalog

      Examples:
        | case             | first  | second |
        | the worker first | worker | parent |
        | the parent first | parent | worker |

    @C17
    Scenario Outline: The short form registers both playbooks, <case>
      When the command "register the <first>, short form" is sent
      Then the command adds one version of the <first> playbook to NoETL's catalog
      When the command "register the <second>, short form" is sent
      Then the command adds one version of the <second> playbook to NoETL's catalog

      Examples:
        | case             | first  | second |
        | the worker first | worker | parent |
        | the parent first | parent | worker |

  Rule: A dry run MUST start no execution, and MUST fail where the execution itself would fail
    The broken playbook has no steps: NoETL's catalog accepts it, and NoETL's server refuses to execute
    it. The unknown playbook is a catalog path under which nothing is registered.
    @C18
    Scenario Outline: A dry run of a valid playbook succeeds: <command>
      When the command "<command>" is sent
      Then the command succeeds
      And the command starts no execution

      Examples:
        | command             |
        | dry run             |
        | dry run, short form |

    @C18
    Scenario Outline: A dry run of a playbook that cannot be executed starts no execution: <playbook>
      Given the command "register a broken playbook" is sent
      When the command "dry run of <playbook>" is sent
      Then the command starts no execution

      Examples:
        | playbook            |
        | a broken playbook   |
        | an unknown playbook |

    @C18
    Scenario Outline: A dry run fails where the execution fails: <playbook>
      Given the command "register a broken playbook" is sent
      When the command "execute <playbook>" is sent
      Then the command fails with an error message
      When the command "dry run of <playbook>" is sent
      Then the command fails with an error message

      @logs_broken_playbook
      Examples:
        | playbook          |
        | a broken playbook |

      Examples:
        | playbook            |
        | an unknown playbook |

    @C18
    Scenario: A dry run fails where nothing listens
      When the command "dry run" is sent to an address where nothing listens
      Then the command fails with an error message

  Rule: NoETL MUST carry out an execution that NoETL's command line starts
    @C19 @C24
    Scenario: The command line starts the execution of the smoke test
      Given the request is made through NoETL's command line
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then NoETL answers the request with the id of the execution that it has started
      And the parent has seeded 200 travelers, numbered from 1, each once
      And the event log shows exactly 4 batches, each with one completed worker execution and one result, and the summary counts as many
      And the sandbox's workers carried out every step, and at least two of them took part
      And the stored rows, one for each traveler in range, are exactly
        | outcome | rows |
        | valid   | 200  |
        | invalid | 0    |

  Rule: The documents' waiting loop MUST NOT end before the execution has ended, and MUST end after it
    The loop asks for the status every 5 seconds, until the status says "completed" or "failed". The
    scenario's patience counts for the loop as well.
    @C22
    Scenario: The loop waits for an execution that completes
      Given the request is made through NoETL's command line
      When 9 travelers are enriched in 3 batches of 3 within 60 seconds, while the documents' waiting loop asks for the status
      Then the waiting loop ends with "completed", and not before the execution has completed

    @C22 @logs_missing_credential
    Scenario: The loop waits for an execution that fails
      Given the request is made through NoETL's command line
      And the request names a credential that is not registered
      When 2 travelers are enriched in 1 batch of 2 within 60 seconds, while the documents' waiting loop asks for the status
      Then the waiting loop ends with "failed", and not before the execution has failed

  Rule: The documents' queries MUST return what the database holds
    @C23 @C43
    Scenario: A query returns the last events of an execution as data
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      And the command "list the last events, as data" is sent
      Then the command's answer is what the database itself returns for the query

    @C24 @C43
    Scenario: A query returns the number of stored rows as data
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      And the command "count the stored rows, as data" is sent
      Then the command's answer is what the database itself returns for the query
      And the command's answer shows
        | stored rows | successful http calls | valid rows | invalid rows | batches with rows | max batch number |
        | 200         | 200                   | 200        | 0            | 4                 | 4                |

    @C25 @C43
    Scenario: A query returns the number of missing rows as data
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      And the command "count the missing rows, as data" is sent
      Then the command's answer is what the database itself returns for the query
      And the command's answer shows
        | missing rows |
        | 0            |

    @C11 @C43
    Scenario: A query returns the number of validations as data
      The column says how many times the step that validates the stored rows was entered.
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      And the command "count the validations, as data" is sent
      Then the command's answer is what the database itself returns for the query
      And the command's answer shows
        | validate step enters |
        | 1                    |

    @C27 @C43
    Scenario: A query returns the summary of an execution as data
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      And the command "show the summary" is sent
      Then the command's answer is what the database itself returns for the query
      And the command's answer shows
        | status    | batch worker iterations | expected rows | stored rows | missing rows |
        | completed | 4                       | 200           | 200         | 0            |

    @C43
    Scenario Outline: A table shows what an execution did: <command>
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      And the command "<command>, as a table" is sent
      Then the command's answer is what the database itself returns for the query

      @C23
      Examples:
        | command              |
        | list the last events |

      @C11
      Examples:
        | command               |
        | count the validations |

    @C43
    Scenario Outline: A table shows what an execution left: <command>
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      And the command "<command>, as a table" is sent
      Then the command's answer is what the database itself returns for the query

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
    Scenario: A query finds its table in the schema that its option --schema names
      The query names its table without a schema, and the option --schema names the schema public, where
      the table is. The answer must be rows; the tag allows the traceback of a release that looks for
      the table elsewhere and fails this scenario.
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      And the command "count the stored rows by the table's plain name" is sent
      Then the command's answer is what the database itself returns for the query

    @C43 @logs_refused_query
    Scenario: A query passes on the database's own error
      When the command "query a table that does not exist" is sent
      Then the command's output says "does not exist"

  Rule: The clean-up MUST delete the rows of one execution only
    @C29
    Scenario: The clean-up deletes the rows of one of two executions
      Given an earlier execution has stored its travelers in the same tables
      When 8 travelers are enriched in 2 batches of 4 within 60 seconds
      And the command "clean up" is sent
      Then the command deletes the source and target rows of the execution, and no rows of another one
