Feature: More executions at once than there are workers
  Users start executions whenever they need them, without first counting NoETL's workers. Executions
  for which no worker is free may wait. But all of them end, and each of them is whole.
  Request: "5 executions, each of 8 travelers in 2 batches of 4" makes five requests at the same time:
  seed 8 travelers and carry out 2 batches of up to 4.
  Workers: the scenarios have a sandbox of their own, with 3 workers that take one command at a time.
  A parent has a command of its own that waits for the end of a worker execution, and a worker holds
  it meanwhile.
  Patience: before the five, the suite carries out one execution of the same kind alone. "Within 2 times
  as long as they take one after the other" is twice as long as that one took, times five. Carrying them
  out one after the other meets that. The factor of 2 is the suite's own. The suite stops waiting earlier
  where no event but a heartbeat has been written for 40 seconds, and every worker holds the command of a
  parent whose worker execution has a command that no worker has taken: then the executions wait for each
  other. An execution that has not ended by then fails the scenario.
  Words: the introduction of smoke.feature explains "worker", "command", "batch", "stored", "end",
  "summary", "set-up", "logs" and the tags.

  Background:
    Given the traveler playbooks are registered
    And the playbooks' default credential is registered

  Rule: Even if there are more executions at once than workers, all of them MUST complete
    Each answer takes a second, so that an execution is still at work when the next ones begin.
    @P13
    Scenario: Two executions more than there are workers all end
      Given 3 workers that take 1 command at a time
      And each answer of the profile API takes 1.0 seconds
      When 5 executions, each of 8 travelers in 2 batches of 4, are carried out side by side, within 2 times as long as they take one after the other
      Then all of them end, each completed, with a row for every traveler and a summary that agrees
