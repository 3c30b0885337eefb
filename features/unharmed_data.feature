Feature: Data that software often harms
  Software between two systems changes data that looks like something else: a template, a secret, SQL,
  a number, a date. NoETL carries names from the source table to the profile API and answers from
  there to the target table. Whatever they hold, each must stand in the row as it was.
  Names: the parent seeds names of 10 kinds that break careless code; 20 travelers hold each kind.
  Profile: a part of the profile API's answer. Its keys and values are the entries of
  noetl_acceptance/profile_api/hard_data.py, which gives the reason for each.
  Hash: the worker playbook computes a hash of each answer. What it hashes, and how, is open.
  Words: the introduction of smoke.feature explains "valid row", "good answer", "name as seeded", "end",
  "set-up", "logs" and the tags.
  Patience: "within 90 seconds" is how long the suite waits for the end. An execution that has not
  ended by then fails the scenario. The figure is the suite's own, not a promise about NoETL.

  Background:
    Given the traveler playbooks are registered
    And the playbooks' default credential is registered

  Rule: Data MUST stand in the rows as it was seeded, sent and computed
    @P15
    Scenario: Names reach the profile API and the rows unchanged
      When 20 travelers are enriched in 2 batches of 10 within 90 seconds
      Then every call carries its traveler's name exactly as seeded
      And each valid row holds its traveler's name as seeded, and once more in upper case without spaces at both ends
      And every seeded traveler in range has a row

    @P15
    Scenario: A hash that the worker playbook computes reaches the row unchanged
      When 20 travelers are enriched in 2 batches of 10 within 90 seconds
      Then each valid row holds a whole hash, and no mask in its place

    @P15
    Scenario: Answers reach the rows unchanged
      Given each good answer of the profile API holds a profile that software often harms
      When 20 travelers are enriched in 2 batches of 10 within 90 seconds
      Then each valid row holds that profile, every key and value as the profile API sent it
      And every seeded traveler in range has a row
