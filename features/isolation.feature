Feature: Executions side by side
  NoETL may carry out several executions of the same playbooks at the same time, with the same
  numbers of travelers and batches. Each execution must do all of its own work and leave the rows of
  the others alone.
  Request: "2 executions, each of 40 travelers in 2 batches of 20" makes two requests at the same
  time: seed 40 travelers and carry out 2 batches of up to 20. Each step after "Then" holds for each
  of the two executions, unless it names both.
  Side by side: the step with "confirms" needs NoETL, which has to start the batches of both
  executions before one of them ends. Where it does not, the scenario fails all the same.
  Words: the introduction of smoke.feature explains "command", "loop", "batch", "in order", "in
  range", "requested", "good answer", "stored", "end", "set-up", "logs" and the tags.
  Patience: "within 180 seconds" is how long the suite waits for the end. An execution that has not
  ended by then fails the scenario. The figure is the suite's own, not a promise about NoETL.

  Background:
    Given the traveler playbooks are registered
    And the playbooks' default credential is registered

  Rule: Executions side by side MUST NOT disturb each other
    @C42 @P1
    Scenario: Two executions of the same sizes each store all their travelers
      When 2 executions, each of 40 travelers in 2 batches of 20, are carried out side by side, each within 180 seconds
      Then the parent has seeded 40 travelers, numbered from 1, each once
      And each traveler in range has exactly one row, valid or invalid with a reason, and no other traveler has a row
      And each valid row holds the profile API's answer about its own traveler
      And no source or target row of a third execution is added, changed or removed

    @C42 @P2
    Scenario: Two executions of the same sizes request no traveler again after a good answer
      When 2 executions, each of 40 travelers in 2 batches of 20, are carried out side by side, each within 180 seconds
      Then each traveler in range and no other is requested, and again only after its previous call got a bad answer
      And each traveler with a valid row has exactly one good answer in the profile API's log, and each traveler with a good answer has a valid row
      And each command is claimed once and carried out, no loop gives out more commands than it has items, no batch has two worker executions, and no execution ends twice
      And the event log confirms that both executions had started their batches before either of them ended

    @C42 @P1
    Scenario: Two executions create the tables of an empty database at the same moment
      Given the request names a credential for an empty database
      And the executions create their tables in that database at the same moment
      When 2 executions, each of 8 travelers in 2 batches of 4, are carried out side by side, each within 180 seconds
      Then the parent has seeded 8 travelers, numbered from 1, each once
      And each traveler in range has exactly one row, valid or invalid with a reason, and no other traveler has a row
      And the summary says "completed", with 2 batches, 8 rows expected, all of them stored and none missing

    @C09 @C27 @C42
    Scenario: Two executions each keep their batch order and count their own rows
      When 2 executions, each of 40 travelers in 2 batches of 20, are carried out side by side, each within 180 seconds
      Then the event log shows the batches in order, each starting after the previous one ended
      And the summary says "completed", with 2 batches, 40 rows expected, all of them stored and none missing

    @C42 @P1 @P2
    Scenario: Two executions of different sizes each keep their own sizes
      When an execution of 40 travelers in 2 batches of 20 and one of 30 travelers in 3 batches of 10 are carried out side by side, each within 180 seconds
      Then each traveler in range has exactly one row, valid or invalid with a reason, and no other traveler has a row
      And each row carries the number of its traveler's batch
      And each worker execution requests all travelers of its own batch and no others
      And each traveler in range and no other is requested, and again only after its previous call got a bad answer
      And the summary expects a row for each traveler in range, counts the rows of the target table as stored, and the travelers in range without a row as missing
      And the event log confirms that both executions had started their batches before either of them ended
