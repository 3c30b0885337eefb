@fault @logs_lost_database
Feature: The database fails in the middle of a batch
  NoETL keeps its event log in Postgres, and the fixture stores its rows there. Databases are
  restarted, run out of connections, and refuse writes; NoETL must carry on when they are back.
  Fault: as soon as the profile API has received the twelfth call, and a call is in flight, the suite
  does to Postgres what the scenario says. Batch 2 of 3 is at work then.
  Taken: the suite opens connections until Postgres takes no more, and closes them later.
  Ended: the suite ends each session of NoETL's once; a new one is taken at once.
  Read-only: new sessions can write nothing, and NoETL's old ones are ended, then and at the healing.
  Locked: a session of the suite's lets nobody read or write the table of results.
  Refused for: the first row that comes in is refused once, with the error that Postgres has for a
  conflict of two transactions; its manual says that a second try may succeed.
  Refused: each new or changed row of NoETL's tables and the fixture's is refused, with the error that
  Postgres has for a full disk. No disk is full then.
  Hit and healed: the suite goes on only when it has seen the effect (a connection that is refused, a
  session of NoETL's that waits, a row that was refused), and later that it is over.
  End: "within 120 seconds of the healing" is the suite's own figure, not a promise about NoETL. The
  suite stops waiting earlier where for 35 seconds no event but a heartbeat was written, no call
  arrived, and NATS handed out no message and had none to hand out: then the execution hangs.
  Words: the introduction of smoke.feature explains "worker", "command", "batch", "in flight",
  "stored", "status", "end", "summary", "set-up", "logs" and the tags; that of worker_faults.feature
  explains "killed", "terminated", "frozen" and "explained".

  Background:
    Given the traveler playbooks are registered
    And the playbooks' default credential is registered
    And 5 workers that take 1 command at a time
    And each answer of the profile API takes 0.5 seconds

  @P10 @P6 @P9
  Rule: An execution MUST survive a database that fails, or say what it has lost
    Scenario Outline: Postgres is <what is done>
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived Postgres is <what is done>
      Then no traveler has two rows, and no call is made again but for the commands that the fault met
      And within 120 seconds of the healing the execution ends, and its status says so
      And the summary counts exactly the missing travelers, or the execution fails with a reason

      Examples:
        | what is done                                  |
        | killed, and started again 3 seconds later     |
        | terminated, and started again 3 seconds later |
        | frozen for 5 seconds                          |
        | frozen for 20 seconds                         |

    Scenario Outline: <what> is <what is done>
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived <what> is <what is done>
      Then no traveler has two rows, and no call is made again but for the commands that the fault met
      And within 120 seconds of the healing the execution ends, and its status says so
      And the summary counts exactly the missing travelers, or the execution fails with a reason

      @quick
      Examples: one that is quick
        | what         | what is done                        |
        | the next row | refused for a serialization failure |

      Examples:
        | what                                 | what is done             |
        | every free connection to Postgres    | taken for 10 seconds     |
        | every session of NoETL's at Postgres | ended                    |
        | the database                         | read-only for 10 seconds |
        | the target table                     | locked for 15 seconds    |
        | the next row                         | refused for a deadlock   |
        | every write to the database          | refused for 10 seconds   |

    Scenario: Postgres is killed, and the workers keep no pool of connections
      Given 5 workers with NOETL_POSTGRES_USE_POOL_DEFAULT set to false
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived Postgres is killed, and started again 3 seconds later
      Then no traveler has two rows, and no call is made again but for the commands that the fault met
      And within 120 seconds of the healing the execution ends, and its status says so
      And the summary counts exactly the missing travelers, or the execution fails with a reason

  @P11 @P12
  Rule: An execution that met a database that failed MUST be over at its end, and the next one MUST be whole
    Scenario Outline: After Postgres was <what is done>
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived Postgres is <what is done>
      Then after its end no call starts, no row is stored and no worker execution runs
      And a new execution of the same sizes, asked for on the same services, completes with a row for every traveler and a summary that agrees

      Examples:
        | what is done                                  |
        | killed, and started again 3 seconds later     |
        | terminated, and started again 3 seconds later |
        | frozen for 5 seconds                          |
        | frozen for 20 seconds                         |

    Scenario Outline: After <what> was <what is done>
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived <what> is <what is done>
      Then after its end no call starts, no row is stored and no worker execution runs
      And a new execution of the same sizes, asked for on the same services, completes with a row for every traveler and a summary that agrees

      Examples:
        | what                                 | what is done                        |
        | every free connection to Postgres    | taken for 10 seconds                |
        | every session of NoETL's at Postgres | ended                               |
        | the database                         | read-only for 10 seconds            |
        | the target table                     | locked for 15 seconds               |
        | the next row                         | refused for a serialization failure |
        | the next row                         | refused for a deadlock              |
        | every write to the database          | refused for 10 seconds              |

    Scenario: After Postgres was killed, and the workers keep no pool of connections
      Given 5 workers with NOETL_POSTGRES_USE_POOL_DEFAULT set to false
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived Postgres is killed, and started again 3 seconds later
      Then after its end no call starts, no row is stored and no worker execution runs
      And a new execution of the same sizes, asked for on the same services, completes with a row for every traveler and a summary that agrees
