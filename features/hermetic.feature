Feature: Nothing in the sandbox reaches outside of it
  What NoETL's server and workers send to a place that is not in the sandbox ends in a sink, which
  refuses it and puts it on record. A place outside stands ready on this machine, so that it can be
  seen that calls arrive there only when the isolation is taken away.

  Rule: A run MUST NOT reach outside of the sandbox
    @P7
    Scenario: A whole run of the travelers tries nothing outside
      Given the traveler playbooks are registered
      And the default credential is registered
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then no traveler in range is missing
      And nothing in the sandbox has tried to reach a place outside of it

    @P7
    Scenario: A run that is answered badly asks nobody outside instead
      Given the traveler playbooks are registered
      And the default credential is registered
      And the profile API answers about traveler 2 with the error 500
      And the profile API answers about traveler 5 with something that is no profile
      When 12 travelers are enriched in 3 batches of 4 within 90 seconds
      Then the profile API really answered so
      And nothing in the sandbox has tried to reach a place outside of it

  Rule: A call to a place outside MUST be refused and put on record
    @P7
    Scenario: The place outside is not reached from the sandbox
      Given a single worker with default settings
      When the worker makes 2 calls, to a place outside of the sandbox, within 60 seconds
      Then the calls are refused and put on record, and do not arrive

    @P7
    Scenario: The same place is reached when the isolation is taken away
      Given a single worker in a sandbox without isolation
      When the worker makes 2 calls, to a place outside of the sandbox, within 60 seconds
      Then the calls arrive
