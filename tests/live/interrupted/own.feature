Feature: A run that is interrupted while it takes a sandbox down
  Scenario: Ctrl-C comes while a scenario's own sandbox is taken down
    Given a sandbox of the scenario's own is up
    When Ctrl-C comes twice while it is taken down
    Then the run goes on as if nothing had come

  Scenario: The next one
    Then the run goes on as if nothing had come
