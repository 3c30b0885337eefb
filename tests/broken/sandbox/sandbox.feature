Feature: The sandbox fails
  Scenario: A step says so
    Given the sandbox breaks

  Scenario: A service dies and the scenario passes
    Given all is well
    When postgres is killed
