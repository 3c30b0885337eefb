@quick
Feature: A missing or wrong credential
  The playbooks reach their database with a credential that is registered with NoETL under a name.
  They have a default credential, pg_k8s, which they use unless the request names another. It is
  registered unless a scenario says otherwise. When the credential is not registered, or its
  password, host or database is wrong, the execution cannot store anything: it fails, gives a
  reason, and makes no call. After each remedy in the documents a new execution of the same sizes
  stores every traveler.
  Wrong: a wrong password is one that the database refuses, a wrong host one where no database
  listens, a wrong database one that does not exist.
  Workers: a worker remembers a credential that it has used, so scenarios without the default
  credential start with new workers.
  Request: "When 12 travelers are enriched in 3 batches of 4" makes one request to NoETL: seed 12
  travelers and carry out 3 batches of up to 4.
  Secrets: the places searched for a password are the logs of all services of the sandbox and
  NoETL's event log.
  Words: the introduction of smoke.feature explains "in range", "status", "reason", "end", "the
  documents", "logs" and the tags.
  Patience: "within 30 seconds" is how long the suite waits for the end. An execution that has not
  ended by then fails the scenario. The figure is the suite's own, not a promise about NoETL.

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
    @C31 @core @logs_missing_credential
    Scenario: The error in the event log names the unregistered credential
      Given the request names a credential that is not registered
      When 12 travelers are enriched in 3 batches of 4 within 30 seconds
      Then the execution's error in the event log names that credential

  Rule: After each remedy a new execution of the same sizes MUST complete and store every traveler as valid
    @C31 @C32 @logs_missing_credential
    Scenario: Naming a registered credential is a remedy
      Given new workers that have not carried out anything yet
      And the playbooks' default credential is not registered
      When 12 travelers are enriched in 3 batches of 4 within 30 seconds
      Then the execution has failed, and its status says so
      Given the request names a credential that is registered
      And the request is made through NoETL's command line
      When a new execution of the same sizes is carried out within 60 seconds
      Then the status says neither "completed" nor "failed" before the end of the execution, and "completed" when asked after it
      And the stored rows, one for each traveler in range, are exactly
        | outcome | rows |
        | valid   | 12   |
        | invalid | 0    |

    @C31 @C32 @logs_missing_credential
    Scenario: Registering the missing credential is a remedy
      Given new workers that have not carried out anything yet
      And the playbooks' default credential is not registered
      When 12 travelers are enriched in 3 batches of 4 within 30 seconds
      Then the execution has failed, and its status says so
      Given the playbooks' default credential is registered
      When a new execution of the same sizes is carried out within 60 seconds
      Then the status says neither "completed" nor "failed" before the end of the execution, and "completed" when asked after it
      And the stored rows, one for each traveler in range, are exactly
        | outcome | rows |
        | valid   | 12   |
        | invalid | 0    |

    @C31 @C32 @logs_unusable_credential
    Scenario: Correcting a wrong credential is a remedy
      Given new workers that have not carried out anything yet
      And the playbooks' default credential has a wrong password
      When 12 travelers are enriched in 3 batches of 4 within 90 seconds
      Then the execution has failed, and its status says so
      Given the playbooks' default credential is registered
      When a new execution of the same sizes is carried out within 60 seconds
      Then the status says neither "completed" nor "failed" before the end of the execution, and "completed" when asked after it
      And the stored rows, one for each traveler in range, are exactly
        | outcome | rows |
        | valid   | 12   |
        | invalid | 0    |

  Rule: A wrong credential MUST stop the execution without revealing a database password
    @C31 @P8 @logs_unusable_credential
    Scenario Outline: The execution fails when the default credential has a wrong <part>
      Given new workers that have not carried out anything yet
      And the playbooks' default credential has a wrong <part>
      When 12 travelers are enriched in 3 batches of 4 within 90 seconds
      Then the execution has failed, and its status says so
      And no call has reached the profile API, and no row is stored
      And an event of the execution gives the reason for its failure
      And no log of a service and no event of NoETL contains the database password

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
      And no log of a service and no event of NoETL contains the database password

  Rule: The services MUST NOT reveal the message broker's password
    @P8 @core
    Scenario: The services keep the message broker's password secret
      Given the playbooks' default credential is registered
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then no log of a service and no event of NoETL contains the message broker's password
