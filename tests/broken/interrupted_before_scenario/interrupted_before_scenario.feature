Feature: The user ends the run before a scenario has begun

  @interrupted_before_scenario
  Scenario: This one is cut short
    Given all is well

  Scenario: This one is not run
    Given all is well
