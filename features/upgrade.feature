@fault
Feature: NoETL is updated in the middle of an execution
  Releases change while executions go on: the server is stopped and started as another release, then one
  worker after the other. Both releases work on the same event log and the same messages then.
  The other release: the one that users update the release under test from, or to. docs/faults.md names
  it; the option other-release chooses another.
  Replaced: the server is asked to end, as an orderly stop does, and the other release is started in its
  place with the same settings. When it answers, the workers follow one by one, 5 seconds apart. 20
  seconds after the last one the release under test is put back: first the workers, in the same way, then
  the server. So one of the two changes is an upgrade, and the other one a downgrade.
  Between two batches: the worker execution of batch 2 has ended. A proxy that stands in each link holds
  the request by which the parent's worker asks whether that execution has ended, until the server has
  ended. So batch 3 has not begun.
  Hit and healed: a fault counts only if the suite has seen that each service runs the other release and
  answers, and later that it runs the release under test again. Otherwise the scenario fails or is not
  judged, as docs/explanation/faults.md says. The healing is the moment at which the server, which is put
  back last, answers.
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
  worker_faults.feature explains "explained". The interrupted commands are those that workers held when
  the first service was replaced, and those that each worker held when it was asked to end, once for the
  replacement and once for the putting back.

  Background:
    Given the traveler playbooks are registered
    And the playbooks' default credential is registered
    And 5 workers that take 1 command at a time
    And a proxy in each link between the services
    And a second release of NoETL
    And each answer of the profile API takes 0.5 seconds

  @P10 @P6 @P9
  Rule: After an upgrade and a downgrade an execution MUST end, repeat nothing without cause, and count the missing travelers or fail with a reason
    @logs_lost_server @logs_new_server
    Scenario: The server and the workers are replaced between two batches, and put back
      When 24 travelers are enriched in 3 batches of 8, and between batch 2 and batch 3 the server and the workers are replaced by another release for 20 seconds
      Then no traveler has two rows, and no more calls are repeated than the interrupted commands explain
      And within 120 seconds of the healing the execution ends, and its status says so
      And the summary counts exactly the missing travelers, or the execution fails with a reason

  @P11 @P12
  Rule: Even after an upgrade and a downgrade NoETL MUST NOT go on with an execution that has ended, and MUST complete a new one
    @logs_lost_server @logs_new_server
    Scenario: After the server and the workers were replaced between two batches, and put back
      When 24 travelers are enriched in 3 batches of 8, and between batch 2 and batch 3 the server and the workers are replaced by another release for 20 seconds
      Then after the end of the execution no call starts, no row is stored and no worker execution runs
      And a new execution of the same sizes, requested on the same services, completes with one good answer and one row for each traveler, and its summary counts these rows
