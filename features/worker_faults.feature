@fault
Feature: Workers fail, leave or join in the middle of a batch
  Workers are killed, terminated and frozen while they work, and others are added. The execution must then
  end: completed, with the missing travelers counted, or failed, with a reason.
  Fault: as soon as the profile API has received the twelfth call, and a call is in flight, the suite does
  to one worker, or to several, what the scenario says. From that call on the profile API holds every
  answer until the suite has done so: batch 2 of 3 is at work.
  Killed: ended at once (SIGKILL). Terminated: asked to end (SIGTERM, Postgres SIGINT); a service of
  NoETL's that still runs 30 seconds later is killed, as an operator would do. "Started again 3 seconds
  later": after the signal, or at its end if that comes later.
  Frozen: suspended without being told (SIGSTOP, or its container paused), and resumed later.
  Two workers: two that do not hold the parent's command, those at a call first. The other three can
  finish the execution in less than a minute, before the two are back; the scenario does not demand that.
  Added: two more workers are started beside the five, and stay.
  Hit and healed: a fault counts only if the suite has seen that the service ended or froze, and later
  that it runs again; for added workers, that NoETL knows of them. Otherwise the scenario fails or is not judged,
  as docs/explanation/faults.md says. The healing is the moment at which the suite starts or resumes the
  service. Where it undoes nothing, the healing is the moment at which it saw the effect.
  Explained: a repeated call is the second or a later call about the same traveler, unless the previous
  one had got a bad answer by then. Each command that a worker held when it was hit is interrupted, and
  explains one repeated call. If it is the command by which the parent waits for a worker execution, it
  also explains one for each traveler of the batch: nine in all for a batch of 8. The suite compares how
  many calls are repeated with how many are explained, not traveler by traveler.
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
  flight", "missing", "reason", "status", "end", "summary", "logs" and the tags.

  Background:
    Given the traveler playbooks are registered
    And the playbooks' default credential is registered
    And 5 workers that take 1 command at a time
    And each answer of the profile API takes 0.5 seconds

  @P10 @P6 @P9
  Rule: After a fault of a worker an execution MUST end, repeat nothing without cause, and count the missing travelers or fail with a reason
    Scenario Outline: A worker that calls the profile API is <what is done>
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived a worker that calls the profile API is <what is done>
      Then no traveler has two rows, and no more calls are repeated than the interrupted commands explain
      And within 120 seconds of the healing the execution ends, and its status says so
      And the summary counts exactly the missing travelers, or the execution fails with a reason

      @quick
      Examples: one that is quick
        | what is done                                  |
        | terminated, and started again 3 seconds later |

      @core
      Examples: one that every release is tried with
        | what is done                              |
        | killed, and started again 3 seconds later |

      Examples:
        | what is done          |
        | frozen for 10 seconds |

      @logs_frozen_worker
      Examples: frozen for longer than NATS waits before it hands out again
        | what is done          |
        | frozen for 45 seconds |

    Scenario: A worker that calls the profile API is killed, and a hang is waited out
      Given the suite waits the full 120 seconds even if the execution hangs
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived a worker that calls the profile API is killed, and started again 3 seconds later
      Then no traveler has two rows, and no more calls are repeated than the interrupted commands explain
      And within 120 seconds of the healing the execution ends, and its status says so
      And the summary counts exactly the missing travelers, or the execution fails with a reason

    Scenario Outline: The worker that holds the parent's command is <what is done>
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived the worker that holds the parent's command is <what is done>
      Then no traveler has two rows, and no more calls are repeated than the interrupted commands explain
      And within 120 seconds of the healing the execution ends, and its status says so
      And the summary counts exactly the missing travelers, or the execution fails with a reason

      Examples:
        | what is done                                  |
        | killed, and started again 3 seconds later     |
        | terminated, and started again 3 seconds later |

      @logs_frozen_worker
      Examples: frozen for longer than NATS waits before it hands out again
        | what is done          |
        | frozen for 45 seconds |

    Scenario: Every worker is killed
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived every worker is killed, and started again 3 seconds later
      Then no traveler has two rows, and no more calls are repeated than the interrupted commands explain
      And within 120 seconds of the healing the execution ends, and its status says so
      And the summary counts exactly the missing travelers, or the execution fails with a reason

    Scenario Outline: Two workers are <what is done>
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived two workers are <what is done>
      Then no traveler has two rows, and no more calls are repeated than the interrupted commands explain
      And within 120 seconds of the healing the execution ends, and its status says so
      And the summary counts exactly the missing travelers, or the execution fails with a reason

      Examples:
        | what is done                                   |
        | terminated, and started again 60 seconds later |
        | added                                          |

  @P11 @P12
  Rule: Even after a fault of a worker NoETL MUST NOT go on with an execution that has ended, and MUST complete a new one
    Scenario Outline: After a worker that calls the profile API was <what is done>
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived a worker that calls the profile API is <what is done>
      Then after the end of the execution no call starts, no row is stored and no worker execution runs
      And a new execution of the same sizes, requested on the same services, completes with one good answer and one row for each traveler, and its summary counts these rows

      @core
      Examples: one that every release is tried with
        | what is done                              |
        | killed, and started again 3 seconds later |

      Examples:
        | what is done                                  |
        | terminated, and started again 3 seconds later |
        | frozen for 10 seconds                         |

      @logs_frozen_worker
      Examples: frozen for longer than NATS waits before it hands out again
        | what is done          |
        | frozen for 45 seconds |

    Scenario Outline: After the worker that holds the parent's command was <what is done>
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived the worker that holds the parent's command is <what is done>
      Then after the end of the execution no call starts, no row is stored and no worker execution runs
      And a new execution of the same sizes, requested on the same services, completes with one good answer and one row for each traveler, and its summary counts these rows

      Examples:
        | what is done                                  |
        | killed, and started again 3 seconds later     |
        | terminated, and started again 3 seconds later |

      @logs_frozen_worker
      Examples: frozen for longer than NATS waits before it hands out again
        | what is done          |
        | frozen for 45 seconds |

    Scenario: After every worker was killed
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived every worker is killed, and started again 3 seconds later
      Then after the end of the execution no call starts, no row is stored and no worker execution runs
      And a new execution of the same sizes, requested on the same services, completes with one good answer and one row for each traveler, and its summary counts these rows

    Scenario Outline: After two workers were <what is done>
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived two workers are <what is done>
      Then after the end of the execution no call starts, no row is stored and no worker execution runs
      And a new execution of the same sizes, requested on the same services, completes with one good answer and one row for each traveler, and its summary counts these rows

      Examples:
        | what is done                                   |
        | terminated, and started again 60 seconds later |
        | added                                          |
