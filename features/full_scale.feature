@alone
Feature: Full-scale execution
  The execution that the documents give for real use: NoETL's command line starts it and names only
  the profile API's address, so the playbook's default sizes apply. Larger batches, and more batches,
  follow.
  Default number: the documents give it, in the edition that the pair of playbooks follows. With
  NoETL 2.8.5 they had 2000 travelers in 20 batches of 100; in September 2026 they have 120 travelers
  in 4 batches of 30.
  Request: "When 500 travelers are enriched in 1 batch of 500" makes one request to NoETL: seed 500
  travelers and carry out 1 batch of up to 500.
  Words: the introduction of smoke.feature explains "worker", "command", "loop", "status", "batch",
  "in order", "in range", "requested", "good answer", "in flight", "stored", "end", "the documents",
  "logs" and the tags. @alone marks what keeps the processors busy: where several sandboxes run side
  by side on one machine, it runs after them. @scale marks what takes too long for the default test
  run; --tags=@scale selects it.
  Patience: "within 600 seconds" is how long the suite waits for the end. An execution that has not
  ended by then fails the scenario. The figure is the suite's own, not a promise about NoETL.

  Background:
    Given the traveler playbooks are registered
    And the playbooks' default credential is registered
    And the request is made through NoETL's command line

  Rule: An execution of the default sizes MUST store all its travelers as valid
    @C01 @C02 @C28
    Scenario: The execution stores the default number of travelers
      When the playbook's default number of travelers is enriched within 600 seconds
      Then the parent has seeded the default number of travelers, numbered from 1, each once
      And the stored rows, one for each traveler in range, are exactly
        | outcome | rows               |
        | valid   | the default number |
        | invalid | 0                  |
      And every stored row has HTTP status 200
      And the stored rows carry the numbers of exactly the default number of batches, and none beyond
      And the sandbox's workers carried out every step, and at least two of them took part
      And each command is claimed once and carried out, no loop gives out more commands than it has items, no batch has two worker executions, and no execution ends twice
      And the status says neither "completed" nor "failed" before the end of the execution, and "completed" when asked after it

    @C25 @C28
    Scenario: The execution skips no traveler and requests none again after a good answer
      When the playbook's default number of travelers is enriched within 600 seconds
      Then every seeded traveler in range has a row
      And each traveler in range and no other is requested, and again only after its previous call got a bad answer
      And no source or target row of another execution is added, changed or removed
      And each traveler with a valid row has exactly one good answer in the profile API's log, and each traveler with a good answer has a valid row
      And no source or target row is added, changed or removed, and no call is in flight or made, in the 2 seconds after the execution's end

    @C03 @C09 @C28
    Scenario: The parent carries out the default number of batches one after the other
      When the playbook's default number of travelers is enriched within 600 seconds
      Then the event log shows exactly the default number of batches, each with one completed worker execution and one result, and the summary counts as many
      And the event log shows the batches in order, each starting after the previous one ended
      And the profile API's log shows the batches in order, the calls of each after the answers of the previous one
      And each worker execution requests all travelers of its own batch and no others
      And each row carries the number of its traveler's batch
      And each worker execution enters its step end last, the parent playbook waits for that step, and the parent ends after every worker execution

    @C11 @C27 @C28
    Scenario: The summary counts the default numbers of rows and batches
      When the playbook's default number of travelers is enriched within 600 seconds
      Then the parent starts to validate the stored rows exactly once, after the last batch has ended
      And the summary says "completed", with the default number of batches, the default number of rows expected, all of them stored and none missing
      And the summary expects a row for each traveler in range, counts the rows of the target table as stored, and the travelers in range without a row as missing

    @C06 @C07 @C28
    Scenario: Each answer comes through an http step and is stored unchanged
      When the playbook's default number of travelers is enriched within 600 seconds
      Then http steps of the worker executions make every call to the profile API, and no Python step has code that could make one
      And each valid row holds the profile API's answer about its own traveler
      And every call carries its traveler's name exactly as seeded
      And each valid row holds its traveler's name as seeded, and once more in upper case without spaces at both ends

  Rule: All travelers of a batch larger than the documents' MUST be stored as valid
    @C26 @P1 @P2
    Scenario Outline: A worker execution stores a batch of <size> travelers
      When <size> travelers are enriched in 1 batch of <size> within 600 seconds
      Then the stored rows, one for each traveler in range, are exactly
        | outcome | rows   |
        | valid   | <size> |
        | invalid | 0      |
      And each traveler in range and no other is requested, and again only after its previous call got a bad answer
      And the summary says "completed", with 1 batch, <size> rows expected, all of them stored and none missing

      Examples:
        | size |
        | 500  |
        | 1001 |

  @scale
  Rule: An execution with more travelers or more batches than the documents' MUST store all its travelers as valid
    @C03 @C26 @C28
    Scenario: The execution stores 101 batches of one traveler
      When 101 travelers are enriched in 101 batches of 1 within 900 seconds
      Then the stored rows, one for each traveler in range, are exactly
        | outcome | rows |
        | valid   | 101  |
        | invalid | 0    |
      And the event log shows exactly 101 batches, each with one completed worker execution and one result, and the summary counts as many
      And the summary says "completed", with 101 batches, 101 rows expected, all of them stored and none missing

    @C26 @C28
    Scenario: The execution stores 10000 travelers in 100 batches
      When 10000 travelers are enriched in 100 batches of 100 within 1800 seconds
      Then the stored rows, one for each traveler in range, are exactly
        | outcome | rows  |
        | valid   | 10000 |
        | invalid | 0     |
      And each traveler in range and no other is requested, and again only after its previous call got a bad answer
      And the summary says "completed", with 100 batches, 10000 rows expected, all of them stored and none missing
