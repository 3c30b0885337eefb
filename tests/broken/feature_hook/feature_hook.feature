@before_feature
Feature: The hook before a feature fails
  Scenario: It is not run
    Given all is well
