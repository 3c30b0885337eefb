@after_feature
Feature: The hook after a feature fails
  Scenario: It has passed
    Given all is well
