Feature: The order of batches
  The parent execution carries out the batches one after the other: a batch starts only after the
  previous one has ended. This also holds when a batch is slow, has no travelers, or loses some.
  NoETL's event log proves it; where answers are slow, the profile API's own log of calls does too.
  Request: "When 12 travelers are enriched in 3 batches of 4" makes one request to NoETL: seed 12
  travelers and carry out 3 batches of up to 4.
  Batch: batch 1 holds travelers 1 to 4, batch 2 holds 5 to 8, and so on.
  Words: the introduction of smoke.feature explains "batch", "in order", "answers", "confirms these
  answers", "command", "loop", "lost", "end", "set-up", "logs" and the tags.
  Patience: "within 120 seconds" is how long the suite waits for the end. An execution that has not
  ended by then fails the scenario. The figure is the suite's own, not a promise about NoETL.

  Background:
    Given the traveler playbooks are registered
    And the playbooks' default credential is registered

  Rule: A batch MUST start only after the previous batch has ended
    @C08 @C09
    Scenario: The batches keep their order when the first one is slow
      Given the profile API takes 2 seconds to answer when asked about travelers 1, 2, 3 and 4
      When 12 travelers are enriched in 3 batches of 4 within 120 seconds
      Then the profile API's log confirms these answers
      And the event log shows the batches in order, each starting after the previous one ended
      And the profile API's log shows the batches in order, the calls of each after the answers of the previous one
      And each worker execution enters its step end last, the parent playbook waits for that step, and the parent ends after every worker execution

    @C08 @C09 @C10
    Scenario Outline: The batches keep their order when the profile API <answer>
      Given the profile API <answer> when asked about traveler 2
      When 12 travelers are enriched in 3 batches of 4 within 180 seconds
      Then the profile API's log confirms these answers
      And the event log shows the batches in order, each starting after the previous one ended
      And each row carries the number of its traveler's batch

      Examples:
        | answer                       |
        | answers with HTTP status 500 |

      @logs_late_answer
      Examples:
        | answer        |
        | never answers |

    @C03 @C09 @C10
    Scenario: The batches keep their order when the last ones are empty
      When 7 travelers are enriched in 5 batches of 3 within 120 seconds
      Then the event log shows exactly 5 batches, each with one completed worker execution and one result, and the summary counts as many
      And each command is claimed once and carried out, no loop gives out more commands than it has items, no batch has two worker executions, and no execution ends twice
      And the event log shows the batches in order, each starting after the previous one ended
      And each row carries the number of its traveler's batch

    @C03 @C08 @C11
    Scenario: The parent continues exactly once, after the last of 21 batches
      When 21 travelers are enriched in 21 batches of 1 within 240 seconds
      Then the event log shows the batches in order, each starting after the previous one ended
      And the parent starts to validate the stored rows exactly once, after the last batch has ended
      And the event log shows exactly 21 batches, each with one completed worker execution and one result, and the summary counts as many
      And each command is claimed once and carried out, no loop gives out more commands than it has items, no batch has two worker executions, and no execution ends twice
