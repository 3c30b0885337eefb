@fault @logs_lost_server
Feature: NoETL's server fails in the middle of a batch
  The server is killed, updated and moved while executions go on. It must take them up again when it
  is back, or say that they have failed. Until then it may refuse requests.
  Fault: as soon as the profile API has received the twelfth call, and a call is in flight, the suite
  does to the server what the scenario says. Batch 2 of 3 is at work then. The workers go on.
  Hit and healed: the suite goes on only when it has seen that the service ended or froze, and later
  that it runs and answers again. Where it has not, nothing is judged.
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
  Rule: An execution MUST survive a server that fails, or say what it has lost
    Scenario Outline: The server is <what is done>
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived the server is <what is done>
      Then no traveler has two rows, and no call is made again but for the commands that the fault met
      And within 120 seconds of the healing the execution ends, and its status says so
      And the summary counts exactly the missing travelers, or the execution fails with a reason

      @core @quick
      Examples: one that is quick
        | what is done         |
        | frozen for 5 seconds |

      Examples:
        | what is done                                  |
        | killed, and started again 3 seconds later     |
        | terminated, and started again 3 seconds later |
        | frozen for 45 seconds                         |

  @P11 @P12
  Rule: An execution that met a server that failed MUST be over at its end, and the next one MUST be whole
    Scenario Outline: After the server was <what is done>
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived the server is <what is done>
      Then after its end no call starts, no row is stored and no worker execution runs
      And a new execution of the same sizes, asked for on the same services, completes with a row for every traveler and a summary that agrees

      @core
      Examples: one that is quick
        | what is done         |
        | frozen for 5 seconds |

      Examples:
        | what is done                                  |
        | killed, and started again 3 seconds later     |
        | terminated, and started again 3 seconds later |
        | frozen for 45 seconds                         |
