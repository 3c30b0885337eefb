@fault @logs_lost_database
Feature: The database fails in the middle of a batch
  NoETL keeps its event log in Postgres, and the fixture stores its rows there. Databases are restarted,
  run out of connections, and refuse writes. Afterwards executions must complete, with the missing
  travelers counted, or fail with a reason.
  Fault: as soon as the profile API has received the twelfth call, and a call is in flight, the suite does
  to Postgres what the scenario says. From that call on the profile API holds every answer until the suite
  has done so: batch 2 of 3 is at work.
  Taken: the suite opens connections until Postgres takes no more, ends every session of NoETL's once and
  takes their places, and closes its own later. That counts only if Postgres's log tells of a connection
  that it refused to somebody else meanwhile.
  Ended: the suite ends every session of NoETL's once; Postgres accepts new ones at once.
  Read-only: new sessions cannot write. NoETL's existing sessions are ended when this begins, and again
  when it is healed.
  Locked: a session of the suite's keeps everybody from reading or writing the target table.
  Refused with an error: the next row for the target table is refused once, with the error that Postgres
  has for a deadlock or for a serialization failure. A retry would succeed; the scenario does not demand
  one.
  Refused for 10 seconds: each new or changed row of NoETL's tables and the fixture's is refused for that
  long, with the error that Postgres has for a full disk. No disk is full then.
  Hit and healed: a fault counts only if the suite has seen its effect, and later that it is over. The
  effect is that Postgres ended or froze, that it refused a connection or a row, that NoETL's sessions
  ended, or that one of them waited. Otherwise the scenario fails or is not judged, as
  docs/explanation/faults.md says. The healing is the moment at which the suite ends the fault; for a
  killed, terminated or frozen Postgres, at which it starts or resumes it. Where the suite undoes nothing,
  it is the moment at which the effect was seen.
  Patience: "within 120 seconds of the healing" is the suite's own figure, not a promise about NoETL; an
  execution may also end before the healing. "Its status says so": the status says that it has ended, in
  whatever way; but NoETL must not cancel what nobody asked it to cancel. The suite stops waiting earlier
  if the execution hangs: after the healing, for 35 seconds, no event except heartbeats is written, no
  call arrives or is in flight, and NATS answers, hands out no message and has none to hand out. Python
  releases from 2.10.4 on may take up an open command only minutes later, so there the suite waits on
  while a command is open. An execution that hangs has no end, so it also fails the scenario about what
  comes after the end; its summary is not judged. The new execution is requested once, when the first one
  has ended or hangs, and no service is started again for it. The suite looks for what came after the end
  when the new execution is over, and every command has ended or can no longer be taken up. A failed
  execution has a reason if the parent, or a worker execution that did not complete, tells an error.
  Words: the introduction of smoke.feature explains "parent", "worker", "command", "batch", "call", "in
  flight", "missing", "reason", "status", "end", "summary", "logs" and the tags; that of
  worker_faults.feature explains "killed", "terminated" and "frozen". No worker is hit here: no command
  is interrupted, and no repeated call is explained.

  Background:
    Given the traveler playbooks are registered
    And the playbooks' default credential is registered
    And 5 workers that take 1 command at a time
    And each answer of the profile API takes 0.5 seconds

  @P10 @P6 @P9
  Rule: After a fault of the database an execution MUST end, repeat nothing without cause, and count the missing travelers or fail with a reason
    Scenario Outline: Postgres is <what is done>
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived Postgres is <what is done>
      Then no traveler has two rows, and no more calls are repeated than the interrupted commands explain
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
      Then no traveler has two rows, and no more calls are repeated than the interrupted commands explain
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
      Then no traveler has two rows, and no more calls are repeated than the interrupted commands explain
      And within 120 seconds of the healing the execution ends, and its status says so
      And the summary counts exactly the missing travelers, or the execution fails with a reason

  @P11 @P12
  Rule: Even after a fault of the database NoETL MUST NOT go on with an execution that has ended, and MUST complete a new one
    Scenario Outline: After Postgres was <what is done>
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived Postgres is <what is done>
      Then after the end of the execution no call starts, no row is stored and no worker execution runs
      And a new execution of the same sizes, requested on the same services, completes with one good answer and one row for each traveler, and its summary counts these rows

      Examples:
        | what is done                                  |
        | killed, and started again 3 seconds later     |
        | terminated, and started again 3 seconds later |
        | frozen for 5 seconds                          |
        | frozen for 20 seconds                         |

    Scenario Outline: After <what> was <what is done>
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived <what> is <what is done>
      Then after the end of the execution no call starts, no row is stored and no worker execution runs
      And a new execution of the same sizes, requested on the same services, completes with one good answer and one row for each traveler, and its summary counts these rows

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
      Then after the end of the execution no call starts, no row is stored and no worker execution runs
      And a new execution of the same sizes, requested on the same services, completes with one good answer and one row for each traveler, and its summary counts these rows
