Feature: Services that misbehave while all is well
  Scenario: Nothing is wrong
    Given the traveler playbooks are registered
    And the playbooks' default credential is registered
    When 4 travelers are enriched in 2 batches of 2 within 60 seconds
    Then every seeded traveler in range has a row

  Scenario: The profile API logs a traceback
    Given the traveler playbooks are registered
    And the playbooks' default credential is registered
    When 4 travelers are enriched in 2 batches of 2 within 60 seconds
    And the profile API is asked what it cannot read
    Then every seeded traveler in range has a row

  Scenario: A worker is killed between executions
    Given the traveler playbooks are registered
    And the playbooks' default credential is registered
    When 4 travelers are enriched in 2 batches of 2 within 60 seconds
    And a worker is killed
    Then every seeded traveler in range has a row
