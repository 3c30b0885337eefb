Feature: A cancelled execution
  A user who has started the wrong execution cancels it, through NoETL's API or with NoETL's command
  line. From then on it does no more than what its workers had begun, its status says what became of
  it, and NoETL carries out the next execution as if nothing had happened.
  Request: "12 travelers are enriched in 3 batches of 4, and NoETL's API cancels the execution when
  call 6 has arrived" makes one request to NoETL: seed 12 travelers and carry out 3 batches of up to 4.
  As soon as the profile API has received the sixth call, and a call is in flight, the suite asks NoETL
  to cancel the execution with all that it has started: batch 2 is at work then, batch 3 has not begun.
  NoETL's command line is asked to cancel worker executions as well ("--cascade").
  Workers: the scenarios have a sandbox of their own, with 3 workers that take one command at a time: one
  of them holds the parent's command, and two call the profile API.
  At work: a command is at work from the moment at which a worker claims it until it is finished. In
  the step about calls and rows, the command by which a parent waits for a worker execution is not.
  Watched: the suite watches a cancelled execution until no event has come and no call has been in
  flight for 10 seconds, and then looks at its status, its calls and its rows.
  New execution: it is carried out on the same workers, beside whatever the cancelled one has left.
  Words: the introduction of smoke.feature explains "worker", "command", "batch", "in flight", "stored",
  "status", "event log", "end", "set-up", "logs" and the tags.
  Patience: "within 120 seconds" is how long the suite waits for the end. An execution that has not
  ended by then fails the scenario. The figure is the suite's own, not a promise about NoETL.

  Background:
    Given the traveler playbooks are registered
    And the playbooks' default credential is registered

  Rule: A cancelled execution MUST say so and stop, and MUST leave NoETL able to carry out the next one
    The first two travelers of batch 2 are answered slowly: so their calls are in flight when the
    execution is cancelled, the parent looks at its worker execution at least twice before they end,
    and travelers 7 and 8 have not been requested yet.
    @P14
    Scenario Outline: An execution is cancelled in the middle of a batch through NoETL's <way>
      Given 3 workers that take 1 command at a time
      And the profile API takes 5 seconds to answer when asked about travelers 5 and 6
      When 12 travelers are enriched in 3 batches of 4, and NoETL's <way> cancels the execution when call 6 has arrived
      Then the status says "cancelled", and the event log says that the execution has ended
      And after the cancellation no call starts and no row is stored, except by commands then at work
      And no command of the execution or of its worker executions stays at work
      When a new execution of the same sizes is carried out within 120 seconds
      Then each traveler in range has exactly one row, valid or invalid with a reason, and no other traveler has a row
      And each traveler in range and no other is requested, and again only after its previous call got a bad answer
      And the summary says "completed", with 3 batches, 12 rows expected, all of them stored and none missing

      Examples:
        | way          |
        | API          |
        | command line |
