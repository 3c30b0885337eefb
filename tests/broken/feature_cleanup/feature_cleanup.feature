Feature: A clean-up at the end of a feature fails
  Scenario: It has passed
    Given something is left for the feature's end that cannot be cleaned up
