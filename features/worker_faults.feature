@fault
Feature: A worker fails in the middle of a batch
  Workers are killed, stopped and moved while they work. NoETL must carry on without them: the batch
  goes on with the workers that are left, or with those that come back.
  Fault: as soon as the profile API has received the twelfth call, and a call is in flight, the suite
  does to one of the workers what the scenario says, or to several. Batch 2 of 3 is at work then.
  Killed: ended at once (SIGKILL). Terminated: asked to end, as an orderly stop does (SIGTERM).
  Frozen: stopped without noticing it (SIGSTOP), and let go on later.
  Two workers: two that hold no command of the parent's, those first that hold another one. A minute
  without them is longer than the rest of the execution takes with five workers.
  Added: two more workers are started beside the five, and stay.
  Hit and healed: the suite goes on only when it has seen that the service ended or froze, and later
  that it runs again; of workers that were added, that they run. Where it has not, nothing is judged.
  Explained: a command that a worker held when it was hit may be carried out again; so each of them
  explains one call more. Where the worker held the command by which the parent waits for a worker
  execution, the whole batch may be carried out again.
  End: "within 120 seconds of the healing" is the suite's own figure, not a promise about NoETL. The
  suite stops waiting earlier where for 35 seconds no event but a heartbeat was written, no call
  arrived, and NATS handed out no message and had none to hand out: then the execution hangs.
  Words: the introduction of smoke.feature explains "worker", "command", "batch", "in flight",
  "stored", "status", "end", "summary", "set-up", "logs" and the tags.

  Background:
    Given the traveler playbooks are registered
    And the playbooks' default credential is registered
    And 5 workers that take 1 command at a time
    And each answer of the profile API takes 0.5 seconds

  @P10 @P6 @P9
  Rule: An execution MUST survive a worker that fails, or say what it has lost
    Scenario Outline: A worker that calls the profile API is <what is done>
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived a worker that calls the profile API is <what is done>
      Then no traveler has two rows, and no call is made again but for the commands that the fault met
      And within 120 seconds of the healing the execution ends, and its status says so
      And the summary counts exactly the missing travelers, or the execution fails with a reason

      @core @quick
      Examples: one that is quick
        | what is done                                  |
        | terminated, and started again 3 seconds later |

      Examples:
        | what is done                              |
        | killed, and started again 3 seconds later |
        | frozen for 10 seconds                     |

      @logs_frozen_worker
      Examples: frozen for longer than it waits for answers
        | what is done          |
        | frozen for 45 seconds |

    Scenario: A worker that calls the profile API is killed, and a hang is waited out
      Given an execution that hangs is waited for to the end of the 120 seconds
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived a worker that calls the profile API is killed, and started again 3 seconds later
      Then no traveler has two rows, and no call is made again but for the commands that the fault met
      And within 120 seconds of the healing the execution ends, and its status says so
      And the summary counts exactly the missing travelers, or the execution fails with a reason

    Scenario Outline: The worker that holds the parent's command is <what is done>
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived the worker that holds the parent's command is <what is done>
      Then no traveler has two rows, and no call is made again but for the commands that the fault met
      And within 120 seconds of the healing the execution ends, and its status says so
      And the summary counts exactly the missing travelers, or the execution fails with a reason

      Examples:
        | what is done                                  |
        | killed, and started again 3 seconds later     |
        | terminated, and started again 3 seconds later |

      @logs_frozen_worker
      Examples: frozen for longer than it waits for answers
        | what is done          |
        | frozen for 45 seconds |

    Scenario: Every worker is killed
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived every worker is killed, and started again 3 seconds later
      Then no traveler has two rows, and no call is made again but for the commands that the fault met
      And within 120 seconds of the healing the execution ends, and its status says so
      And the summary counts exactly the missing travelers, or the execution fails with a reason

    Scenario Outline: Two workers are <what is done>
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived two workers are <what is done>
      Then no traveler has two rows, and no call is made again but for the commands that the fault met
      And within 120 seconds of the healing the execution ends, and its status says so
      And the summary counts exactly the missing travelers, or the execution fails with a reason

      Examples:
        | what is done                                   |
        | terminated, and started again 60 seconds later |
        | added                                          |

  @P11 @P12
  Rule: An execution that met a worker that failed MUST be over at its end, and the next one MUST be whole
    Scenario Outline: After a worker that calls the profile API was <what is done>
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived a worker that calls the profile API is <what is done>
      Then after its end no call starts, no row is stored and no worker execution runs
      And a new execution of the same sizes, asked for on the same services, completes with a row for every traveler and a summary that agrees

      @core
      Examples: one that is quick
        | what is done                                  |
        | terminated, and started again 3 seconds later |

      Examples:
        | what is done                              |
        | killed, and started again 3 seconds later |
        | frozen for 10 seconds                     |

      @logs_frozen_worker
      Examples: frozen for longer than it waits for answers
        | what is done          |
        | frozen for 45 seconds |

    Scenario Outline: After the worker that holds the parent's command was <what is done>
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived the worker that holds the parent's command is <what is done>
      Then after its end no call starts, no row is stored and no worker execution runs
      And a new execution of the same sizes, asked for on the same services, completes with a row for every traveler and a summary that agrees

      Examples:
        | what is done                                  |
        | killed, and started again 3 seconds later     |
        | terminated, and started again 3 seconds later |

      @logs_frozen_worker
      Examples: frozen for longer than it waits for answers
        | what is done          |
        | frozen for 45 seconds |

    Scenario: After every worker was killed
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived every worker is killed, and started again 3 seconds later
      Then after its end no call starts, no row is stored and no worker execution runs
      And a new execution of the same sizes, asked for on the same services, completes with a row for every traveler and a summary that agrees

    Scenario Outline: After two workers were <what is done>
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived two workers are <what is done>
      Then after its end no call starts, no row is stored and no worker execution runs
      And a new execution of the same sizes, asked for on the same services, completes with a row for every traveler and a summary that agrees

      Examples:
        | what is done                                   |
        | terminated, and started again 60 seconds later |
        | added                                          |
