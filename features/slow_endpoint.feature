Feature: A slow or faulty profile API
  The profile API is somebody else's: it may be slow, refuse, break off or answer nonsense. Slow
  answers make the run slow and lose nobody. A bad answer never makes a valid row, and costs no
  other traveler; one that is lost by it is told by the summary's missing rows or by a failed run,
  and the events of the worker execution say why. With another address the same run passes.
  Every scenario proves from the profile API's own journal that the slowness or fault happened.

  Background:
    Given the traveler playbooks are registered
    And the default credential is registered

  Rule: Slow answers MUST make the run slower and lose nobody
    @C33 @C37
    Scenario Outline: Each answer takes <seconds> seconds
      Given each answer of the profile API takes <seconds> seconds
      When 40 travelers are enriched in 2 batches of 20 within 240 seconds
      Then the profile API really answered so
      And every traveler in range is stored exactly once, valid or invalid with a reason
      And every traveler in range is requested until it is answered well, and not again
      And the slowness costs at most 4 times what such calls need side by side

      Examples:
        | seconds |
        | 0.2     |
        | 2.0     |

    @C08 @C33
    Scenario: A batch goes on for longer than half a minute
      Given each answer of the profile API takes 12.0 seconds
      When 13 travelers are enriched in 1 batch of 13 within 300 seconds
      Then the parent waits for the last step of each worker execution
      And the profile API really answered so
      And every traveler in range is stored exactly once, valid or invalid with a reason

  Rule: Slow answers MUST NOT disturb the engine, whatever number of commands its workers take
    @C08 @P2 @logs_blocked_worker
    Scenario: A worker takes 8 commands at a time, as NoETL's own default is
      Given a single worker that takes 8 commands at a time
      And each answer of the profile API takes 12.0 seconds
      When 12 travelers are enriched in 1 batch of 12 within 300 seconds
      Then the parent waits for the last step of each worker execution
      And neither rows nor calls change in the 2 seconds after the end

  Rule: A bad answer MUST NOT make a valid row, and what is lost by it MUST be told
    @C34 @P4 @P5
    Scenario Outline: The profile API answers <fault>
      Given the profile API answers about traveler 2 and 3 <fault>
      When 12 travelers are enriched in 3 batches of 4 within 180 seconds
      Then the profile API really answered so
      And no bad answer makes a valid row
      And missing travelers are told by the summary, or the run has failed

      Examples:
        | fault                                |
        | with the error 500                   |
        | with the error 429                   |
        | with something that is no profile    |
        | with the profile of another traveler |

      @logs_broken_answer
      Examples:
        | fault                     |
        | by closing the connection |

      @logs_late_answer
      Examples:
        | fault            |
        | after 40 seconds |
        | never            |

    # Bad answers to calls that succeed: where calls fail, NoETL 2.8.9 makes another one now and then.
    @P2
    Scenario Outline: Nobody is asked about again because others are answered <fault>
      Given the profile API answers about traveler 2 and 3 <fault>
      When 12 travelers are enriched in 3 batches of 4 within 180 seconds
      Then the profile API really answered so
      And no traveler is requested again after a good answer

      Examples:
        | fault                                |
        | with something that is no profile    |
        | with the profile of another traveler |

  Rule: A bad answer about some travelers MUST NOT cost the others of their batch
    # The bad answers come last: what NoETL 2.8.9 makes of one that comes after them is chance.
    @P1
    Scenario Outline: The others are stored, although the profile API answers <fault>
      Given the profile API answers about traveler 2 and 3 <fault>
      And the profile API answers about traveler 2 and 3 after 2 seconds
      When 12 travelers are enriched in 3 batches of 4 within 180 seconds
      Then the profile API really answered so
      And every traveler in range but 2 and 3 has a valid row

      Examples:
        | fault                             |
        | with the error 500                |
        | with the error 429                |
        | with something that is no profile |

      @logs_broken_answer
      Examples:
        | fault                     |
        | by closing the connection |

    @P1 @logs_late_answer
    Scenario Outline: The others are stored, although the profile API answers too late: <when>
      Given the profile API answers about traveler 2 and 3 <when>
      When 12 travelers are enriched in 3 batches of 4 within 180 seconds
      Then the profile API really answered so
      And every traveler in range but 2 and 3 has a valid row

      Examples:
        | when             |
        | after 40 seconds |
        | never            |

  Rule: The events of the worker execution MUST tell why travelers are missing
    @C35
    Scenario Outline: Travelers are lost because the profile API answers <fault>
      Given the profile API answers about traveler 2 and 3 <fault>
      When 12 travelers are enriched in 3 batches of 4 within 180 seconds
      Then the profile API really answered so
      And an event of its worker execution tells why a traveler is lost, or else its row does

      Examples:
        | fault              |
        | with the error 500 |

      @logs_broken_answer
      Examples:
        | fault                     |
        | by closing the connection |

      @logs_late_answer
      Examples:
        | fault |
        | never |

    @C34 @C35 @P5 @logs_refused_row
    Scenario: Travelers are lost because the database refuses their rows
      Given the target table refuses the rows of travelers 6 and 12
      And each answer of the profile API takes 1.0 seconds
      When 12 travelers are enriched in 3 batches of 4 within 90 seconds
      Then an event of its worker execution tells why a traveler is lost, or else its row does
      And missing travelers are told by the summary, or the run has failed

  Rule: With another address of the profile API the same run MUST pass
    @C33 @C36
    Scenario: The address is changed after a fault
      Given the profile API answers about traveler 2 and 3 with the error 500
      When 12 travelers are enriched in 3 batches of 4 within 180 seconds
      Then the profile API really answered so
      When the profile API is called at another address, where it answers well
      And the same travelers are enriched again within 60 seconds
      Then every traveler in range is stored exactly once, valid or invalid with a reason
