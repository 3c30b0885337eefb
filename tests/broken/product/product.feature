Feature: The product fails
  Scenario: A check finds something
    When a check finds that somebody is missing
    Then all is well

  Scenario: A deadline passes
    When nothing happens until the deadline

  Scenario: A worker logs a traceback
    Given all is well
    When worker-1 logs a traceback

  @logs_broken_answer
  Scenario: A worker logs another traceback than is announced
    Given all is well
    When worker-1 logs a traceback

  Scenario: A worker ends by itself
    Given all is well
    When worker-1 crashes

  @late_traceback
  Scenario: A worker logs a traceback after the end
    Given all is well

  Scenario: A row is lost after the end
    When an execution is judged that loses a row after its end

  Scenario: The next one is none the worse
    Given all is well
