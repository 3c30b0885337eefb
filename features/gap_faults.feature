@fault
Feature: A service or a link fails in a gap between two things that belong together
  A row follows an answer, a report follows a row, and a first command follows a request. A fault in
  between leaves work done that nobody knows of.
  Gap: the time in between, some milliseconds. The suite holds it open, so that the fault meets it each
  time, and lets go as soon as the fault has had its effect. From the middle of batch 2 on (in the last
  case from before the request on), a database lock lets nobody commit rows, or a proxy that stands in
  each link between the services holds what one service sends to another.
  Between the answers and the rows: each call is answered, and the rows of each worker that is at work
  wait for their commit. When a worker has gone, Postgres drops what it has not committed. Where
  several workers store rows of the batch, one of them is killed.
  Between the rows and their report: everybody can read the rows, and the proxy holds what their worker
  sends to the server. What it holds is lost when the worker is killed. Between the rows and the answer
  of Postgres: everybody can read the rows, and the proxy holds what Postgres sends to the workers. What
  it holds is lost when the link is cut.
  Between two batches: the worker execution of batch 2 has ended, and the proxy holds what the worker
  with the parent's command asks the server. Batch 3 has not begun.
  Between the answer to the request and the first command: NoETL has accepted the request and may have
  issued the first command, but no worker has received it: the proxy holds what NATS sends to the workers.
  Hit and healed: a fault counts only if the suite has seen the gap; in the gap, that the service ended or
  that the proxy reset connections of the link; and later, that the service answers or the link works
  again. Otherwise the scenario fails or is not judged, as docs/explanation/faults.md says. The healing is
  the moment at which the suite starts the service again, or has the link work again.
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
  worker_faults.feature explains "killed", "terminated" and "explained"; that of network_faults.feature
  explains "link", "cut" and which commands a fault of a link interrupts. A fault of the server interrupts
  none.

  Background:
    Given the traveler playbooks are registered
    And the playbooks' default credential is registered
    And 5 workers that take 1 command at a time
    And a proxy in each link between the services
    And each answer of the profile API takes 0.5 seconds

  @P10 @P6 @P9
  Rule: After a fault in a gap an execution MUST end, repeat nothing without cause, and count the missing travelers or fail with a reason
    Scenario Outline: <when>, <what> is <what is done>
      When 24 travelers are enriched in 3 batches of 8, and <when> <what> is <what is done>
      Then no traveler has two rows, and no more calls are repeated than the interrupted commands explain
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
  Rule: Even after a fault in a gap NoETL MUST NOT go on with an execution that has ended, and MUST complete a new one
    Scenario Outline: After <what> was <what is done>, <when>
      When 24 travelers are enriched in 3 batches of 8, and <when> <what> is <what is done>
      Then after the end of the execution no call starts, no row is stored and no worker execution runs
      And a new execution of the same sizes, requested on the same services, completes with one good answer and one row for each traveler, and its summary counts these rows

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
