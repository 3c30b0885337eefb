Feature: The connections of a worker
  A worker keeps its connections to an HTTP server open, to use them again. NoETL's documents name
  four settings for this, environment variables of the worker. What they do is seen by the profile
  API, which notes the connection and the protocol of each call. The calls are made by a small
  playbook of the suite's own and by a single worker, which makes one call at a time. So a cap
  shows when the calls go to two addresses of the API in turn: a worker that may keep one
  connection only has to open a new one for each call. A connection is idle while the worker waits
  for an answer from the other address.

  Rule: By default a worker MUST keep its connections, and speak HTTP/2 where the API does
    Background:
      Given a single worker with default settings

    @C38 @C39
    Scenario: Calls to two addresses in turn need one connection for each
      When the worker makes 6 calls, to two addresses of the profile API in turn, within 60 seconds
      Then the calls are made over HTTP/1.1, on 2 connections

    @C40
    Scenario: A connection that is idle for 2 seconds is used again
      Given each answer of the profile API takes 2.0 seconds
      When the worker makes 4 calls, to two addresses of the profile API in turn, within 60 seconds
      Then the calls leave each address alone for 2 seconds at a time
      And the calls are made over HTTP/1.1, on 2 connections

    @C41
    Scenario: Over TLS the calls are made over HTTP/2, on one connection
      When the worker makes 3 calls, to the profile API over TLS, within 60 seconds
      Then the calls are made over HTTP/2, on 1 connection

  Rule: NOETL_HTTP_MAX_CONNECTIONS MUST cap the connections of a worker
    @C38
    Scenario: With one connection allowed, a call to another address closes the one before
      Given a single worker with NOETL_HTTP_MAX_CONNECTIONS set to 1
      When the worker makes 6 calls, to two addresses of the profile API in turn, within 60 seconds
      Then the calls are made over HTTP/1.1, on 6 connections

  Rule: NOETL_HTTP_MAX_KEEPALIVE_CONNECTIONS MUST cap the idle connections of a worker
    @C39
    Scenario: With one idle connection allowed, a call to another address closes the one before
      Given a single worker with NOETL_HTTP_MAX_KEEPALIVE_CONNECTIONS set to 1
      When the worker makes 6 calls, to two addresses of the profile API in turn, within 60 seconds
      Then the calls are made over HTTP/1.1, on 6 connections

  Rule: NOETL_HTTP_KEEPALIVE_EXPIRY_SECONDS MUST end an idle connection
    @C40
    Scenario: With an expiry of 1 second, a connection that is idle for 2 seconds is not used again
      Given a single worker with NOETL_HTTP_KEEPALIVE_EXPIRY_SECONDS set to 1
      And each answer of the profile API takes 2.0 seconds
      When the worker makes 4 calls, to two addresses of the profile API in turn, within 60 seconds
      Then the calls leave each address alone for 2 seconds at a time
      And the calls are made over HTTP/1.1, on 4 connections

    @C40
    Scenario: With an expiry of 1 second, a connection that is not idle for so long is used again
      Given a single worker with NOETL_HTTP_KEEPALIVE_EXPIRY_SECONDS set to 1
      When the worker makes 4 calls, to two addresses of the profile API in turn, within 60 seconds
      Then the calls are made over HTTP/1.1, on 2 connections

  Rule: NOETL_HTTP_ENABLE_HTTP2 MUST decide whether a worker speaks HTTP/2
    @C41
    Scenario: Without HTTP/2 the calls are made over HTTP/1.1
      Given a single worker with NOETL_HTTP_ENABLE_HTTP2 set to false
      When the worker makes 3 calls, to the profile API over TLS, within 60 seconds
      Then the calls are made over HTTP/1.1, on 1 connection
