Feature: The user ends the run
  Scenario: This one has passed
    Given all is well

  Scenario: This one is cut short
    When the user presses Ctrl-C
    Then all is well

  Scenario: This one is not run
    Given all is well
