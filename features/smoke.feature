@quick
Feature: Smoke test of the traveler batch enrichment
  The parent playbook seeds travelers into a source table and cuts them into batches of a fixed
  size. Its execution, the parent, starts one worker execution for each batch, one after the other.
  A worker execution calls the profile API about each traveler of its batch, validates the answers,
  and stores one row per traveler in the target table: a valid one, or an invalid one with a reason.
  At the end the parent counts the rows and returns a summary.
  Playbooks: a parent playbook and a worker playbook, written for the suite as the documents say.
  The documents: the two that describe these playbooks; docs/contract.md names them.
  Request: "When 200 travelers are enriched in 4 batches of 50" makes one request to NoETL: seed 200
  travelers and carry out 4 batches of up to 50. Each request names an address of its own at the
  sandbox's profile API; its calls are those made to that address. Scenarios of one run with the
  same sizes and the same "Given" steps share one execution; each scenario judges what it left in
  the tables, in NoETL's event log, and in the profile API's own log of calls.
  Patience: "within 90 seconds" is how long the suite waits for the end. An execution that has not
  ended by then fails the scenario. The figure is the suite's own, not a promise about NoETL.
  Set-up: a step with "confirms" checks what the scenario has arranged. Where it does not hold, the
  scenario fails, since the other steps would prove nothing.
  Logs: a traceback in the log of a service fails the scenario, unless a tag that begins with @logs_
  allows it; features/expected_logs.yaml describes the tracebacks that are allowed.
  Tags: @C with a number names a claim of the documents, @P with a number something that users
  expect beyond them; docs/contract.md has them all. @quick marks the short test run: two features and
  three cases of those about faults. @core marks the scenarios that every release is tried with
  (docs/conformance.md).
  Sandbox: NoETL's server and workers, Postgres, the message broker NATS, the profile API. With its usual
  settings it has 5 workers, and each takes one command at a time.
  Worker: a process of NoETL that carries out commands. A worker execution is tied to no worker.
  Command: one piece of work, such as a call or a query, that NoETL's server gives out and a worker
  claims and carries out. It is open from the moment it is given out until it is finished. Heartbeat:
  an event by which a worker says that it is still carrying out a command.
  Loop: a loop of the worker playbook has an item for each traveler of its batch, the loop of the
  parent playbook one for each batch. An item gets one command, and one more for each of its calls
  that got a bad answer.
  Batch: batch 1 holds travelers 1 to 50, batch 2 holds 51 to 100, and so on. A batch starts with
  the first event of its worker execution and ends with that execution. Its result is the finished
  command of the parent's loop that started the worker execution. In order: by the batches' numbers.
  In range: the travelers from 1 to the number asked for, or to the number of batches times their
  size where that is less, whether or not they were seeded. Any other traveler of the request is
  seeded and nothing more.
  Call: a request to the profile API about a traveler. Requested: a traveler is requested when a
  call is made about it.
  Answers: what a "Given" arranges about a traveler holds for every call about that traveler. All
  other answers are good and come at once.
  Good answer: an answer with HTTP status 200 and complete, readable JSON about the traveler of the
  call, which arrives before NoETL gives up on the call. Any other answer is bad; so is none at all.
  "Confirms these answers": each arranged answer was given at least once, and each of its travelers
  that was requested got it. That no answer comes is confirmed by a call that got none.
  In flight: a call is in flight from its arrival at the profile API until it is answered or NoETL
  gives up on it. The peak is the largest number of calls in flight at the same moment.
  Stored: a traveler is stored when the target table has a row about it, valid or invalid.
  Missing: a traveler in range that has no row. Lost: a traveler that is missing, or that has been
  requested and never got a good answer.
  Reason: any error text of an event, or any text in a row's column for the reason. Whether the text
  names the cause is not judged, unless a step says so. One event may give the reason for several
  travelers of a batch.
  Status: what NoETL's API says about an execution. Event log: NoETL's table of events. Catalog:
  NoETL's table of registered playbooks. Summary: the result of the parent's step summarize.
  End: an execution ends with its event playbook.completed, playbook.failed or execution.cancelled.
  Without such an event, the parent ends once one of its commands has failed and then, for 3 seconds
  on end, no command of it or of its worker executions has been open; a worker execution ends with
  its last event once one of its commands has failed and none is open.
  Failed: an execution has failed when it has ended and was neither completed nor cancelled.

  Background:
    Given the traveler playbooks are registered
    And the playbooks' default credential is registered

  Rule: The parent MUST seed exactly the travelers of the request
    @C01 @C02 @C20 @core
    Scenario: The parent seeds as many travelers as the request asks for
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then NoETL answers the request with the id of the execution that it has started
      And the parent has seeded 200 travelers, numbered from 1, each once

    @C02
    Scenario: The parent playbook has the documents' default sizes
      The sizes are those of the edition of the documents that the playbooks follow, 2000 travelers in
      20 batches of 100 or 120 travelers in 4 batches of 30; the credential is pg_k8s, and the address
      that of a public service, which nothing in the sandbox reaches.
      Then the parent playbook has the documents' default sizes, credential and profile API address

  Rule: Each batch MUST get one worker execution of its own
    @C03
    Scenario: The parent starts one worker execution for each batch
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then the event log shows exactly 4 batches, each with one completed worker execution and one result, and the summary counts as many

    @C04 @C10 @core
    Scenario: Each worker execution handles the travelers of its own batch
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then each worker execution requests all travelers of its own batch and no others
      And each row carries the number of its traveler's batch

    @C04 @C10
    Scenario: Batches follow the travelers' numbers, not the order in the source table
      Given the request names a credential for a second database
      And an earlier execution has stored its travelers in the same tables
      And the database shuffles the travelers as they are seeded, and adds a number to every other name
      When 12 travelers are enriched in 3 batches of 4 within 90 seconds
      Then each worker execution requests all travelers of its own batch and no others
      And each row carries the number of its traveler's batch
      And each traveler in range and no other is requested, and again only after its previous call got a bad answer

  Rule: The parent MUST carry out the batches one after the other and wait for each
    @C08 @C09 @core
    Scenario: A batch starts after the previous one has ended
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then the event log shows the batches in order, each starting after the previous one ended
      And the profile API's log shows the batches in order, the calls of each after the answers of the previous one
      And the target table shows the rows of each batch stored before its worker execution ended

    @C08
    Scenario: The parent waits for the last step of each worker execution
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then each worker execution enters its step end last, the parent playbook waits for that step, and the parent ends after every worker execution

    @C03 @C11 @core
    Scenario: The parent continues exactly once, after the last batch
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then the parent starts to validate the stored rows exactly once, after the last batch has ended
      And the event log shows exactly 4 batches, each with one completed worker execution and one result, and the summary counts as many

  Rule: An http step of the worker playbook MUST fetch every profile, several at a time
    @C05
    Scenario: Calls overlap when each answer takes a while
      Given each answer of the profile API takes 0.3 seconds
      When 40 travelers are enriched in 2 batches of 20 within 90 seconds
      Then the text of the worker playbook sets a parallel loop of http calls to at most 25 in flight
      And the peak of calls in flight is at least 2 and at most 25
      And the profile API's log confirms these answers

    @C06
    Scenario: Only http steps make calls
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then http steps of the worker executions make every call to the profile API, and no Python step has code that could make one

    @C36
    Scenario: All calls go to the address that the request names
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then every traveler in range is requested at the address that the request names, and no call goes elsewhere

  Rule: The worker playbook MUST validate, transform and store the answers
    @C07
    Scenario: Each valid row holds its own traveler's answer
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then each valid row holds the profile API's answer about its own traveler
      And no traveler has a valid row before the profile API has answered about it
      And each valid row holds its traveler's name as seeded, and once more in upper case without spaces at both ends

    @C07 @P15 @core
    Scenario: Names with special characters reach the profile API unchanged
      The parent seeds names that break careless code: with quotation marks, backslashes, dollar signs,
      {{ 7 * 6 }}, {% raw %}, 100% & + ? #, emoji, Arabic letters, 500 characters, or spaces at both ends.
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then every call carries its traveler's name exactly as seeded

    @C07
    Scenario: Names come from the execution's own travelers
      Given an earlier execution, backdated by two days, has stored its travelers under other names
      When 6 travelers are enriched in 2 batches of 3 within 90 seconds
      Then every call carries its traveler's name exactly as seeded

    @C04 @C07
    Scenario: Names come from the source table
      Given the request names a credential for a second database
      And an earlier execution has stored its travelers in the same tables
      And the database shuffles the travelers as they are seeded, and adds a number to every other name
      When 12 travelers are enriched in 3 batches of 4 within 90 seconds
      Then every call carries its traveler's name exactly as seeded

    @C07 @P4
    Scenario: The worker playbook tells bad answers from good ones
      Given the profile API answers with broken JSON when asked about traveler 1
      And the profile API answers with an empty profile when asked about traveler 3
      And the profile API answers with another traveler's profile when asked about traveler 8
      And the profile API answers with HTTP status 203 when asked about traveler 13
      When 16 travelers are enriched in 2 batches of 8 within 90 seconds
      Then no traveler without a good answer has a valid row
      And the invalid rows do not all give the same reason
      And no row shows a 2xx status that the profile API did not send about its traveler
      And each traveler with a valid row has exactly one good answer in the profile API's log, and each traveler with a good answer has a valid row
      And each traveler in range has exactly one row, valid or invalid with a reason, and no other traveler has a row
      And http steps of the worker executions make every call to the profile API, and no Python step has code that could make one

  Rule: The distributed runtime MUST carry out the execution
    The distributed runtime is a server that gives out commands, and several workers that claim the
    commands and carry them out.
    @C13
    Scenario: The workers carry out the steps
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then the sandbox's workers carried out every step, and at least two of them took part

    @C15
    Scenario: The credential that the request names decides where the rows go
      Given the request names a credential for a second database
      When 9 travelers are enriched in 3 batches of 3 within 90 seconds
      Then the rows are stored in the second database, and none in the default one
      And every seeded traveler in range has a row
      And the summary expects a row for each traveler in range, counts the rows of the target table as stored, and the travelers in range without a row as missing

    @C15 @C36
    Scenario: A request that names no credential gets the default one
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then the parent playbook has the documents' default sizes, credential and profile API address
      And the rows are stored in the database of the default credential

    @C03 @C13
    Scenario: Nothing is carried out twice or left over
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then each command is claimed once and carried out, no loop gives out more commands than it has items, no batch has two worker executions, and no execution ends twice

  Rule: The status MUST NOT tell of an end before the execution has ended, and MUST tell of it after that
    @C22 @core
    Scenario: The status says completed at the end and not before
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then the status says neither "completed" nor "failed" before the end of the execution, and "completed" when asked after it

  Rule: Every traveler in range MUST be stored, whatever the sizes
    @C24 @C25 @P1 @core
    Scenario: The smoke test stores all 200 travelers
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then the stored rows, one for each traveler in range, are exactly
        | outcome | rows |
        | valid   | 200  |
        | invalid | 0    |
      And every stored row has HTTP status 200
      And the stored rows carry the numbers of exactly 4 batches, and none beyond
      And the columns of the target table have the types that the documents' queries need

    @C25
    Scenario: Every seeded traveler in range has a row
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then every seeded traveler in range has a row

    @C26
    Scenario Outline: The execution stores as many travelers as fit into its batches: <case>
      A place is room for one traveler: 2 batches of 10 have 20 places. Compared as strings, numbers of
      different lengths would be ordered wrongly: 10 before 8.
      When <seed> travelers are enriched in <batches> of <size> within 90 seconds
      Then the parent has seeded <seed> travelers, numbered from 1, each once
      And the stored rows, one for each traveler in range, are exactly
        | outcome | rows   |
        | valid   | <rows> |
        | invalid | 0      |
      And the event log shows exactly <batches>, each with one completed worker execution and one result, and the summary counts as many
      And the summary says "completed", with <batches>, <rows> rows expected, all of them stored and none missing

      Examples:
        | case                                 | seed | batches   | size | rows |
        | fewer travelers than places          | 12   | 2 batches | 10   | 12   |
        | as many travelers as places          | 20   | 2 batches | 10   | 20   |
        | more travelers than places           | 25   | 2 batches | 10   | 20   |
        | the last batch partly filled         | 17   | 3 batches | 6    | 17   |
        | the last batch empty                 | 10   | 3 batches | 5    | 10   |
        | a batch larger than the default      | 101  | 1 batch   | 101  | 101  |
        | more travelers than the default      | 2001 | 1 batch   | 5    | 5    |
        | numbers of different lengths         | 10   | 2 batches | 4    | 8    |
        | fewer travelers than one batch holds | 9    | 2 batches | 10   | 9    |
        | no traveler at all                   | 0    | 2 batches | 5    | 0    |

    @C26
    Scenario: The execution stores a single traveler
      When a single traveler is enriched in a single batch within 90 seconds
      Then the parent has seeded 1 traveler, numbered from 1, each once
      And the stored rows, one for each traveler in range, are exactly
        | outcome | rows |
        | valid   | 1    |
        | invalid | 0    |
      And the event log shows exactly 1 batch, each with one completed worker execution and one result, and the summary counts as many
      And the summary says "completed", with 1 batch, 1 row expected, all of them stored and none missing

    @C04 @C10 @C26
    Scenario Outline: The execution handles each traveler in its own batch: <case>
      When <seed> travelers are enriched in <batches> of <size> within 90 seconds
      Then each worker execution requests all travelers of its own batch and no others
      And each traveler in range and no other is requested, and again only after its previous call got a bad answer
      And each row carries the number of its traveler's batch
      And each valid row holds the profile API's answer about its own traveler

      Examples:
        | case                         | seed | batches   | size |
        | more travelers than places   | 25   | 2 batches | 10   |
        | the last batch partly filled | 17   | 3 batches | 6    |
        | the last batch empty         | 10   | 3 batches | 5    |

  Rule: The summary MUST agree with the stored rows
    @C12 @C27 @core
    Scenario: The summary counts the batches and rows of the smoke test
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then the summary says "completed", with 4 batches, 200 rows expected, all of them stored and none missing
      And the summary expects a row for each traveler in range, counts the rows of the target table as stored, and the travelers in range without a row as missing

    @C11 @C27
    Scenario: The summary counts the batches carried out, not those asked for
      The request still puts 12 travelers in range: the summary expects 12 rows, with 8 stored and 4
      missing.
      Given the parent playbook ends its loop after 2 batches, whatever number the request asks for
      When 12 travelers are enriched in 3 batches of 4 within 90 seconds
      Then the event log shows exactly 2 batches, each with one completed worker execution and one result, and the summary counts as many
      And the summary expects a row for each traveler in range, counts the rows of the target table as stored, and the travelers in range without a row as missing

    @C12 @P3 @core
    Scenario: The target table, the profile API's log and the summary agree
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then each traveler with a valid row has exactly one good answer in the profile API's log, and each traveler with a good answer has a valid row
      And the summary expects a row for each traveler in range, counts the rows of the target table as stored, and the travelers in range without a row as missing

    @C12 @P3
    Scenario: The target table and the summary agree after bad answers
      Given the profile API answers with broken JSON when asked about traveler 5
      And the profile API answers with HTTP status 500 when asked about traveler 11
      When 18 travelers are enriched in 3 batches of 6 within 90 seconds
      Then no traveler without a good answer has a valid row
      And the summary expects a row for each traveler in range, counts the rows of the target table as stored, and the travelers in range without a row as missing

    @C12 @C34 @P3
    Scenario: The summary counts dropped rows as missing
      The slow answers give the suite time to prepare the target table before a row comes in.
      Given the database silently drops the rows of travelers 6 and 12
      And each answer of the profile API takes 1.0 seconds
      When 12 travelers are enriched in 3 batches of 4 within 90 seconds
      Then the summary counts exactly the missing travelers, or the execution has failed and has no summary
      And the summary, if there is one, expects a row for each traveler in range, counts the rows of the target table as stored, and the travelers in range without a row as missing
      And no traveler is requested again after a good answer

    @C12 @C34 @P3
    Scenario: The summary counts deleted rows as missing
      Given an earlier execution has stored its travelers in the same tables
      And the database deletes the rows of travelers 1 and 3 while a later batch is stored
      When 9 travelers are enriched in 3 batches of 3 within 90 seconds
      Then the summary counts exactly the missing travelers, or the execution has failed and has no summary
      And the summary, if there is one, expects a row for each traveler in range, counts the rows of the target table as stored, and the travelers in range without a row as missing

    @C12 @C34 @P5
    Scenario: The row of a traveler out of range does not stand in for a missing one
      Given the database stores the row of traveler 4 under the number of traveler 10, who is out of range
      When 10 travelers are enriched in 3 batches of 3 within 90 seconds
      Then the summary counts exactly the missing travelers, or the execution has failed and has no summary

    @C12 @P3
    Scenario: The summary counts rows of any age
      Given the database backdates the rows of travelers 1 and 3 by 400 days while a later batch is stored
      When 9 travelers are enriched in 3 batches of 3 within 90 seconds
      Then the summary says "completed", with 3 batches, 9 rows expected, all of them stored and none missing
      And each traveler in range has exactly one row, valid or invalid with a reason, and no other traveler has a row

    @C12 @P1
    Scenario: The summary and the rows are those of one execution only
      Given five earlier executions, backdated by a day, a week, a month, a year and ten years, have stored their travelers under other names
      When 14 travelers are enriched in 2 batches of 7 within 90 seconds
      Then the summary says "completed", with 2 batches, 14 rows expected, all of them stored and none missing
      And each traveler in range has exactly one row, valid or invalid with a reason, and no other traveler has a row
      And each worker execution requests all travelers of its own batch and no others
      And no source or target row of another execution is added, changed or removed

  Rule: A traveler in range MUST NOT be missing, stored twice, or requested again after a good answer
    @P1
    Scenario: The execution stores every traveler in range exactly once
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then each traveler in range has exactly one row, valid or invalid with a reason, and no other traveler has a row
      And no source or target row of another execution is added, changed or removed

    @P2 @core
    Scenario: The execution requests every traveler exactly once
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then each traveler in range and no other is requested, and again only after its previous call got a bad answer
      And the profile API receives exactly 200 calls

    @P1 @P2
    Scenario: Nothing changes after the execution has ended
      A call that NoETL gave up on may be repeated once, also after the end.
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then no source or target row is added, changed or removed, and no call is in flight or made, in the 2 seconds after the execution's end
