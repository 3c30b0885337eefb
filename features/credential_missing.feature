@quick
Feature: A missing or wrong credential
  The playbooks reach their database with a credential that is registered with NoETL under a name.
  They have a default credential, pg_k8s, which they use unless the request names another. When the
  credential is not registered, or its password, host or database is wrong, the execution cannot
  store anything: it fails, gives the reason, and makes no call. After each remedy in the documents
  the same request succeeds.
  Workers: a worker remembers a credential that it has used, so scenarios without the default
  credential start with new workers.
  Request: "When 12 travelers are enriched in 3 batches of 4" makes one request to NoETL: seed 12
  travelers and carry out 3 batches of up to 4.
  Words: the introduction of smoke.feature explains "in range", "end" and "the documents".
  Patience: "within 30 seconds" is how long the suite waits for the end, not a promise about NoETL.
  Tags: @C or @P with a number names a claim of docs/contract.md that the scenario proves. @quick
  marks the two features of the short test run. A tag that begins with @logs_ allows the traceback
  in NoETL's logs that features/expected_logs.yaml describes; any other traceback fails the
  scenario.

  Background:
    Given the traveler playbooks are registered

  Rule: A missing credential MUST stop the execution before it calls the profile API
    @C15 @C22 @C31 @logs_missing_credential
    Scenario: The execution fails when the default credential is not registered
      Given new workers that have not carried out anything yet
      And the playbooks' default credential is not registered
      When 12 travelers are enriched in 3 batches of 4 within 30 seconds
      Then the execution has failed, and its status says so
      And no call has reached the profile API, and no row is stored
      And an event of the execution gives the reason for its failure

    @C15 @C22 @C31 @logs_missing_credential
    Scenario: The execution fails when the request names an unregistered credential
      Given the playbooks' default credential is registered
      And the request names a credential that is not registered
      When 12 travelers are enriched in 3 batches of 4 within 30 seconds
      Then the execution has failed, and its status says so
      And no call has reached the profile API, and no row is stored
      And an event of the execution gives the reason for its failure

  Rule: The error for a missing credential MUST name the credential
    @C31 @logs_missing_credential
    Scenario: The error in the event log names the unregistered credential
      Given the request names a credential that is not registered
      When 12 travelers are enriched in 3 batches of 4 within 30 seconds
      Then the execution's error in the event log names that credential

  Rule: After each remedy the same request MUST succeed
    @C31 @C32 @logs_missing_credential
    Scenario: Naming a registered credential is a remedy
      Given new workers that have not carried out anything yet
      And the playbooks' default credential is not registered
      When 12 travelers are enriched in 3 batches of 4 within 30 seconds
      Then the execution has failed, and its status says so
      When the request names a credential that is registered
      And the request is made through NoETL's command line
      And the same travelers are enriched again, in a new execution, within 60 seconds
      Then each traveler in range has exactly one row, valid or invalid with a reason, and no other traveler has a row

    @C31 @C32 @logs_missing_credential
    Scenario: Registering the missing credential is a remedy
      Given new workers that have not carried out anything yet
      And the playbooks' default credential is not registered
      When 12 travelers are enriched in 3 batches of 4 within 30 seconds
      Then the execution has failed, and its status says so
      When the playbooks' default credential is registered
      And the same travelers are enriched again, in a new execution, within 60 seconds
      Then each traveler in range has exactly one row, valid or invalid with a reason, and no other traveler has a row

    @C31 @C32 @logs_unusable_credential
    Scenario: Correcting a wrong credential is a remedy
      Given new workers that have not carried out anything yet
      And the playbooks' default credential has a wrong password
      When 12 travelers are enriched in 3 batches of 4 within 90 seconds
      Then the execution has failed, and its status says so
      When the playbooks' default credential is registered
      And the same travelers are enriched again, in a new execution, within 60 seconds
      Then each traveler in range has exactly one row, valid or invalid with a reason, and no other traveler has a row

  Rule: A wrong credential MUST stop the execution without revealing a database password
    @C31 @P8 @logs_unusable_credential
    Scenario Outline: The execution fails when the default credential has a wrong <part>
      Given new workers that have not carried out anything yet
      And the playbooks' default credential has a wrong <part>
      When 12 travelers are enriched in 3 batches of 4 within 90 seconds
      Then the execution has failed, and its status says so
      And no call has reached the profile API, and no row is stored
      And an event of the execution gives the reason for its failure
      And no log and no event contains the database password

      Examples:
        | part     |
        | password |
        | host     |
        | database |

  Rule: An execution that completes MUST NOT reveal the database password
    @P8
    Scenario: A completed execution keeps the database password secret
      When 12 travelers are enriched in 3 batches of 4 within 60 seconds
      Then every seeded traveler in range has a row
      And no log and no event contains the database password

  Rule: The services MUST NOT reveal the message broker's password
    @P8
    Scenario: The services keep the message broker's password secret
      When 12 travelers are enriched in 3 batches of 4 within 60 seconds
      Then no log and no event contains the message broker's password
