Feature: A slow or faulty profile API
  The profile API belongs to somebody else: it may be slow, refuse a call, break off, or return
  nonsense. An answer that is slow, but comes before NoETL gives up on the call, delays the
  execution and loses no traveler. A bad answer never becomes a valid row and costs no other
  traveler. The summary counts each traveler without a row as missing, or the execution fails. For
  each lost traveler an event or a row gives a reason. When a new request names another address of
  the profile API, every traveler is stored.
  Request: "When 12 travelers are enriched in 3 batches of 4" makes one request to NoETL: seed 12
  travelers and carry out 3 batches of up to 4. Batch 1 holds travelers 1 to 4: for 2 and 3, the
  other travelers of the batch are 1 and 4.
  Giving up: the worker playbook waits more than 12 and less than 40 seconds for an answer.
  Words: the introduction of smoke.feature explains "worker", "command", "in range", "requested",
  "answers", "good answer", "confirms these answers", "in flight", "missing", "lost", "reason",
  "end", "set-up", "logs" and the tags.
  Patience: "within 240 seconds" is how long the suite waits for the end. An execution that has not
  ended by then fails the scenario. The figure is the suite's own, not a promise about NoETL.

  Background:
    Given the traveler playbooks are registered
    And the playbooks' default credential is registered

  Rule: Answers that arrive before NoETL gives up on the call MUST NOT do more than delay the execution
    @C33 @C37
    Scenario Outline: The execution loses no traveler when each answer takes <seconds> seconds
      What the calls need is the time of one answer, times the sum of two numbers: all calls divided by
      the peak of calls in flight, and the number of batches. The delay is the time by which the
      execution takes longer than one of the same sizes whose answers come at once. The factor of 4 is
      the suite's own wide margin.
      Given each answer of the profile API takes <seconds> seconds
      When 40 travelers are enriched in 2 batches of 20 within 240 seconds
      Then the profile API's log confirms these answers
      And the stored rows, one for each traveler in range, are exactly
        | outcome | rows |
        | valid   | 40   |
        | invalid | 0    |
      And each traveler in range and no other is requested, and again only after its previous call got a bad answer
      And the slow answers delay the execution by at most 4 times what its calls need

      Examples:
        | seconds |
        | 0.2     |
        | 2.0     |

    @C08 @C33
    Scenario: A batch takes longer than half a minute
      Given each answer of the profile API takes 12.0 seconds
      When 13 travelers are enriched in 1 batch of 13 within 300 seconds
      Then each worker execution enters its step end last, the parent playbook waits for that step, and the parent ends after every worker execution
      And the profile API's log confirms these answers
      And the stored rows, one for each traveler in range, are exactly
        | outcome | rows |
        | valid   | 13   |
        | invalid | 0    |

  Rule: The parent MUST wait for a worker execution with slow answers, also when a worker takes several commands at a time
    8 commands at a time are NoETL's default, and the only number tried here; the sandbox's usual
    workers take one. A call that NoETL gave up on may be repeated once, also after the end.
    @C08 @P2 @logs_blocked_worker
    Scenario: The parent waits for slow answers when a worker takes 8 commands at a time
      Given a single worker that takes 8 commands at a time
      And each answer of the profile API takes 12.0 seconds
      When 12 travelers are enriched in 1 batch of 12 within 300 seconds
      Then each worker execution enters its step end last, the parent playbook waits for that step, and the parent ends after every worker execution
      And no source or target row is added, changed or removed, and no call is in flight or made, in the 2 seconds after the execution's end

  Rule: A bad answer MUST NOT become a valid row, and the summary MUST count each missing traveler or the execution MUST fail
    @C34 @P4 @P5
    Scenario Outline: A bad answer becomes no valid row, and no row goes missing uncounted: the profile API <answer>
      Given the profile API <answer> when asked about travelers 2 and 3
      When 12 travelers are enriched in 3 batches of 4 within 180 seconds
      Then the profile API's log confirms these answers
      And no traveler without a good answer has a valid row
      And the summary counts exactly the missing travelers, or the execution has failed and has no summary

      @core
      Examples:
        | answer                       |
        | answers with HTTP status 500 |

      Examples:
        | answer                                  |
        | answers with HTTP status 429            |
        | answers with broken JSON                |
        | answers with another traveler's profile |

      @logs_broken_answer
      Examples:
        | answer                           |
        | closes the connection mid-answer |

      @logs_late_answer
      Examples:
        | answer                     |
        | takes 40 seconds to answer |
        | never answers              |

    # Only bad answers with HTTP status 200: where a call fails, NoETL 2.8.9 sometimes makes another one.
    @P2
    Scenario Outline: No traveler with a good answer is requested again when the profile API <answer>
      Given the profile API <answer> when asked about travelers 2 and 3
      When 12 travelers are enriched in 3 batches of 4 within 180 seconds
      Then the profile API's log confirms these answers
      And no traveler is requested again after a good answer

      Examples:
        | answer                                  |
        | answers with broken JSON                |
        | answers with another traveler's profile |

  Rule: A bad answer about some travelers MUST NOT cost the other travelers of their batch
    The rule holds for any order of answers. The scenarios try one order, in which the bad answers come
    last: what NoETL 2.8.9 does with an answer that arrives after a bad one is unpredictable. The two
    "Given" steps hold together: a bad answer is sent after 2 seconds.
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
        | answer                           |
        | closes the connection mid-answer |

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

  Rule: For each lost traveler an event or the traveler's row MUST give a reason
    A missing traveler has no row, so only an event of the worker execution of its batch can give the
    reason.
    @C35
    Scenario Outline: NoETL gives the reason for a loss when the profile API <answer>
      Given the profile API <answer> when asked about travelers 2 and 3
      When 12 travelers are enriched in 3 batches of 4 within 180 seconds
      Then the profile API's log confirms these answers
      And for every lost traveler, an event of the worker execution or the traveler's row gives the reason

      @core
      Examples:
        | answer                       |
        | answers with HTTP status 500 |

      @logs_broken_answer
      Examples:
        | answer                           |
        | closes the connection mid-answer |

      @logs_late_answer
      Examples:
        | answer        |
        | never answers |

    @C34 @C35 @P5 @logs_refused_row
    Scenario: NoETL gives the reason for a loss when the database refuses rows
      The slow answers give the suite time to prepare the target table before a row comes in.
      Given the database refuses the rows of travelers 6 and 12
      And each answer of the profile API takes 1.0 seconds
      When 12 travelers are enriched in 3 batches of 4 within 90 seconds
      Then for every lost traveler, an event of the worker execution or the traveler's row gives the reason
      And the summary counts exactly the missing travelers, or the execution has failed and has no summary

  Rule: With another address of the profile API a new execution of the same sizes MUST complete and store every traveler as valid
    @C33 @C36
    Scenario: Another address is the remedy for bad answers
      Given the profile API answers with HTTP status 500 when asked about travelers 2 and 3
      When 12 travelers are enriched in 3 batches of 4 within 180 seconds
      Then the profile API's log confirms these answers
      Given the request names another address of the profile API, where every answer is good
      When a new execution of the same sizes is carried out within 60 seconds
      Then the status says neither "completed" nor "failed" before the end of the execution, and "completed" when asked after it
      And the stored rows, one for each traveler in range, are exactly
        | outcome | rows |
        | valid   | 12   |
        | invalid | 0    |
