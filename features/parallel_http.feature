Feature: Parallel calls to the profile API
  Within a batch the worker asks the profile API about several travelers at the same time, up to a
  limit that stands in the worker playbook. How many really are in flight is seen in the profile
  API's own journal, which has the time of each call's arrival and departure. Answers take a while
  here: where they come at once, calls are over before the next one begins.

  Background:
    Given the traveler playbooks are registered
    And the default credential is registered
    And each answer of the profile API takes 0.3 seconds

  Rule: Calls MUST overlap, and MUST NOT exceed the worker playbook's limit
    @C05 @C37
    Scenario: The limit of the documents
      When 60 travelers are enriched in 1 batch of 60 within 120 seconds
      Then the worker playbook asks for a parallel loop of http calls, at most 25 at once
      And at least 2 and at most 25 calls are in flight at once
      And every step was carried out once, by the worker that claimed it, and every execution ended once
      And the profile API really answered so

    @C05 @C37
    Scenario: A limit of two, which leaves most workers without a call
      Given the worker playbook allows 2 calls in flight
      When 24 travelers are enriched in 1 batch of 24 within 120 seconds
      Then the worker playbook asks for a parallel loop of http calls, at most 2 at once
      And at least 2 and at most 2 calls are in flight at once
      And every traveler in range is requested until it is answered well, and not again

  Rule: More workers MUST mean more calls at once
    @C37
    Scenario: Three workers against the usual number
      When 24 travelers are enriched in 1 batch of 24 within 120 seconds
      Then more calls are in flight at once than with 3 workers
