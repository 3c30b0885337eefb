@quick
Feature: Smoke test of the traveler batch enrichment
  The parent playbook seeds travelers into a source table and cuts them into batches of a fixed
  size. Its execution, the parent, starts one worker execution for each batch, one after the other.
  A worker execution calls the profile API about each traveler of its batch, validates the answers,
  and stores one row per traveler in the target table: a valid one, or an invalid one with a reason.
  At the end the parent counts the rows and returns a summary.
  Request: "When 200 travelers are enriched in 4 batches of 50" makes one request to NoETL: seed 200
  travelers and carry out 4 batches of up to 50. Scenarios that make the same request share its
  execution; each judges what it left in the tables, in NoETL's event log, and in the profile API's
  own log of calls.
  Batch: batch 1 holds travelers 1 to 50, batch 2 holds 51 to 100, and so on.
  In range: a traveler is in range when one of the batches holds it. Any other traveler is seeded
  and nothing more.
  Requested: a traveler is requested when the profile API is called about it.
  Answers: what a "Given" arranges about a traveler holds for every call about that traveler. All
  other answers are good and come at once.
  Good answer: an answer with HTTP status 200 that is complete, is about the traveler of the call,
  and arrives before NoETL gives the call up. Any other answer is bad.
  In flight: a call is in flight until it is answered. The peak is the most calls in flight at the
  same moment.
  Command: one piece of work, such as a call or a query, that NoETL's server gives out and a worker
  claims and carries out.
  End: an execution, of the parent or of a worker, ends with its event playbook.completed or
  playbook.failed. When a command of the parent has failed and neither event follows, the execution
  ends after 3 seconds without an open command.
  The documents: the two that describe these playbooks; docs/contract.md names them.
  Patience: "within 90 seconds" is how long the suite waits for the end, not a promise about NoETL.
  Set-up: a step with "confirms" checks what the scenario has arranged, not a promise about NoETL.
  Tags: @C or @P with a number names a claim of docs/contract.md that the scenario proves. @quick
  marks the two features of the short test run.

  Background:
    Given the traveler playbooks are registered
    And the playbooks' default credential is registered

  Rule: The parent MUST seed exactly the travelers of the request
    @C01 @C02 @C20
    Scenario: The parent seeds as many travelers as the request asks for
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then NoETL answers the request with the id of the execution that it has started
      And the parent has seeded 200 travelers, numbered from 1, each once

    @C02
    Scenario: The parent playbook has the documents' default sizes
      The defaults are 2000 travelers, 20 batches of 100, the credential pg_k8s, and the address of a
      public service, which nothing in the sandbox reaches.
      Then the parent playbook has the documents' default sizes, credential and profile API address

  Rule: Each batch MUST get one worker execution of its own
    @C03
    Scenario: The parent starts one worker execution for each batch
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then the parent and its summary count exactly 4 batches, with one completed worker execution and one result per batch

    @C04 @C10
    Scenario: Each worker execution handles the travelers of its own batch
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then each worker execution requests all travelers of its own batch and no others
      And each row carries the number of its traveler's batch

    @C04 @C10
    Scenario: Batches follow the travelers' numbers, not the order in the source table
      Given the request names a credential for a second database
      And an earlier execution has stored its travelers in the same tables
      And the source table does not hold the travelers in the order of their numbers
      When 12 travelers are enriched in 3 batches of 4 within 90 seconds
      Then each worker execution requests all travelers of its own batch and no others
      And each row carries the number of its traveler's batch
      And no traveler is requested again after a good answer, and none in range is left unrequested

  Rule: The parent MUST carry out the batches one after the other and wait for each
    @C08 @C09
    Scenario: A batch starts after the previous one has ended
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then the event log shows the batches in order, each starting after the previous one ended
      And the profile API's log shows the batches in order, the calls of each after the answers of the previous one
      And the target table shows the rows of each batch stored before its worker execution ended

    @C08
    Scenario: The parent waits for the last step of each worker execution
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then the parent waits until each worker execution has carried out its last step

    @C11
    Scenario: The parent continues once, after the last batch
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then the parent starts to validate the stored rows exactly once, after the last batch has ended
      And the parent and its summary count exactly 4 batches, with one completed worker execution and one result per batch

  Rule: An http step of the worker MUST fetch every profile, several at a time
    @C05
    Scenario: Calls overlap when each answer takes a while
      Given each answer of the profile API takes 0.3 seconds
      When 40 travelers are enriched in 2 batches of 20 within 90 seconds
      Then the worker playbook has a parallel loop of http calls with at most 25 in flight
      And the peak of calls in flight is at least 2 and at most 25
      And the profile API's log confirms these answers

    @C06
    Scenario: Only http steps make calls
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then http steps of the worker executions make every call, and no other step makes one

    @C36
    Scenario: All calls go to the address that the request names
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then every traveler in range is requested at the address that the request names, and no call goes elsewhere

  Rule: The worker MUST validate, transform and store the answers
    @C07
    Scenario: Each valid row holds its own traveler's answer
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then each valid row holds the profile API's answer about its own traveler
      And each valid row holds its traveler's name as seeded, and once more trimmed and in upper case

    @C07
    Scenario: Names with special characters reach the profile API unchanged
      The parent seeds names that break careless code: with quotation marks, backslashes, dollar signs,
      {{ 7 * 6 }}, {% raw %}, 100% & + ? #, emoji, Arabic letters, 500 characters, or spaces at both ends.
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then every call carries its traveler's name exactly as seeded

    @C07
    Scenario: Names come from the execution's own travelers
      Given an earlier execution, dated back by two days, has stored its travelers under other names
      When 6 travelers are enriched in 2 batches of 3 within 90 seconds
      Then every call carries its traveler's name exactly as seeded

    @C07 @P4
    Scenario: The worker tells bad answers from good ones
      Given the profile API answers with broken JSON when asked about traveler 1
      And the profile API answers with an empty profile when asked about traveler 3
      And the profile API answers with another traveler's profile when asked about traveler 8
      And the profile API answers with HTTP status 203 when asked about traveler 13
      When 16 travelers are enriched in 2 batches of 8 within 90 seconds
      Then no traveler without a good answer has a valid row
      And the invalid rows do not all give the same reason
      And no row shows a 2xx status that the profile API did not send about its traveler
      And each valid row matches exactly one good answer in the profile API's log, and each good answer matches a valid row
      And each traveler in range has exactly one row, valid or invalid with a reason, and no other traveler has a row
      And http steps of the worker executions make every call, and no other step makes one

  Rule: The distributed runtime MUST carry out the execution
    The distributed runtime is a server that gives out commands, such as a call or a query, and several
    workers that claim the commands and carry them out.
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
      And the summary's expected, stored and missing rows match the target table

    @C15 @C36
    Scenario: A request that names no credential gets the default one
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then the parent playbook has the documents' default sizes, credential and profile API address
      And the rows are stored in the database of the default credential

    @C03 @C13
    Scenario: Nothing is carried out twice or left over
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then each command is claimed once and carried out, no traveler and no batch is handled twice, and each execution ends once

  Rule: The status MUST tell when the execution has ended
    @C22
    Scenario: The status says completed at the end and not before
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then the status says "completed" after the end of the execution, and not before

  Rule: Every traveler in range MUST be stored, whatever the sizes
    @C24
    Scenario: The smoke test stores all 200 travelers
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then the stored rows are exactly
        | outcome | rows |
        | valid   | 200  |
        | invalid | 0    |
      And every stored row has HTTP status 200
      And the stored rows carry exactly 4 different batch numbers, the highest of them 4
      And the columns of the target table have the types that the documents' queries need

    @C25
    Scenario: Every seeded traveler in range has a row
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then every seeded traveler in range has a row

    @C26
    Scenario Outline: The execution stores as many travelers as fit into its batches: <case>
      Compared as texts, numbers of different lengths would be ordered wrongly: 10 before 8.
      When <seed> travelers are enriched in <batches> of <size> within 90 seconds
      Then the parent has seeded <seed> travelers, numbered from 1, each once
      And the stored rows are exactly
        | outcome | rows   |
        | valid   | <rows> |
        | invalid | 0      |
      And the parent and its summary count exactly <batches>, with one completed worker execution and one result per batch
      And the summary says "completed", with <batches>, <rows> rows expected, as many stored and none missing

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
      And the stored rows are exactly
        | outcome | rows |
        | valid   | 1    |
        | invalid | 0    |
      And the parent and its summary count exactly 1 batch, with one completed worker execution and one result per batch
      And the summary says "completed", with 1 batch, 1 row expected, as many stored and none missing

    @C04 @C10 @C26
    Scenario Outline: The execution handles each traveler in its own batch: <case>
      When <seed> travelers are enriched in <batches> of <size> within 90 seconds
      Then each worker execution requests all travelers of its own batch and no others
      And no traveler is requested again after a good answer, and none in range is left unrequested
      And each row carries the number of its traveler's batch
      And each valid row holds the profile API's answer about its own traveler

      Examples:
        | case                         | seed | batches   | size |
        | more travelers than places   | 25   | 2 batches | 10   |
        | the last batch partly filled | 17   | 3 batches | 6    |
        | the last batch empty         | 10   | 3 batches | 5    |

  Rule: The summary MUST agree with the stored rows
    @C12 @C27
    Scenario: The summary counts the batches and rows of the smoke test
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then the summary says "completed", with 4 batches, 200 rows expected, as many stored and none missing
      And the summary's expected, stored and missing rows match the target table

    @C11 @C27
    Scenario: The summary counts the batches carried out, not those requested
      Given the parent playbook ends its loop after 2 batches, whatever number is requested
      When 12 travelers are enriched in 3 batches of 4 within 90 seconds
      Then the parent and its summary count exactly 2 batches, with one completed worker execution and one result per batch
      And the summary's expected, stored and missing rows match the target table

    @C12 @P3
    Scenario: The target table, the profile API's log and the summary agree
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then each valid row matches exactly one good answer in the profile API's log, and each good answer matches a valid row
      And the summary's expected, stored and missing rows match the target table

    @C12 @P3
    Scenario: The target table and the summary agree after bad answers
      Given the profile API answers with broken JSON when asked about traveler 5
      And the profile API answers with HTTP status 500 when asked about traveler 11
      When 18 travelers are enriched in 3 batches of 6 within 90 seconds
      Then no traveler without a good answer has a valid row
      And the summary's expected, stored and missing rows match the target table

    @C12 @C34 @P3
    Scenario: The summary counts dropped rows as missing
      Given the database silently drops the rows of travelers 6 and 12
      And each answer of the profile API takes 1.0 seconds
      When 12 travelers are enriched in 3 batches of 4 within 90 seconds
      Then the summary counts the missing travelers, or the execution has failed
      And the summary's expected, stored and missing rows match the target table
      And the parent and its summary count exactly 3 batches, with one completed worker execution and one result per batch
      And no traveler is requested again after a good answer

    @C12 @C34 @P3
    Scenario: The summary counts deleted rows as missing
      Given the database deletes the rows of travelers 1 and 3 while a later batch is stored
      When 9 travelers are enriched in 3 batches of 3 within 90 seconds
      Then the summary counts the missing travelers, or the execution has failed
      And the summary's expected, stored and missing rows match the target table

    @C12 @C34 @P5
    Scenario: The row of a traveler out of range does not stand in for a missing one
      Given the database stores the row of traveler 4 under the number of traveler 10, who is out of range
      When 10 travelers are enriched in 3 batches of 3 within 90 seconds
      Then the summary counts the missing travelers, or the execution has failed

    @C12 @P3
    Scenario: The summary counts rows of any age
      Given the database dates the rows of travelers 1 and 3 back by 400 days while a later batch is stored
      When 9 travelers are enriched in 3 batches of 3 within 90 seconds
      Then the summary says "completed", with 3 batches, 9 rows expected, as many stored and none missing
      And each traveler in range has exactly one row, valid or invalid with a reason, and no other traveler has a row

    @C12 @P1
    Scenario: The summary and the rows are those of one execution only
      Given five earlier executions, dated back by a day, a week, a month, a year and ten years, have stored their travelers under other names
      When 14 travelers are enriched in 2 batches of 7 within 90 seconds
      Then the summary says "completed", with 2 batches, 14 rows expected, as many stored and none missing
      And each traveler in range has exactly one row, valid or invalid with a reason, and no other traveler has a row
      And each worker execution requests all travelers of its own batch and no others
      And no row of another execution is added, changed or removed

  Rule: A traveler in range MUST NOT be left without a row, stored twice, or requested again after a good answer
    @P1
    Scenario: The execution stores every traveler in range exactly once
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then each traveler in range has exactly one row, valid or invalid with a reason, and no other traveler has a row
      And no row of another execution is added, changed or removed

    @P2
    Scenario: The execution requests every traveler exactly once
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then no traveler is requested again after a good answer, and none in range is left unrequested
      And the profile API receives exactly 200 calls

    @P1 @P2
    Scenario: Nothing changes after the execution has ended
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then no row is added, changed or removed, and no call is open or made, in the 2 seconds after the execution's end
