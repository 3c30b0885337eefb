Feature: A recorded deviation is gone
  Scenario: The events name the credential that is not registered
    Given all is well
