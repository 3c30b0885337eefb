@fault @logs_lost_broker
Feature: The message broker fails in the middle of a batch
  NoETL hands commands to its workers through NATS. NATS is restarted like any other service. Afterwards
  the execution must complete, with the missing travelers counted, or fail with a reason.
  Fault: as soon as the profile API has received the twelfth call, and a call is in flight, the suite does
  to NATS what the scenario says. From that call on the profile API holds every answer until the suite has
  done so: batch 2 of 3 is at work.
  Deleted: the suite tells NATS to delete the stream of NoETL's commands with its content, or the
  consumer that records which of them the workers have received. The suite does not make it again; only
  NoETL can, and a new execution must complete all the same.
  Hit and healed: a fault counts only if the suite has seen that NATS ended or froze, and later that it
  runs and answers again. A deletion counts if NATS no longer has what was deleted, and that moment is the
  healing. Otherwise the scenario fails or is not judged, as docs/explanation/faults.md says. The healing
  of any other fault is the moment at which the suite starts or resumes NATS.
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
  Rule: After a fault of the message broker an execution MUST end, repeat nothing without cause, and count the missing travelers or fail with a reason
    Scenario Outline: NATS is <what is done>
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived NATS is <what is done>
      Then no traveler has two rows, and no more calls are repeated than the interrupted commands explain
      And within 120 seconds of the healing the execution ends, and its status says so
      And the summary counts exactly the missing travelers, or the execution fails with a reason

      Examples:
        | what is done                                  |
        | killed, and started again 3 seconds later     |
        | terminated, and started again 3 seconds later |
        | frozen for 10 seconds                         |
        | frozen for 45 seconds                         |

    Scenario: NATS is killed, and a hang is waited out
      Given the suite waits the full 120 seconds even if the execution hangs
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived NATS is killed, and started again 3 seconds later
      Then no traveler has two rows, and no more calls are repeated than the interrupted commands explain
      And within 120 seconds of the healing the execution ends, and its status says so
      And the summary counts exactly the missing travelers, or the execution fails with a reason

    Scenario Outline: <what> is deleted
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived <what> is deleted
      Then no traveler has two rows, and no more calls are repeated than the interrupted commands explain
      And within 120 seconds of the healing the execution ends, and its status says so
      And the summary counts exactly the missing travelers, or the execution fails with a reason

      Examples:
        | what            |
        | NATS's consumer |
        | NATS's stream   |

  @P11 @P12
  Rule: Even after a fault of the message broker NoETL MUST NOT go on with an execution that has ended, and MUST complete a new one
    Scenario Outline: After NATS was <what is done>
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived NATS is <what is done>
      Then after the end of the execution no call starts, no row is stored and no worker execution runs
      And a new execution of the same sizes, requested on the same services, completes with one good answer and one row for each traveler, and its summary counts these rows

      Examples:
        | what is done                                  |
        | killed, and started again 3 seconds later     |
        | terminated, and started again 3 seconds later |
        | frozen for 10 seconds                         |
        | frozen for 45 seconds                         |

    Scenario Outline: After <what> was deleted
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived <what> is deleted
      Then after the end of the execution no call starts, no row is stored and no worker execution runs
      And a new execution of the same sizes, requested on the same services, completes with one good answer and one row for each traveler, and its summary counts these rows

      Examples:
        | what            |
        | NATS's consumer |
        | NATS's stream   |
