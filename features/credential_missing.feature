@quick
Feature: A credential that is missing or wrong
  The playbooks reach their database by a credential that is registered with NoETL under a name;
  a run takes the default one unless it names another. Where the credential is not registered, or
  leads nowhere, the run cannot store anything: it must fail early, say why, and call nobody. After
  each remedy that the documents name, the same run must pass.

  Background:
    Given the traveler playbooks are registered

  Rule: A missing credential MUST stop the run before the profile API is called
    @C15 @C22 @C31 @logs_missing_credential
    Scenario: The default credential is not registered
      Given workers that have run nothing yet
      And the default credential is not registered
      When 12 travelers are enriched in 3 batches of 4 within 30 seconds
      Then the run has failed, and its status says so
      And no call reached the profile API and no row is stored
      And the events of the run say why it failed

    @C15 @C22 @C31 @logs_missing_credential
    Scenario: The run names a credential that is not registered, while the default one is
      Given the default credential is registered
      And the run names a credential that is not registered
      When 12 travelers are enriched in 3 batches of 4 within 30 seconds
      Then the run has failed, and its status says so
      And no call reached the profile API and no row is stored
      And the events of the run say why it failed

  Rule: What is said of a missing credential MUST name it
    @C31 @logs_missing_credential
    Scenario: The events name the credential that is not registered
      Given the run names a credential that is not registered
      When 12 travelers are enriched in 3 batches of 4 within 30 seconds
      Then the events of the run say which credential failed

  Rule: After each remedy the same run MUST pass
    @C31 @C32 @logs_missing_credential
    Scenario: The run names another credential
      Given workers that have run nothing yet
      And the default credential is not registered
      When 12 travelers are enriched in 3 batches of 4 within 30 seconds
      Then the run has failed, and its status says so
      When the run names a credential that is registered
      And the run is started by NoETL's command line
      And the same travelers are enriched again within 60 seconds
      Then every traveler in range is stored exactly once, valid or invalid with a reason

    @C31 @C32 @logs_missing_credential
    Scenario: The credential is registered
      Given workers that have run nothing yet
      And the default credential is not registered
      When 12 travelers are enriched in 3 batches of 4 within 30 seconds
      Then the run has failed, and its status says so
      When the default credential is registered
      And the same travelers are enriched again within 60 seconds
      Then every traveler in range is stored exactly once, valid or invalid with a reason

    @C31 @C32 @logs_unusable_credential
    Scenario: The credential is registered, but wrong, and is updated
      Given workers that have run nothing yet
      And the default credential has a wrong password
      When 12 travelers are enriched in 3 batches of 4 within 90 seconds
      Then the run has failed, and its status says so
      When the default credential is registered
      And the same travelers are enriched again within 60 seconds
      Then every traveler in range is stored exactly once, valid or invalid with a reason

  Rule: A wrong credential MUST stop the run, and no password MUST be told
    @C31 @P8 @logs_unusable_credential
    Scenario Outline: A credential with a wrong part: <part>
      Given workers that have run nothing yet
      And the default credential has a wrong <part>
      When 12 travelers are enriched in 3 batches of 4 within 90 seconds
      Then the run has failed, and its status says so
      And no call reached the profile API and no row is stored
      And the events of the run say why it failed
      And no password of the database stands in any log or event

      Examples:
        | part     |
        | password |
        | host     |
        | database |

  Rule: A run that works MUST NOT tell a password either
    @P8
    Scenario: The run stores all its travelers and keeps the password of the database to itself
      When 12 travelers are enriched in 3 batches of 4 within 60 seconds
      Then no traveler in range is missing
      And no password of the database stands in any log or event

  Rule: The password of the message broker MUST NOT be told either
    @P8
    Scenario: The services keep the message broker's password to themselves
      When 12 travelers are enriched in 3 batches of 4 within 60 seconds
      Then no password of the message broker stands in any log or event
