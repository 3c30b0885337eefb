Feature: Full-scale execution
  The execution that the documents give for real use: NoETL's command line starts it and names only
  the profile API's address, so the playbook's default sizes hold, 2000 travelers in 20 batches of
  100. It is judged like the smoke test. Larger batches, and more batches, follow.
  Request: "When 500 travelers are enriched in 1 batch of 500" makes one request to NoETL: seed 500
  travelers and carry out 1 batch of up to 500.
  Words: the introduction of smoke.feature explains "in range", "requested", "good answer",
  "command", "end" and "the documents".
  Patience: "within 600 seconds" is how long the suite waits for the end, not a promise about NoETL.
  Tags: @C or @P with a number names a claim of docs/contract.md that the scenario proves. @scale
  marks what takes too long for the default test run; --tags=@scale selects it.

  Background:
    Given the traveler playbooks are registered
    And the playbooks' default credential is registered
    And the request is made through NoETL's command line

  Rule: An execution of the default sizes MUST store all its travelers
    @C01 @C02 @C28
    Scenario: The execution stores all 2000 travelers
      When the playbook's default number of travelers is enriched within 600 seconds
      Then the parent has seeded 2000 travelers, numbered from 1, each once
      And the stored rows are exactly
        | outcome | rows |
        | valid   | 2000 |
        | invalid | 0    |
      And every stored row has HTTP status 200
      And the stored rows carry exactly 20 different batch numbers, the highest of them 20
      And the sandbox's workers carried out every step, and at least two of them took part
      And each command is claimed once and carried out, no traveler and no batch is handled twice, and each execution ends once
      And the status says "completed" after the end of the execution, and not before

    @C25 @C28
    Scenario: The execution neither misses nor repeats a traveler
      When the playbook's default number of travelers is enriched within 600 seconds
      Then every seeded traveler in range has a row
      And no traveler is requested again after a good answer, and none in range is left unrequested
      And no row of another execution is added, changed or removed
      And each valid row matches exactly one good answer in the profile API's log, and each good answer matches a valid row
      And no row is added, changed or removed, and no call is open or made, in the 2 seconds after the execution's end

    @C03 @C09 @C28
    Scenario: The parent carries out 20 batches one after the other
      When the playbook's default number of travelers is enriched within 600 seconds
      Then the parent and its summary count exactly 20 batches, with one completed worker execution and one result per batch
      And the event log shows the batches in order, each starting after the previous one ended
      And the profile API's log shows the batches in order, the calls of each after the answers of the previous one
      And each worker execution requests all travelers of its own batch and no others
      And each row carries the number of its traveler's batch
      And the parent waits until each worker execution has carried out its last step

    @C11 @C27 @C28
    Scenario: The summary counts 2000 rows in 20 batches
      When the playbook's default number of travelers is enriched within 600 seconds
      Then the parent starts to validate the stored rows exactly once, after the last batch has ended
      And the summary says "completed", with 20 batches, 2000 rows expected, as many stored and none missing
      And the summary's expected, stored and missing rows match the target table

    @C06 @C07 @C28
    Scenario: Each answer comes through an http step and is stored unchanged
      When the playbook's default number of travelers is enriched within 600 seconds
      Then http steps of the worker executions make every call, and no other step makes one
      And each valid row holds the profile API's answer about its own traveler
      And every call carries its traveler's name exactly as seeded
      And each valid row holds its traveler's name as seeded, and once more trimmed and in upper case

  Rule: A batch larger than the documents' MUST be stored completely
    @C26 @P1 @P2
    Scenario Outline: The worker stores a batch of <size> travelers
      When <size> travelers are enriched in 1 batch of <size> within 600 seconds
      Then each traveler in range has exactly one row, valid or invalid with a reason, and no other traveler has a row
      And no traveler is requested again after a good answer, and none in range is left unrequested
      And the summary says "completed", with 1 batch, <size> rows expected, as many stored and none missing

      Examples:
        | size |
        | 500  |
        | 1001 |

  @scale
  Rule: An execution larger than the documents' MUST store all its travelers
    @C03 @C26 @C28
    Scenario: The execution stores 101 batches of one traveler
      When 101 travelers are enriched in 101 batches of 1 within 900 seconds
      Then each traveler in range has exactly one row, valid or invalid with a reason, and no other traveler has a row
      And the parent and its summary count exactly 101 batches, with one completed worker execution and one result per batch
      And the summary says "completed", with 101 batches, 101 rows expected, as many stored and none missing

    @C26 @C28
    Scenario: The execution stores 10000 travelers in 100 batches
      When 10000 travelers are enriched in 100 batches of 100 within 1800 seconds
      Then each traveler in range has exactly one row, valid or invalid with a reason, and no other traveler has a row
      And no traveler is requested again after a good answer, and none in range is left unrequested
      And the summary says "completed", with 100 batches, 10000 rows expected, as many stored and none missing
