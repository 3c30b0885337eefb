Feature: Executions side by side
  Several executions of the same playbooks may go on at the same time, with the same travelers'
  numbers and the same batches. Each must do its own work, all of it, and leave the rows of the
  others alone.

  Background:
    Given the traveler playbooks are registered
    And the default credential is registered

  Rule: Executions that go on side by side MUST NOT disturb each other
    @C42 @P1
    Scenario: Two executions of the same sizes each store all their travelers
      When 2 runs of 40 travelers in 2 batches of 20 go on side by side, each within 180 seconds
      Then 40 travelers are seeded for the run, numbered from 1, each once
      And every traveler in range is stored exactly once, valid or invalid with a reason
      And each valid row holds its own traveler's answer
      And no row of another execution is added, changed or removed

    @C42 @P2
    Scenario: Two executions of the same sizes each request their travelers once
      When 2 runs of 40 travelers in 2 batches of 20 go on side by side, each within 180 seconds
      Then every traveler in range is requested until it is answered well, and not again
      And each valid row stands on exactly one good answer of the profile API
      And every step was carried out once, by the worker that claimed it, and every execution ended once
      And the runs really went on at the same time

    @C42 @P1
    Scenario: Two executions make the tables of an empty database at the same moment
      Given the run names a credential that is for an empty database
      And the executions make the tables of that database at the same moment
      When 2 runs of 8 travelers in 2 batches of 4 go on side by side, each within 180 seconds
      Then 8 travelers are seeded for the run, numbered from 1, each once
      And every traveler in range is stored exactly once, valid or invalid with a reason
      And the summary says completed, with 2 rounds and 8 rows expected and stored

    @C09 @C27 @C42
    Scenario: Each of two executions keeps its own order and sums up its own rows
      When 2 runs of 40 travelers in 2 batches of 20 go on side by side, each within 180 seconds
      Then the event log shows the batches one after the other
      And the summary says completed, with 2 rounds and 40 rows expected and stored

    @C42 @P1 @P2
    Scenario: Two executions of different sizes each keep to their own sizes
      When runs of 40 travelers in 2 batches of 20, and of 30 in 3 of 10, go on side by side, each within 180 seconds
      Then every traveler in range is stored exactly once, valid or invalid with a reason
      And each row carries the number of the batch that its traveler belongs to
      And each worker execution requested the travelers of its own batch, all of them and no other
      And every traveler in range is requested until it is answered well, and not again
      And the summary's totals are those of the target table
      And the runs really went on at the same time
