@fault
Feature: A service fails in a gap: between an answer and its row, or a row and its report
  A row follows an answer, a report follows a row, and a first command follows a request. A service that
  fails in between leaves work that is done, and that nobody knows of.
  Gap: the time in between, some milliseconds. The suite holds it open, so that the fault meets it each
  time, and lets go as soon as the fault has had its effect. From the middle of batch 2 on a lock in the
  database lets nobody commit rows, or a proxy that stands in each link between the services holds
  what one service sends to another.
  Between the answers and the rows: each call is answered, and the rows of each worker that is at work
  wait for their commit. When a worker has gone, Postgres drops what it has not committed.
  Between the rows and their report: everybody can read the rows, and the proxy holds what their worker
  sends to the server. That is lost with the worker.
  Between the rows and the answer of Postgres: everybody can read the rows, and the proxy holds what
  Postgres sends to the workers.
  Between two batches: the worker execution of batch 2 has ended, and the proxy holds what the worker
  that holds the parent's command asks the server. Batch 3 has not begun.
  Between the answer to the request and the first command: NoETL has accepted the request, and the proxy
  holds what NATS sends to the workers.
  Hit and healed: the suite goes on only when it has seen the gap, that the service ended in it or that
  the proxy reset connections of the link, and later that this is over. Where it has not, nothing is
  judged.
  End: "within 120 seconds of the healing" is the suite's own figure, not a promise about NoETL. The
  suite stops waiting earlier where for 35 seconds no event but a heartbeat was written, no call
  arrived, and NATS handed out no message and had none to hand out: then the execution hangs.
  Words: the introduction of smoke.feature explains "worker", "command", "batch", "in flight",
  "stored", "status", "end", "summary", "set-up", "logs" and the tags; that of worker_faults.feature
  explains "killed", "terminated" and "explained", and that of network_faults.feature "link" and "cut".

  Background:
    Given the traveler playbooks are registered
    And the playbooks' default credential is registered
    And 5 workers that take 1 command at a time
    And a proxy in each link between the services
    And each answer of the profile API takes 0.5 seconds

  @P10 @P6 @P9
  Rule: An execution MUST survive a service that fails in a gap, or say what it has lost
    Scenario Outline: <when>, <what> is <what is done>
      When 24 travelers are enriched in 3 batches of 8, and <when> <what> is <what is done>
      Then no traveler has two rows, and no call is made again but for the commands that the fault met
      And within 120 seconds of the healing the execution ends, and its status says so
      And the summary counts exactly the missing travelers, or the execution fails with a reason

      Examples: a worker
        | when                                         | what                        | what is done                              |
        | between the answers and the rows of batch 2  | the worker that stores them | killed, and started again 3 seconds later |
        | between the rows of batch 2 and their report | the worker that stores them | killed, and started again 3 seconds later |

      @logs_lost_network
      Examples: a link
        | when                                                   | what                                      | what is done       |
        | between the rows of batch 2 and the answer of Postgres | the link between the workers and Postgres | cut for 15 seconds |

      @logs_lost_server
      Examples: the server
        | when                                                    | what       | what is done                                  |
        | between batch 2 and batch 3                             | the server | terminated, and started again 3 seconds later |
        | between the answer to the request and the first command | the server | killed, and started again 3 seconds later     |

  @P11 @P12
  Rule: An execution that met a service that failed in a gap MUST be over at its end, and the next one MUST be whole
    Scenario Outline: After <what> was <what is done>, <when>
      When 24 travelers are enriched in 3 batches of 8, and <when> <what> is <what is done>
      Then after its end no call starts, no row is stored and no worker execution runs
      And a new execution of the same sizes, asked for on the same services, completes with a row for every traveler and a summary that agrees

      Examples: a worker
        | when                                         | what                        | what is done                              |
        | between the answers and the rows of batch 2  | the worker that stores them | killed, and started again 3 seconds later |
        | between the rows of batch 2 and their report | the worker that stores them | killed, and started again 3 seconds later |

      @logs_lost_network
      Examples: a link
        | when                                                   | what                                      | what is done       |
        | between the rows of batch 2 and the answer of Postgres | the link between the workers and Postgres | cut for 15 seconds |

      @logs_lost_server
      Examples: the server
        | when                                                    | what       | what is done                                  |
        | between batch 2 and batch 3                             | the server | terminated, and started again 3 seconds later |
        | between the answer to the request and the first command | the server | killed, and started again 3 seconds later     |
