Feature: Parallel calls to the profile API
  Within a batch the workers call the profile API about several travelers at the same time, up to a
  limit that the worker playbook sets. The profile API's own log has the time at which each call
  arrived and was answered; the peak of calls in flight is the largest number of calls that were
  unanswered at the same moment. Each answer takes a while here: if it came at once, a call would be
  over before the next one begins.
  Request: "When 60 travelers are enriched in 1 batch of 60" makes one request to NoETL: seed 60
  travelers and carry out 1 batch of up to 60.
  Words: the introduction of smoke.feature explains "in range", "requested", "good answer", "in
  flight", "command", "end" and "the documents".
  Patience: "within 120 seconds" is how long the suite waits for the end, not a promise about NoETL.
  Set-up: a step with "confirms" checks what the scenario has arranged, not a promise about NoETL.
  Tags: @C with a number names a claim of docs/contract.md that the scenario proves.

  Background:
    Given the traveler playbooks are registered
    And the playbooks' default credential is registered
    And each answer of the profile API takes 0.3 seconds

  Rule: Calls MUST overlap, but never beyond the worker playbook's limit
    @C05 @C37
    Scenario: Calls overlap within the documents' limit of 25
      When 60 travelers are enriched in 1 batch of 60 within 120 seconds
      Then the worker playbook has a parallel loop of http calls with at most 25 in flight
      And the peak of calls in flight is at least 2 and at most 25
      And each command is claimed once and carried out, no traveler and no batch is handled twice, and each execution ends once
      And the profile API's log confirms these answers

    @C05 @C37
    Scenario: Calls overlap within a limit of 2, although more workers are free
      Given the worker playbook allows at most 2 calls in flight
      When 24 travelers are enriched in 1 batch of 24 within 120 seconds
      Then the worker playbook has a parallel loop of http calls with at most 2 in flight
      And the peak of calls in flight is exactly 2
      And no traveler is requested again after a good answer, and none in range is left unrequested

  Rule: More workers MUST make more calls at the same time
    The sandbox has 5 workers, unless the suite is run with another number. The execution is carried
    out once on these and once, with the same request, on 3 workers.
    @C37
    Scenario: The sandbox's usual workers make more calls at the same time than 3 workers
      When 24 travelers are enriched in 1 batch of 24 within 120 seconds
      Then the peak of calls in flight is higher than with 3 workers
