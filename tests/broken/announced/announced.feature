Feature: What is announced does not come
  @logs_late_answer
  Scenario: No traceback is logged
    Given all is well
