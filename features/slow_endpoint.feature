Feature: A slow or faulty profile API
  The profile API belongs to somebody else: it may be slow, refuse a call, break off, or answer
  nonsense. Slow answers delay the execution and lose no traveler. A bad answer never becomes a
  valid row and costs no other traveler. When a traveler is lost, the summary counts it as missing
  or the execution has failed, and an event or a row gives the reason. When the request names
  another address of the profile API, every traveler is stored.
  Request: "When 12 travelers are enriched in 3 batches of 4" makes one request to NoETL: seed 12
  travelers and carry out 3 batches of up to 4. Batch 1 holds travelers 1 to 4, so 1 and 4 are the
  other travelers of the batch of 2 and 3.
  In range: a traveler is in range when one of the batches holds it.
  Requested: a traveler is requested when the profile API is called about it.
  Answers: what a "Given" arranges about a traveler holds for every call about that traveler. All
  other answers are good and come at once.
  Good answer: an answer with HTTP status 200 that is complete, is about the traveler of the call,
  and arrives before NoETL gives the call up. Any other answer is bad. No answer at all counts as a
  bad answer; the worker playbook waits less than 40 seconds for one.
  Missing: a traveler in range that has no row. Lost: a traveler that is missing, or that has been
  requested and never got a good answer.
  End: an execution, of the parent or of a worker, ends with its event playbook.completed or
  playbook.failed. When a command of the parent has failed and neither event follows, the execution
  ends after 3 seconds without an open command.
  Patience: "within 240 seconds" is how long the suite waits for the end, not a promise about NoETL.
  Set-up: a step with "confirms" checks what the scenario has arranged, not a promise about NoETL.
  "Confirms these answers" means: at least one such call has come, and each traveler that was
  requested got the answer.
  Tags: @C or @P with a number names a claim of docs/contract.md that the scenario proves. A tag
  that begins with @logs_ allows the traceback in NoETL's logs that features/expected_logs.yaml
  describes; any other traceback fails the scenario.

  Background:
    Given the traveler playbooks are registered
    And the playbooks' default credential is registered

  Rule: Slow answers MUST delay the execution and do nothing else to it
    @C33 @C37
    Scenario Outline: The execution loses no traveler when each answer takes <seconds> seconds
      The calls need the time of one answer for every group of calls that are in flight together, and
      once more for each batch. The delay is counted from an execution of the same sizes with immediate
      answers; four times what the calls need is the suite's wide margin.
      Given each answer of the profile API takes <seconds> seconds
      When 40 travelers are enriched in 2 batches of 20 within 240 seconds
      Then the profile API's log confirms these answers
      And each traveler in range has exactly one row, valid or invalid with a reason, and no other traveler has a row
      And no traveler is requested again after a good answer, and none in range is left unrequested
      And the slow answers delay the execution by at most 4 times what its calls need

      Examples:
        | seconds |
        | 0.2     |
        | 2.0     |

    @C08 @C33
    Scenario: A batch takes longer than half a minute
      Given each answer of the profile API takes 12.0 seconds
      When 13 travelers are enriched in 1 batch of 13 within 300 seconds
      Then the parent waits until each worker execution has carried out its last step
      And the profile API's log confirms these answers
      And each traveler in range has exactly one row, valid or invalid with a reason, and no other traveler has a row

  Rule: Slow answers MUST NOT disturb NoETL, however many commands a worker takes at a time
    A command is one piece of work that the server gives out, such as a call. NoETL's default is 8
    commands at a time; the sandbox's usual workers take one.
    @C08 @P2 @logs_blocked_worker
    Scenario: Slow answers do not disturb a worker that takes 8 commands at a time
      Given a single worker that takes 8 commands at a time
      And each answer of the profile API takes 12.0 seconds
      When 12 travelers are enriched in 1 batch of 12 within 300 seconds
      Then the parent waits until each worker execution has carried out its last step
      And no row is added, changed or removed, and no call is open or made, in the 2 seconds after the execution's end

  Rule: A bad answer MUST NOT become a valid row or lose a traveler in silence
    @C34 @P4 @P5
    Scenario Outline: A bad answer becomes no valid row and no silent loss: the profile API <answer>
      Given the profile API <answer> when asked about travelers 2 and 3
      When 12 travelers are enriched in 3 batches of 4 within 180 seconds
      Then the profile API's log confirms these answers
      And no traveler without a good answer has a valid row
      And the summary counts the missing travelers, or the execution has failed

      Examples:
        | answer                                  |
        | answers with HTTP status 500            |
        | answers with HTTP status 429            |
        | answers with broken JSON                |
        | answers with another traveler's profile |

      @logs_broken_answer
      Examples:
        | answer                              |
        | closes the connection in mid-answer |

      @logs_late_answer
      Examples:
        | answer                     |
        | takes 40 seconds to answer |
        | never answers              |

    # Only bad answers to calls that succeed: where calls fail, NoETL 2.8.9 makes another one now and then.
    @P2
    Scenario Outline: No traveler is requested again when the profile API <answer>
      Given the profile API <answer> when asked about travelers 2 and 3
      When 12 travelers are enriched in 3 batches of 4 within 180 seconds
      Then the profile API's log confirms these answers
      And no traveler is requested again after a good answer

      Examples:
        | answer                                  |
        | answers with broken JSON                |
        | answers with another traveler's profile |

  Rule: A bad answer about some travelers MUST NOT cost the other travelers of their batch
    # The bad answers come last: what NoETL 2.8.9 makes of an answer that comes after them is chance.
    @P1
    Scenario Outline: The other travelers are stored although the profile API <answer>
      Given the profile API <answer> when asked about travelers 2 and 3
      And the profile API takes 2 seconds to answer when asked about travelers 2 and 3
      When 12 travelers are enriched in 3 batches of 4 within 180 seconds
      Then the profile API's log confirms these answers
      And every traveler in range except 2 and 3 has a valid row

      Examples:
        | answer                       |
        | answers with HTTP status 500 |
        | answers with HTTP status 429 |
        | answers with broken JSON     |

      @logs_broken_answer
      Examples:
        | answer                              |
        | closes the connection in mid-answer |

    @P1 @logs_late_answer
    Scenario Outline: The other travelers are stored although the profile API is too late: it <answer>
      Given the profile API <answer> when asked about travelers 2 and 3
      When 12 travelers are enriched in 3 batches of 4 within 180 seconds
      Then the profile API's log confirms these answers
      And every traveler in range except 2 and 3 has a valid row

      Examples:
        | answer                     |
        | takes 40 seconds to answer |
        | never answers              |

  Rule: An event or the traveler's row MUST give the reason why a traveler is lost
    A missing traveler has no row, so only an event of the worker execution of its batch can give the
    reason.
    @C35
    Scenario Outline: NoETL gives the reason for a loss when the profile API <answer>
      Given the profile API <answer> when asked about travelers 2 and 3
      When 12 travelers are enriched in 3 batches of 4 within 180 seconds
      Then the profile API's log confirms these answers
      And for every lost traveler, an event of the worker execution or the traveler's row gives the reason

      Examples:
        | answer                       |
        | answers with HTTP status 500 |

      @logs_broken_answer
      Examples:
        | answer                              |
        | closes the connection in mid-answer |

      @logs_late_answer
      Examples:
        | answer        |
        | never answers |

    @C34 @C35 @P5 @logs_refused_row
    Scenario: NoETL gives the reason for a loss when the database refuses rows
      Given the database refuses the rows of travelers 6 and 12
      And each answer of the profile API takes 1.0 seconds
      When 12 travelers are enriched in 3 batches of 4 within 90 seconds
      Then for every lost traveler, an event of the worker execution or the traveler's row gives the reason
      And the summary counts the missing travelers, or the execution has failed

  Rule: With another address of the profile API the same request MUST succeed
    @C33 @C36
    Scenario: Another address is the remedy for bad answers
      Given the profile API answers with HTTP status 500 when asked about travelers 2 and 3
      When 12 travelers are enriched in 3 batches of 4 within 180 seconds
      Then the profile API's log confirms these answers
      When the request names another address of the profile API, where every answer is good
      And the same travelers are enriched again, in a new execution, within 60 seconds
      Then each traveler in range has exactly one row, valid or invalid with a reason, and no other traveler has a row
