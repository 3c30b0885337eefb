Feature: The suite fails
  Scenario: A check crashes
    When a check crashes

  Scenario: A step is not there
    When something that no step says

  Scenario: Nothing is said
    all is well, without a keyword

  @before_scenario
  Scenario: The hook before a scenario fails
    Given all is well

  @after_scenario
  Scenario: The hook after a scenario fails
    Given all is well

  Scenario: A clean-up fails
    Given something is left that cannot be cleaned up

  Scenario: The profile API logs a traceback
    Given all is well
    When profile-api logs a traceback

  @logs_nothing_that_is_known
  Scenario: A tag announces what is not recorded
    Given all is well

  Scenario: Nothing is judged
    Given a step that judges nothing passes

  Scenario: There is no execution to judge
    Then each execution of the scenario is judged
