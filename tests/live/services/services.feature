Feature: Services that misbehave while all is well
  Scenario: Nothing is wrong
    Given the traveler playbooks are registered
    And the default credential is registered
    When 4 travelers are enriched in 2 batches of 2 within 60 seconds
    Then no traveler in range is missing

  Scenario: The profile API logs a traceback
    Given the traveler playbooks are registered
    And the default credential is registered
    When 4 travelers are enriched in 2 batches of 2 within 60 seconds
    And the profile API is asked what it cannot read
    Then no traveler in range is missing

  Scenario: A worker is killed between executions
    Given the traveler playbooks are registered
    And the default credential is registered
    When 4 travelers are enriched in 2 batches of 2 within 60 seconds
    And a worker is killed
    Then no traveler in range is missing
