Feature: The strict order of batches
  The batches of a run are worked on one after the other: the next one starts only when the one
  before has ended. That must hold as well where a batch is slow, empty, or has lost travelers. It
  is proven twice: by the engine's event log, and by the profile API's own journal of calls.

  Background:
    Given the traveler playbooks are registered
    And the default credential is registered

  Rule: A batch MUST start only after the one before has ended
    @C08 @C09
    Scenario: The first batch is much slower than the others
      Given the profile API answers about traveler 1, 2, 3 and 4 after 2 seconds
      When 12 travelers are enriched in 3 batches of 4 within 120 seconds
      Then the profile API really answered so
      And the event log shows the batches one after the other
      And the profile API's journal shows the batches one after the other
      And the parent waits for the last step of each worker execution

    @C08 @C09 @C10
    Scenario Outline: The first batch loses travelers: the profile API answers <fault>
      Given the profile API answers about traveler 2 <fault>
      When 12 travelers are enriched in 3 batches of 4 within 180 seconds
      Then the profile API really answered so
      And the event log shows the batches one after the other
      And each row carries the number of the batch that its traveler belongs to

      Examples:
        | fault              |
        | with the error 500 |

      @logs_late_answer
      Examples:
        | fault |
        | never |

    @C03 @C09 @C10
    Scenario: Batches without travelers come after those with travelers
      When 7 travelers are enriched in 5 batches of 3 within 120 seconds
      Then 5 worker executions ran, one for each batch, and the parent has the result of each
      And every step was carried out once, by the worker that claimed it, and every execution ended once
      And the event log shows the batches one after the other
      And each row carries the number of the batch that its traveler belongs to

    @C03 @C08 @C11
    Scenario: The parent goes on once, after the last of many batches
      When 21 travelers are enriched in 21 batches of 1 within 240 seconds
      Then the event log shows the batches one after the other
      And the parent enters the validation of the stored rows exactly once, after the last batch
      And 21 worker executions ran, one for each batch, and the parent has the result of each
      And every step was carried out once, by the worker that claimed it, and every execution ended once
