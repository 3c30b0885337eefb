Feature: The HTTP connections of a worker
  A worker keeps its connections to an HTTP server open in order to reuse them. The documents name
  four environment variables of the worker for this. The profile API's log has the connection and
  the protocol of each call, and so shows what the variables do.
  Calls: a small playbook of the suite makes the calls on a single worker, one after the other. "6
  calls to two addresses in turn" are 6 calls in all, which alternate between the two addresses. A
  worker that may keep only one connection then has to open a new one for each call, and the
  connection to one address is idle while the worker waits for an answer from the other.
  Words: the introduction of smoke.feature explains "worker", "the documents", "set-up", "logs" and
  the tags.
  Usual settings: those of the suite's sandbox, which leave the four variables at NoETL's defaults.
  Patience: "within 60 seconds" is how long the suite waits for the calls. If they have not ended by
  then, the scenario fails. The figure is the suite's own, not a promise about NoETL.

  Rule: By default a worker MUST reuse its connections and use HTTP/2 over TLS
    Background:
      Given a single worker with the sandbox's usual settings

    @C38 @C39
    Scenario: A worker needs one connection for each of two addresses
      When the worker makes 6 calls to two addresses of the profile API in turn within 60 seconds
      Then the calls use HTTP/1.1 and 2 connections in all

    @C40
    Scenario: A worker reuses a connection that was idle for 2 seconds
      Given each answer of the profile API takes 2.0 seconds
      When the worker makes 4 calls to two addresses of the profile API in turn within 60 seconds
      Then the profile API's log confirms that each address was idle for 2 seconds between its calls
      And the calls use HTTP/1.1 and 2 connections in all

    @C41
    Scenario: A worker uses HTTP/2 over TLS on one connection
      When the worker makes 3 calls to the profile API over TLS within 60 seconds
      Then the calls use HTTP/2 and 1 connection in all

  Rule: NOETL_HTTP_MAX_CONNECTIONS MUST limit the connections that a worker has open at the same time
    @C38
    Scenario: A worker that may have one connection closes it to call another address
      Given a single worker with NOETL_HTTP_MAX_CONNECTIONS set to 1
      When the worker makes 6 calls to two addresses of the profile API in turn within 60 seconds
      Then the calls use HTTP/1.1 and 6 connections in all

  Rule: NOETL_HTTP_MAX_KEEPALIVE_CONNECTIONS MUST limit the idle connections that a worker keeps open
    @C39
    Scenario: A worker that may keep one idle connection closes it to call another address
      Given a single worker with NOETL_HTTP_MAX_KEEPALIVE_CONNECTIONS set to 1
      When the worker makes 6 calls to two addresses of the profile API in turn within 60 seconds
      Then the calls use HTTP/1.1 and 6 connections in all

  Rule: NOETL_HTTP_KEEPALIVE_EXPIRY_SECONDS MUST limit how long a worker keeps an idle connection
    @C40
    Scenario: With an expiry of 1 second, a worker does not reuse a connection that was idle for 2 seconds
      Given a single worker with NOETL_HTTP_KEEPALIVE_EXPIRY_SECONDS set to 1
      And each answer of the profile API takes 2.0 seconds
      When the worker makes 4 calls to two addresses of the profile API in turn within 60 seconds
      Then the profile API's log confirms that each address was idle for 2 seconds between its calls
      And the calls use HTTP/1.1 and 4 connections in all

    @C40
    Scenario: With an expiry of 1 second, a worker reuses a connection that was idle for less
      Given a single worker with NOETL_HTTP_KEEPALIVE_EXPIRY_SECONDS set to 1
      When the worker makes 4 calls to two addresses of the profile API in turn within 60 seconds
      Then the calls use HTTP/1.1 and 2 connections in all

  Rule: NOETL_HTTP_ENABLE_HTTP2 MUST decide whether a worker uses HTTP/2
    @C41
    Scenario: A worker without HTTP/2 uses HTTP/1.1 over TLS
      Given a single worker with NOETL_HTTP_ENABLE_HTTP2 set to false
      When the worker makes 3 calls to the profile API over TLS within 60 seconds
      Then the calls use HTTP/1.1 and 1 connection in all
