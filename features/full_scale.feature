Feature: Full-scale run of the traveler batch enrichment
  The run as the documents give it: started by NoETL's command line, nothing named but the address
  of the profile API, so that the playbook's own sizes hold: 2000 travelers, 20 batches of 100.
  The same is validated as for the smoke run. Larger batches, and more of them, follow.

  Background:
    Given the traveler playbooks are registered
    And the default credential is registered
    And the run is started by NoETL's command line

  Rule: A run of the playbook's own sizes MUST store all its travelers
    @C01 @C02 @C28
    Scenario: All 2000 travelers are stored
      When as many travelers as the playbook says itself are enriched within 600 seconds
      Then 2000 travelers are seeded for the run, numbered from 1, each once
      And the traveler ledger is exactly
        | outcome | rows |
        | valid   | 2000 |
        | invalid | 0    |
      And every row has the HTTP status 200, in 20 batches, the last being batch 20
      And every step was carried out by a worker of the sandbox, by more than one in all
      And every step was carried out once, by the worker that claimed it, and every execution ended once
      And the status says completed when the run has ended, and not before

    @C25 @C28
    Scenario: No traveler is missing or requested twice
      When as many travelers as the playbook says itself are enriched within 600 seconds
      Then no traveler in range is missing
      And every traveler in range is requested until it is answered well, and not again
      And no row of another execution is added, changed or removed
      And each valid row stands on exactly one good answer of the profile API
      And neither rows nor calls change in the 2 seconds after the end

    @C03 @C09 @C28
    Scenario: The 20 batches run one after the other
      When as many travelers as the playbook says itself are enriched within 600 seconds
      Then 20 worker executions ran, one for each batch, and the parent has the result of each
      And the event log shows the batches one after the other
      And the profile API's journal shows the batches one after the other
      And each worker execution requested the travelers of its own batch, all of them and no other
      And each row carries the number of the batch that its traveler belongs to
      And the parent waits for the last step of each worker execution

    @C11 @C27 @C28
    Scenario: The summary of the full-scale run
      When as many travelers as the playbook says itself are enriched within 600 seconds
      Then the parent enters the validation of the stored rows exactly once, after the last batch
      And the summary says completed, with 20 rounds and 2000 rows expected and stored
      And the summary's totals are those of the target table

    @C06 @C07 @C28
    Scenario: Each answer comes by an http step and is stored as it came
      When as many travelers as the playbook says itself are enriched within 600 seconds
      Then http steps of the workers make all calls, and nothing else makes any
      And each valid row holds its own traveler's answer
      And every traveler is requested under the very name that was seeded
      And each valid row holds the traveler's name, also trimmed and in upper case

  Rule: A batch of more travelers than the documents' own MUST be stored whole
    @C26 @P1 @P2
    Scenario Outline: 1 batch of <size> travelers
      When <size> travelers are enriched in 1 batch of <size> within 600 seconds
      Then every traveler in range is stored exactly once, valid or invalid with a reason
      And every traveler in range is requested until it is answered well, and not again
      And the summary says completed, with 1 round and <size> rows expected and stored

      Examples:
        | size |
        | 500  |
        | 1001 |

  @scale
  Rule: A larger run MUST store all its travelers as well
    @C03 @C26 @C28
    Scenario: 101 batches, one more than a hundred
      When 101 travelers are enriched in 101 batches of 1 within 900 seconds
      Then every traveler in range is stored exactly once, valid or invalid with a reason
      And 101 worker executions ran, one for each batch, and the parent has the result of each
      And the summary says completed, with 101 rounds and 101 rows expected and stored

    @C26 @C28
    Scenario: 10000 travelers in 100 batches
      When 10000 travelers are enriched in 100 batches of 100 within 1800 seconds
      Then every traveler in range is stored exactly once, valid or invalid with a reason
      And every traveler in range is requested until it is answered well, and not again
      And the summary says completed, with 100 rounds and 10000 rows expected and stored
