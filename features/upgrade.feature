@fault
Feature: NoETL is updated in the middle of an execution
  Releases change while executions go on: the server is stopped and started as another release, then
  one worker after the other. Both releases work on the same event log and the same messages then.
  The release beside: the one that users update the release under test from, or to. docs/faults.md says
  which one it is. The option other-release names another one.
  Replaced: each service is asked to end, as an orderly stop does, and the other release is started in
  its place, with the same settings; the next one follows when it answers. At the end each is put back
  in the same way. So the first part is an update back or on, and the second one is its opposite.
  Between two batches: the worker execution of batch 2 has ended, and a proxy that stands in each link
  holds the question of the worker that waits for it. Batch 3 has not begun.
  Hit and healed: the suite goes on only when it has seen that each service runs the other release and
  answers, and later that it runs the release under test again. Else nothing is judged.
  End: "within 120 seconds of the healing" is the suite's own figure, not a promise about NoETL. The
  suite stops waiting earlier where for 35 seconds no event but a heartbeat was written, no call
  arrived, and NATS handed out no message and had none to hand out: then the execution hangs.
  Words: the introduction of smoke.feature explains "worker", "command", "batch", "in flight",
  "stored", "status", "end", "summary", "set-up", "logs" and the tags; that of worker_faults.feature
  explains "explained".

  Background:
    Given the traveler playbooks are registered
    And the playbooks' default credential is registered
    And 5 workers that take 1 command at a time
    And a proxy in each link between the services
    And a release of NoETL beside the one under test
    And each answer of the profile API takes 0.5 seconds

  @P10 @P6 @P9
  Rule: An execution MUST survive an update, or say what it has lost
    @logs_lost_server
    Scenario: The server and the workers are replaced between two batches, and put back
      When 24 travelers are enriched in 3 batches of 8, and between batch 2 and batch 3 the server and the workers are replaced by another release for 20 seconds
      Then no traveler has two rows, and no call is made again but for the commands that the fault met
      And within 120 seconds of the healing the execution ends, and its status says so
      And the summary counts exactly the missing travelers, or the execution fails with a reason

  @P11 @P12
  Rule: An execution that met an update MUST be over at its end, and the next one MUST be whole
    @logs_lost_server
    Scenario: After the server and the workers were replaced between two batches, and put back
      When 24 travelers are enriched in 3 batches of 8, and between batch 2 and batch 3 the server and the workers are replaced by another release for 20 seconds
      Then after its end no call starts, no row is stored and no worker execution runs
      And a new execution of the same sizes, asked for on the same services, completes with a row for every traveler and a summary that agrees
