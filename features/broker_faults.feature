@fault @logs_lost_broker
Feature: The message broker fails in the middle of a batch
  NoETL hands commands to its workers through NATS. NATS is restarted like any other service, and
  what it had to hand out must not be lost with it.
  Fault: as soon as the profile API has received the twelfth call, and a call is in flight, the suite
  does to NATS what the scenario says. Batch 2 of 3 is at work then.
  Deleted: NATS is told to delete the stream of NoETL's commands with what is in it, or the consumer
  that knows which of them the workers have had. Nobody makes them again but NoETL itself.
  Hit and healed: the suite goes on only when it has seen that the service ended or froze, and later
  that it runs and answers again, or that NATS does not have any more what was deleted. Where it has
  not, nothing is judged.
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
  Rule: An execution MUST survive a broker that fails, or say what it has lost
    Scenario Outline: NATS is <what is done>
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived NATS is <what is done>
      Then no traveler has two rows, and no call is made again but for the commands that the fault met
      And within 120 seconds of the healing the execution ends, and its status says so
      And the summary counts exactly the missing travelers, or the execution fails with a reason

      Examples:
        | what is done                                  |
        | killed, and started again 3 seconds later     |
        | terminated, and started again 3 seconds later |
        | frozen for 10 seconds                         |
        | frozen for 45 seconds                         |

    Scenario: NATS is killed, and a hang is waited out
      Given an execution that hangs is waited for to the end of the 120 seconds
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived NATS is killed, and started again 3 seconds later
      Then no traveler has two rows, and no call is made again but for the commands that the fault met
      And within 120 seconds of the healing the execution ends, and its status says so
      And the summary counts exactly the missing travelers, or the execution fails with a reason

    Scenario Outline: <what> is deleted
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived <what> is deleted
      Then no traveler has two rows, and no call is made again but for the commands that the fault met
      And within 120 seconds of the healing the execution ends, and its status says so
      And the summary counts exactly the missing travelers, or the execution fails with a reason

      Examples:
        | what            |
        | NATS's consumer |
        | NATS's stream   |

  @P11 @P12
  Rule: An execution that met a broker that failed MUST be over at its end, and the next one MUST be whole
    Scenario Outline: After NATS was <what is done>
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived NATS is <what is done>
      Then after its end no call starts, no row is stored and no worker execution runs
      And a new execution of the same sizes, asked for on the same services, completes with a row for every traveler and a summary that agrees

      Examples:
        | what is done                                  |
        | killed, and started again 3 seconds later     |
        | terminated, and started again 3 seconds later |
        | frozen for 10 seconds                         |
        | frozen for 45 seconds                         |

    Scenario Outline: After <what> was deleted
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived <what> is deleted
      Then after its end no call starts, no row is stored and no worker execution runs
      And a new execution of the same sizes, asked for on the same services, completes with a row for every traveler and a summary that agrees

      Examples:
        | what            |
        | NATS's consumer |
        | NATS's stream   |
