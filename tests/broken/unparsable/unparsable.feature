Feature: It cannot be read
  Scenario: A step has no keyword
    Given all is well
    all is well
