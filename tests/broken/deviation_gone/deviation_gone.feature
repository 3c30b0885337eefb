Feature: A recorded deviation is gone
  Scenario: The error in the event log names the unregistered credential
    Given all is well
