@fault
Feature: The network fails in the middle of a batch
  NoETL's server, its workers, NATS, Postgres and the profile API may run on different machines. The links
  between them are cut, go silent and slow down. Once they work again executions must complete, with the
  missing travelers counted, or fail with a reason.
  Link: all connections of all workers, one worker or the server to one other service. "Every link of the
  server" means three links: from the workers, to NATS and to Postgres. In these scenarios a proxy of the
  suite's stands in each link. Between faults it hands on each byte as it comes.
  Fault: as soon as the profile API has received the twelfth call, and a call is in flight, the proxy does
  to one link, or to each of several, what the scenario says. From that call on the profile API holds
  every answer until the suite has done so: batch 2 of 3 is at work.
  Cut: every open connection of the link is reset, and every new one as soon as it is made.
  Silent: nothing passes in either direction, and no connection is closed. New connections are accepted
  and receive nothing. At the healing everything that was held is delivered in order, except
  from a client that has gone before its connection was made.
  Silent in its answers: what the workers send arrives; what the server sends back is held until the
  healing.
  Slow: each byte arrives 2 seconds late, in either direction.
  Hit and healed: a fault counts only if the suite has seen that the proxy has reset a connection of the
  link or held what came by it, and later that the proxy resets and holds nothing any more. Of the three
  links of the server it is enough that one was hit. Otherwise the scenario fails or is not judged, as
  docs/explanation/faults.md says. The healing is the moment at which the suite has the proxy let
  everything pass.
  Patience: "within 120 seconds of the healing" is the suite's own figure, not a promise about NoETL; an
  execution may also end before the healing. "Its status says so": the status says that it has ended, in
  whatever way; but NoETL must not cancel what nobody asked it to cancel. The suite stops waiting earlier
  if the execution hangs: after the healing, for 35 seconds, no event except heartbeats is written, no
  call arrives or is in flight, and NATS answers, hands out no message and has none to hand out. Python
  releases from 2.10.4 on may take up an open command only minutes later, so there the suite waits on
  while a command is open. An execution that hangs has no end, so it also fails the scenario about what
  comes after the end; its summary is not judged. The new execution is requested once, when the first one
  has ended or hangs, and no service is started again for it. The suite looks for what came after the end
  when the new execution is over, and every command has ended or can no longer be taken up. A failed
  execution has a reason if the parent, or a worker execution that did not complete, tells an error.
  Words: the introduction of smoke.feature explains "parent", "worker", "command", "batch", "call", "in
  flight", "missing", "reason", "status", "end", "summary", "logs" and the tags; that of
  worker_faults.feature explains "explained". A fault of a workers' link interrupts every command that
  these workers hold. A fault of every link of the server interrupts every command that any worker holds.
  A fault of the server's link to NATS or to Postgres alone interrupts none.

  Background:
    Given the traveler playbooks are registered
    And the playbooks' default credential is registered
    And 5 workers that take 1 command at a time
    And a proxy in each link between the services
    And each answer of the profile API takes 0.5 seconds

  @P10 @P6 @P9
  Rule: After a fault of the network an execution MUST end, repeat nothing without cause, and count the missing travelers or fail with a reason
    @logs_lost_network
    Scenario Outline: <what> is <what is done>
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived <what> is <what is done>
      Then no traveler has two rows, and no more calls are repeated than the interrupted commands explain
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

      Examples: of a service that is cut off from all others
        | what                     | what is done          |
        | every link of the server | silent for 10 seconds |
        | every link of the server | silent for 45 seconds |

  @P11 @P12
  Rule: Even after a fault of the network NoETL MUST NOT go on with an execution that has ended, and MUST complete a new one
    @logs_lost_network
    Scenario Outline: After <what> was <what is done>
      When 24 travelers are enriched in 3 batches of 8, and as soon as call 12 has arrived <what> is <what is done>
      Then after the end of the execution no call starts, no row is stored and no worker execution runs
      And a new execution of the same sizes, requested on the same services, completes with one good answer and one row for each traveler, and its summary counts these rows

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

      Examples: of a service that is cut off from all others
        | what                     | what is done          |
        | every link of the server | silent for 10 seconds |
        | every link of the server | silent for 45 seconds |
