# One target for each service of the sandbox. No `# syntax=` line: it would pull an image.
# The build context is put together by noetl_acceptance/sandbox/builds/images.py. Mirrors, indexes and
# certificates come from the machine that builds, as arguments and secrets, and stay out of layers:
# an index's address may hold a password, so it is a secret; an argument would stand in the history.
ARG BASE=debian:trixie-slim

FROM ${BASE} AS base
ARG DEBIAN_FRONTEND=noninteractive
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    rm -f /etc/apt/apt.conf.d/docker-clean \
 && apt-get -qq update \
 && apt-get -qq -y --no-install-recommends install ca-certificates python3 >/dev/null \
 && useradd --system --uid 10001 --create-home sandbox
ENV LANG=C.UTF-8 TZ=UTC PYTHONUNBUFFERED=1 NO_COLOR=1

FROM base AS installer
ARG DEBIAN_FRONTEND=noninteractive
COPY uv.txt installing.sh /build/
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    --mount=type=secret,id=ca --mount=type=secret,id=index \
    apt-get -qq update \
 && apt-get -qq -y --no-install-recommends install python3-pip-whl >/dev/null \
 && . /build/installing.sh \
 && python3 "$(ls /usr/share/python-wheels/pip-*.whl)/pip" install -q --no-cache-dir --require-hashes \
      --target /opt/uv -r /build/uv.txt
ENV PATH=/opt/uv/bin:$PATH UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
COPY install.sh /build/install.sh

FROM installer AS noetl-install
COPY noetl /build/noetl
RUN --mount=type=cache,target=/root/.cache/uv \
    --mount=type=secret,id=ca --mount=type=secret,id=index \
    sh /build/install.sh /opt/noetl /build/noetl

FROM base AS noetl
COPY --from=noetl-install /opt/noetl /opt/noetl
COPY schema /opt/suite
ENV PATH=/opt/noetl/bin:$PATH PYTHONPATH=/opt/suite
USER sandbox
WORKDIR /home/sandbox

# Two native programs, the python3 that their steps of kind python start, and psycopg for the suite's
# own making of the tables.
FROM base AS noetl-rust
ARG DEBIAN_FRONTEND=noninteractive
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    apt-get -qq update \
 && apt-get -qq -y --no-install-recommends install python3-psycopg >/dev/null
COPY rust /opt/noetl
COPY schema /opt/suite
ENV PATH=/opt/noetl/bin:$PATH PYTHONPATH=/opt/suite
USER sandbox
WORKDIR /home/sandbox

FROM installer AS profile-api-install
COPY profile-api/requirements.txt /build/profile-api/requirements.txt
RUN --mount=type=cache,target=/root/.cache/uv \
    --mount=type=secret,id=ca --mount=type=secret,id=index \
    sh /build/install.sh /opt/profile-api /build/profile-api

FROM base AS profile-api
COPY --from=profile-api-install /opt/profile-api /opt/profile-api
COPY profile-api/suite /opt/suite
ENV PATH=/opt/profile-api/bin:$PATH PYTHONPATH=/opt/suite
USER sandbox
WORKDIR /home/sandbox

FROM base AS postgres
ARG DEBIAN_FRONTEND=noninteractive
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    apt-get -qq update \
 && apt-get -qq -y --no-install-recommends install postgresql-common >/dev/null \
 && sed -i 's/^#\?create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf \
 && apt-get -qq -y --no-install-recommends install postgresql-17 >/dev/null \
 && install -d -m 0700 -o postgres -g postgres /data
COPY postgres.sh /opt/start/postgres.sh
ENV PATH=/usr/lib/postgresql/17/bin:$PATH
USER postgres
VOLUME /data

FROM base AS nats
ARG DEBIAN_FRONTEND=noninteractive
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt/lists,sharing=locked \
    apt-get -qq update \
 && apt-get -qq -y --no-install-recommends install nats-server >/dev/null \
 && install -d -m 0700 -o sandbox -g sandbox /data
COPY nats.conf /opt/start/nats.conf
USER sandbox
VOLUME /data
