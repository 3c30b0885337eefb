Feature: Nothing in the sandbox reaches outside it
  The sandbox is the set of services that the suite starts: NoETL's server and workers, Postgres,
  the message broker, the profile API. What the server and the workers send by HTTP to any other
  place goes to a sink, a proxy that refuses it and records it. The first rule is a promise about
  NoETL and the playbooks. The second rule is about the suite itself: for its scenarios a web server
  outside the sandbox listens on this machine. It shows that a call does arrive there once the
  isolation, which is one of the sandbox's usual settings, is taken away.
  Request: "When 12 travelers are enriched in 3 batches of 4" makes one request to NoETL: seed 12
  travelers and carry out 3 batches of up to 4.
  Sink: a scenario of the first rule judges what the sink has recorded since the services started.
  Words: the introduction of smoke.feature explains "in range", "answers", "confirms these answers",
  "end", "set-up", "logs" and the tags.
  Patience: "within 90 seconds" is how long the suite waits for the end, or for the calls. What has
  not ended by then fails the scenario. The figure is the suite's own, not a promise about NoETL.

  Rule: An execution MUST NOT reach outside the sandbox
    @P7
    Scenario: A complete execution stays inside the sandbox
      Given the traveler playbooks are registered
      And the playbooks' default credential is registered
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then every seeded traveler in range has a row
      And NoETL's server and workers have sent nothing to the sink

    @P7
    Scenario: An execution with bad answers stays inside the sandbox
      Given the traveler playbooks are registered
      And the playbooks' default credential is registered
      And the profile API answers with HTTP status 500 when asked about traveler 2
      And the profile API answers with broken JSON when asked about traveler 5
      When 12 travelers are enriched in 3 batches of 4 within 90 seconds
      Then the profile API's log confirms these answers
      And NoETL's server and workers have sent nothing to the sink

  Rule: The sandbox MUST refuse and record a call to a place outside it
    @P7
    Scenario: The sink refuses a worker's calls to a place outside
      Given a single worker with the sandbox's usual settings
      When the worker makes 2 calls to a place outside of the sandbox within 60 seconds
      Then the sink refuses and records the calls, and none of them arrives

    @P7
    Scenario: The same calls arrive when the isolation is taken away
      Given a single worker in a sandbox without isolation
      When the worker makes 2 calls to a place outside of the sandbox within 60 seconds
      Then all calls arrive and are answered, and the sink refuses none
