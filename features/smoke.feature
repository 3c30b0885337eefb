@quick
Feature: Smoke run of the traveler batch enrichment
  A parent playbook seeds travelers and cuts them into batches of a fixed size. It runs one worker
  playbook for each batch, one after the other. The worker asks the profile API about each
  traveler of its batch, checks the answer and stores one row for the traveler. At the end the
  parent counts what is stored and says so in a summary.
  Each scenario judges a whole run by what it left in the database, in the engine's event log and
  in the profile API's own journal of calls. Scenarios that ask for the same run share it: it is
  carried out once. A traveler is in range when one of the batches covers its number.

  Background:
    Given the traveler playbooks are registered
    And the default credential is registered

  Rule: The parent MUST seed exactly the travelers that were asked for
    @C01 @C02 @C20
    Scenario: A run's own sizes decide what is seeded
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then NoETL answered the request with the id of the execution
      And 200 travelers are seeded for the run, numbered from 1, each once

    @C02
    Scenario: Without sizes of its own a run takes the defaults
      Then the defaults of the parent playbook are those of its documents

  Rule: Every batch window MUST get one worker execution of its own
    @C03
    Scenario: There are as many worker executions as batches
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then 4 worker executions ran, one for each batch, and the parent has the result of each

    @C04 @C10
    Scenario: Each worker execution handles its own slice of the travelers
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then each worker execution requested the travelers of its own batch, all of them and no other
      And each row carries the number of the batch that its traveler belongs to

    @C04 @C10
    Scenario: Slices go by the travelers' numbers, however the source table holds them
      Given the run names a credential that is for a second database
      And another execution has stored its travelers before
      And the source table holds the travelers in no order
      When 12 travelers are enriched in 3 batches of 4 within 90 seconds
      Then each worker execution requested the travelers of its own batch, all of them and no other
      And each row carries the number of the batch that its traveler belongs to
      And every traveler in range is requested until it is answered well, and not again

  Rule: Batches MUST run one after the other, and the parent MUST wait for each
    @C08 @C09
    Scenario: A batch starts after the one before has ended
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then the event log shows the batches one after the other
      And the profile API's journal shows the batches one after the other
      And the target table shows the batches one after the other

    @C08
    Scenario: The parent waits for the last step of each worker execution
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then the parent waits for the last step of each worker execution

    @C11
    Scenario: The parent goes on once, when the loop over the batches is done
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then the parent enters the validation of the stored rows exactly once, after the last batch
      And 4 worker executions ran, one for each batch, and the parent has the result of each

  Rule: Every profile MUST be fetched by an http step of the worker, several at a time
    @C05
    Scenario: Calls overlap when answers take a while
      Given each answer of the profile API takes 0.3 seconds
      When 40 travelers are enriched in 2 batches of 20 within 90 seconds
      Then the worker playbook asks for a parallel loop of http calls, at most 25 at once
      And at least 2 and at most 25 calls are in flight at once
      And the profile API really answered so

    @C06
    Scenario: No call is made outside an http step
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then http steps of the workers make all calls, and nothing else makes any

    @C36
    Scenario: All calls go to the address that the run names
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then every call goes to the address that the run names

  Rule: Answers MUST be validated, transformed and stored in the target table
    @C07
    Scenario: Each row holds its own traveler's answer
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then each valid row holds its own traveler's answer
      And each valid row holds the traveler's name, also trimmed and in upper case

    @C07
    Scenario: Names with special characters come through unharmed
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then every traveler is requested under the very name that was seeded

    @C07
    Scenario: Names are those of the run's own travelers, not of another execution's
      Given another execution has stored its travelers two days ago, under other names
      When 6 travelers are enriched in 2 batches of 3 within 90 seconds
      Then every traveler is requested under the very name that was seeded

    @C07 @P4
    Scenario: A bad answer is told from a good one
      Given the profile API answers about traveler 1 with something that is no profile
      And the profile API answers about traveler 3 with the profile of nobody
      And the profile API answers about traveler 8 with the profile of another traveler
      And the profile API answers about traveler 13 with the status 203
      When 16 travelers are enriched in 2 batches of 8 within 90 seconds
      Then no bad answer makes a valid row
      And the reasons in the rows do not say the same of every kind of bad answer
      And each row has an HTTP status that the profile API answered with
      And each valid row stands on exactly one good answer of the profile API
      And every traveler in range is stored exactly once, valid or invalid with a reason
      And http steps of the workers make all calls, and nothing else makes any

  Rule: The run MUST be carried out by the distributed runtime
    @C13
    Scenario: Workers carry out the steps
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then every step was carried out by a worker of the sandbox, by more than one in all

    @C15
    Scenario: The credential that the run names decides where the rows go
      Given the run names a credential that is for a second database
      When 9 travelers are enriched in 3 batches of 3 within 90 seconds
      Then the rows are stored in the database that the credential names, and in no other
      And no traveler in range is missing
      And the summary's totals are those of the target table

    @C15 @C36
    Scenario: Without a credential of its own a run takes the default
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then the defaults of the parent playbook are those of its documents
      And the rows are stored in the database that the credential names, and in no other

    @C03 @C13
    Scenario: Nothing is claimed, handled or ended twice, and nothing is left
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then every step was carried out once, by the worker that claimed it, and every execution ended once

  Rule: The status MUST tell when the run has ended
    @C22
    Scenario: The status says completed at the end and not before
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then the status says completed when the run has ended, and not before

  Rule: All travelers in range MUST be stored, whatever the sizes
    @C24
    Scenario: The smoke run stores all 200 travelers
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then the traveler ledger is exactly
        | outcome | rows |
        | valid   | 200  |
        | invalid | 0    |
      And every row has the HTTP status 200, in 4 batches, the last being batch 4
      And the columns of the target table are of the types that the documents' queries need

    @C25
    Scenario: No seeded traveler in range is without a row
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then no traveler in range is missing

    @C26
    Scenario Outline: Rows expected are the smaller of travelers and capacity: <case>
      When <seed> travelers are enriched in <batches> batches of <size> within 90 seconds
      Then <seed> travelers are seeded for the run, numbered from 1, each once
      And the traveler ledger is exactly
        | outcome | rows   |
        | valid   | <rows> |
        | invalid | 0      |
      And <batches> worker executions ran, one for each batch, and the parent has the result of each
      And the summary says completed, with <batches> rounds and <rows> rows expected and stored

      Examples:
        | case                         | seed | batches | size | rows |
        | fewer travelers than fit     | 12   | 2       | 10   | 12   |
        | as many travelers as fit     | 20   | 2       | 10   | 20   |
        | more travelers than fit      | 25   | 2       | 10   | 20   |
        | the last batch partly filled | 17   | 3       | 6    | 17   |
        | the last batch empty         | 10   | 3       | 5    | 10   |
        | a single traveler            | 1    | 1       | 1    | 1    |
        | a batch beyond the default   | 101  | 1       | 101  | 101  |
        | travelers beyond the default | 2001 | 1       | 5    | 5    |
        | sizes of unlike lengths      | 10   | 2       | 4    | 8    |
        | less than a single batch     | 9    | 2       | 10   | 9    |
        | no traveler at all           | 0    | 2       | 5    | 0    |

    @C04 @C10 @C26
    Scenario Outline: Batches that are not full are cut, asked about and stored as well: <case>
      When <seed> travelers are enriched in <batches> batches of <size> within 90 seconds
      Then each worker execution requested the travelers of its own batch, all of them and no other
      And every traveler in range is requested until it is answered well, and not again
      And each row carries the number of the batch that its traveler belongs to
      And each valid row holds its own traveler's answer

      Examples:
        | case                         | seed | batches | size |
        | more travelers than fit      | 25   | 2       | 10   |
        | the last batch partly filled | 17   | 3       | 6    |
        | the last batch empty         | 10   | 3       | 5    |

  Rule: The summary MUST agree with what is stored
    @C12 @C27
    Scenario: The summary of the smoke run
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then the summary says completed, with 4 rounds and 200 rows expected and stored
      And the summary's totals are those of the target table

    @C11 @C27
    Scenario: The summary counts the rounds that ran, not those that were asked for
      Given the parent playbook ends its loop after 2 rounds, whatever is asked for
      When 12 travelers are enriched in 3 batches of 4 within 90 seconds
      Then 2 worker executions ran, one for each batch, and the parent has the result of each
      And the summary's totals are those of the target table

    @C12 @P3
    Scenario: The target table, the journal of calls and the summary agree
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then each valid row stands on exactly one good answer of the profile API
      And the summary's totals are those of the target table

    @C12 @P3
    Scenario: They agree as well when the profile API fails for a traveler
      Given the profile API answers about traveler 5 with something that is no profile
      And the profile API answers about traveler 11 with the error 500
      When 18 travelers are enriched in 3 batches of 6 within 90 seconds
      Then no bad answer makes a valid row
      And the summary's totals are those of the target table

    @C12 @C34 @P3
    Scenario: The summary counts what the database has lost, within a batch and at the end
      Given the target table loses the rows of travelers 6 and 12
      And each answer of the profile API takes 1.0 seconds
      When 12 travelers are enriched in 3 batches of 4 within 90 seconds
      Then missing travelers are told by the summary, or the run has failed
      And the summary's totals are those of the target table
      And 3 worker executions ran, one for each batch, and the parent has the result of each
      And no traveler is requested again after a good answer

    @C12 @C34 @P3
    Scenario: The summary counts what is in the table at the end, not what was stored on the way
      Given the target table removes the rows of travelers 1 and 3 while a later batch is stored
      When 9 travelers are enriched in 3 batches of 3 within 90 seconds
      Then missing travelers are told by the summary, or the run has failed
      And the summary's totals are those of the target table

    @C12 @C34 @P5
    Scenario: A row of a traveler in no batch does not stand for one that is missing
      Given the target table stores the row of traveler 4 under the number of traveler 10
      When 10 travelers are enriched in 3 batches of 3 within 90 seconds
      Then missing travelers are told by the summary, or the run has failed

    @C12 @P3
    Scenario: The summary counts rows of any age
      Given the target table dates the rows of travelers 1 and 3 back by 400 days while a later batch is stored
      When 9 travelers are enriched in 3 batches of 3 within 90 seconds
      Then the summary says completed, with 3 rounds and 9 rows expected and stored
      And every traveler in range is stored exactly once, valid or invalid with a reason

    @C12 @P1
    Scenario: They speak of one execution and leave the others alone
      Given executions of a day, a week, a month, a year and 10 years ago have stored their travelers, under other names
      When 14 travelers are enriched in 2 batches of 7 within 90 seconds
      Then the summary says completed, with 2 rounds and 14 rows expected and stored
      And every traveler in range is stored exactly once, valid or invalid with a reason
      And each worker execution requested the travelers of its own batch, all of them and no other
      And no row of another execution is added, changed or removed

  Rule: A traveler MUST NOT be lost, doubled or requested twice
    @P1
    Scenario: Every seeded traveler in range is accounted for, once
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then every traveler in range is stored exactly once, valid or invalid with a reason
      And no row of another execution is added, changed or removed

    @P2
    Scenario: Every traveler is requested once
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then every traveler in range is requested until it is answered well, and not again
      And the profile API received 200 calls in all

    @P1 @P2
    Scenario: Nothing changes after the run has ended
      When 200 travelers are enriched in 4 batches of 50 within 90 seconds
      Then neither rows nor calls change in the 2 seconds after the end
