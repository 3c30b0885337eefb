@fault
Feature: The network fails in the middle of a batch
  NoETL's server, its workers, NATS, Postgres and the profile API may run on different machines. What
  connects them is cut, goes silent and slows down; NoETL must carry on when it is back.
  Link: the connections of all workers, of one or of the server, to one other service. In these
  scenarios a proxy of the suite's stands in each link. Between faults it hands on each byte as it comes.
  Fault: as soon as the profile API has received the twelfth call, and a call is in flight, the proxy
  does to one link what the scenario says. Batch 2 of 3 is at work then.
  Cut: each connection of the link is reset, and each new one likewise once it is made.
  Silent: nothing passes in either direction, and no connection is closed. New connections are made and
  hear nothing. Afterwards everything that was held arrives, in its order.
  Silent in its answers: what the workers send arrives, and what the server answers is held likewise.
  Slow: each byte arrives 2 seconds late, in either direction.
  Hit and healed: the suite goes on only when it has seen that the proxy has reset a connection of the
  link or held what came by it, and later that the proxy refuses and holds nothing any more.
  End: "within 120 seconds of the healing" is the suite's own figure, not a promise about NoETL. The
  suite stops waiting earlier where for 35 seconds no event but a heartbeat was written, no call
  arrived, and NATS handed out no message and had none to hand out: then the execution hangs.
  Words: the introduction of smoke.feature explains "worker", "command", "batch", "in flight",
  "stored", "status", "end", "summary", "set-up", "logs" and the tags; that of worker_faults.feature
  explains "explained".

  Background:
    Given the traveler playbooks are registered
    And the playbooks' default credential is registered
    And 5 workers that take 1 command at a time
    And a proxy in each link between the services
    And each answer of the profile API takes 0.5 seconds

  @P10 @P6 @P9
  Rule: An execution MUST survive a network that fails, or say what it has lost
    @logs_lost_network
    Scenario Outline: <what> is <what is done>
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived <what> is <what is done>
      Then no traveler has two rows, and no call is made again but for the commands that the fault met
      And within 120 seconds of the healing the execution ends, and its status says so
      And the summary counts exactly the missing travelers, or the execution fails with a reason

      Examples:
        | what                                             | what is done          |
        | the link between the workers and the server      | cut for 15 seconds    |
        | the link between the workers and the server      | silent for 15 seconds |
        | the link between the workers and the server      | slow for 15 seconds   |
        | the link between the workers and NATS            | cut for 15 seconds    |
        | the link between the workers and NATS            | silent for 15 seconds |
        | the link between the workers and NATS            | slow for 15 seconds   |
        | the link between the workers and Postgres        | cut for 15 seconds    |
        | the link between the workers and Postgres        | silent for 15 seconds |
        | the link between the workers and Postgres        | slow for 15 seconds   |
        | the link between the workers and the profile API | cut for 15 seconds    |
        | the link between the workers and the profile API | silent for 15 seconds |
        | the link between the workers and the profile API | slow for 15 seconds   |
        | the link between the server and NATS             | cut for 15 seconds    |
        | the link between the server and NATS             | silent for 15 seconds |
        | the link between the server and NATS             | slow for 15 seconds   |
        | the link between the server and Postgres         | cut for 15 seconds    |
        | the link between the server and Postgres         | silent for 15 seconds |
        | the link between the server and Postgres         | slow for 15 seconds   |

      Examples: in one direction, and of one worker
        | what                                                                | what is done                         |
        | the link between the workers and the server                         | silent in its answers for 15 seconds |
        | the link between a worker that calls the profile API and the server | silent for 15 seconds                |

  @P11 @P12
  Rule: An execution that met a network that failed MUST be over at its end, and the next one MUST be whole
    @logs_lost_network
    Scenario Outline: After <what> was <what is done>
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived <what> is <what is done>
      Then after its end no call starts, no row is stored and no worker execution runs
      And a new execution of the same sizes, asked for on the same services, completes with a row for every traveler and a summary that agrees

      Examples:
        | what                                             | what is done          |
        | the link between the workers and the server      | cut for 15 seconds    |
        | the link between the workers and the server      | silent for 15 seconds |
        | the link between the workers and the server      | slow for 15 seconds   |
        | the link between the workers and NATS            | cut for 15 seconds    |
        | the link between the workers and NATS            | silent for 15 seconds |
        | the link between the workers and NATS            | slow for 15 seconds   |
        | the link between the workers and Postgres        | cut for 15 seconds    |
        | the link between the workers and Postgres        | silent for 15 seconds |
        | the link between the workers and Postgres        | slow for 15 seconds   |
        | the link between the workers and the profile API | cut for 15 seconds    |
        | the link between the workers and the profile API | silent for 15 seconds |
        | the link between the workers and the profile API | slow for 15 seconds   |
        | the link between the server and NATS             | cut for 15 seconds    |
        | the link between the server and NATS             | silent for 15 seconds |
        | the link between the server and NATS             | slow for 15 seconds   |
        | the link between the server and Postgres         | cut for 15 seconds    |
        | the link between the server and Postgres         | silent for 15 seconds |
        | the link between the server and Postgres         | slow for 15 seconds   |

      Examples: in one direction, and of one worker
        | what                                                                | what is done                         |
        | the link between the workers and the server                         | silent in its answers for 15 seconds |
        | the link between a worker that calls the profile API and the server | silent for 15 seconds                |
