Feature: The order of batches
  The parent execution carries out the batches one after the other: a batch starts only after the
  previous one has ended. This also holds when a batch is slow, has no travelers, or loses some. Two
  independent sources prove it: NoETL's event log and the profile API's own log of calls.
  Request: "When 12 travelers are enriched in 3 batches of 4" makes one request to NoETL: seed 12
  travelers and carry out 3 batches of up to 4.
  Batch: batch 1 holds travelers 1 to 4, batch 2 holds 5 to 8, and so on. One worker execution
  carries out each batch; the batch ends with that execution.
  Words: the introduction of smoke.feature explains "answers", "command" and "end".
  Patience: "within 120 seconds" is how long the suite waits for the end, not a promise about NoETL.
  Set-up: a step with "confirms" checks what the scenario has arranged, not a promise about NoETL.
  Tags: @C or @P with a number names a claim of docs/contract.md that the scenario proves. A tag
  that begins with @logs_ allows the traceback in NoETL's logs that features/expected_logs.yaml
  describes; any other traceback fails the scenario.

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
      And the parent waits until each worker execution has carried out its last step

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
      Then the parent and its summary count exactly 5 batches, with one completed worker execution and one result per batch
      And each command is claimed once and carried out, no traveler and no batch is handled twice, and each execution ends once
      And the event log shows the batches in order, each starting after the previous one ended
      And each row carries the number of its traveler's batch

    @C03 @C08 @C11
    Scenario: The parent continues once, after the last of 21 batches
      When 21 travelers are enriched in 21 batches of 1 within 240 seconds
      Then the event log shows the batches in order, each starting after the previous one ended
      And the parent starts to validate the stored rows exactly once, after the last batch has ended
      And the parent and its summary count exactly 21 batches, with one completed worker execution and one result per batch
      And each command is claimed once and carried out, no traveler and no batch is handled twice, and each execution ends once
