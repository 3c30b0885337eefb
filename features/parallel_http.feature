Feature: Parallel calls to the profile API
  Within a batch the workers call the profile API about several travelers at the same time, up to a
  limit that the worker playbook sets. The profile API's own log has the time at which each call
  arrived and was answered. Each answer takes a while here: if it came at once, a call would be over
  before the next one begins.
  Limit: a worker takes one command at a time, so 5 workers never have more than 5 calls in flight.
  The limit of 25 is therefore judged by the playbook's text, the limit of 2 by the calls as well.
  Request: "When 60 travelers are enriched in 1 batch of 60" makes one request to NoETL: seed 60
  travelers and carry out 1 batch of up to 60.
  Words: the introduction of smoke.feature explains "worker", "command", "loop", "in range",
  "requested", "good answer", "confirms these answers", "in flight", "end", "the documents",
  "set-up", "logs" and the tags.
  Patience: "within 120 seconds" is how long the suite waits for the end. An execution that has not
  ended by then fails the scenario. The figure is the suite's own, not a promise about NoETL.

  Background:
    Given the traveler playbooks are registered
    And the playbooks' default credential is registered
    And each answer of the profile API takes 0.3 seconds

  Rule: Calls MUST overlap, but never beyond the worker playbook's limit
    @C05 @C37 @core
    Scenario: Calls overlap within the documents' limit of 25
      When 60 travelers are enriched in 1 batch of 60 within 120 seconds
      Then the text of the worker playbook sets a parallel loop of http calls to at most 25 in flight
      And the peak of calls in flight is at least 2 and at most 25
      And each command is claimed once and carried out, no loop gives out more commands than it has items, no batch has two worker executions, and no execution ends twice
      And the profile API's log confirms these answers

    @C05 @C37
    Scenario: Calls overlap within a limit of 2, although more workers are free
      Given the worker playbook allows at most 2 calls in flight
      When 24 travelers are enriched in 1 batch of 24 within 120 seconds
      Then the text of the worker playbook sets a parallel loop of http calls to at most 2 in flight
      And the peak of calls in flight is exactly 2
      And each traveler in range and no other is requested, and again only after its previous call got a bad answer

  Rule: More workers MUST make more calls at the same time
    The sandbox has 5 workers, unless the suite is run with another number; with 3 or fewer this
    scenario fails. An execution is carried out on these workers, and another one of the same request
    on 3 workers.
    @C37
    Scenario: The sandbox's usual workers make more calls at the same time than 3 workers
      When 24 travelers are enriched in 1 batch of 24 within 120 seconds
      Then the peak of calls in flight is higher than with 3 workers
