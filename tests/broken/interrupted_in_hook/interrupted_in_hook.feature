Feature: The user ends the run while a hook is at work

  @interrupted_before_step
  Scenario: This one is cut short
    Given all is well

  Scenario: This one is not run
    Given all is well
