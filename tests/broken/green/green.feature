Feature: All is well
  Scenario: All is well
    Given all is well

  Scenario: The error in the event log names the unregistered credential
    When a check finds what is recorded of a deviation

  @logs_late_answer
  Scenario: An announced traceback is logged
    Given all is well
    When worker-1 logs a traceback
