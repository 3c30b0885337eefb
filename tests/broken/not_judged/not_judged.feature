Feature: Not judged
  Scenario: A check cannot be applied
    When a check cannot be applied

  Scenario: Another can
    Given all is well

  Scenario: Somebody kills a worker
    Given all is well
    When worker-1 is killed

  Scenario: A step cannot be judged
    When a step finds in two lines that it cannot be judged
