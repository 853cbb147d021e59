-- One text for SQLite and PostgreSQL: bigint, double precision and text only; times are
-- milliseconds since 1970 in UTC; documents are JSON text.
-- The collation "binary" compares bytes. SQLite has it; for PostgreSQL it is made beforehand.
-- Without it, PostgreSQL would sort by the language of the database, and pages would depend on it.

-- What the API keeps. `body` is the document in the words of the SageMaker API.
create table resource (
    kind text collate "binary" not null,
    region text collate "binary" not null,
    name text collate "binary" not null,
    arn text collate "binary" not null unique,
    version bigint not null,
    status text collate "binary" not null,
    created_ms bigint not null,
    modified_ms bigint not null,
    created_by text not null,
    modified_by text not null,
    -- The rows of resource_attribute again, for reading them with the resource.
    attributes text not null,
    body text not null,
    primary key (kind, region, name)
);
create index resource_by_created on resource (kind, region, created_ms, name);
create index resource_by_modified on resource (kind, region, modified_ms, name);
create index resource_by_status on resource (kind, region, status, name);

-- What lists filter by beside names, times and states.
create table resource_attribute (
    kind text collate "binary" not null,
    region text collate "binary" not null,
    name text collate "binary" not null,
    attribute text collate "binary" not null,
    value text collate "binary" not null,
    primary key (kind, region, name, attribute),
    foreign key (kind, region, name) references resource (kind, region, name) on delete cascade
);
create index resource_attribute_by_value
    on resource_attribute (kind, region, attribute, value, name);

create table tag (
    arn text collate "binary" not null,
    name text collate "binary" not null,
    value text not null,
    primary key (arn, name)
);

-- Numbers given out one after the other, each by one row that is locked until the commit.
create table counter (
    name text collate "binary" not null primary key,
    value bigint not null
);
insert into counter (name, value) values ('log_stream', 0);

-- Every write, in one chain: an event's hash covers the hash before it.
create table audit_event (
    seq bigint not null primary key,
    at_ms bigint not null,
    actor text collate "binary" not null,
    action text collate "binary" not null,
    resource_arn text collate "binary" not null,
    change_json text not null,
    reason text,
    request_id text not null,
    hash text not null
);
create index audit_event_by_resource on audit_event (resource_arn, seq);
create index audit_event_by_actor on audit_event (actor, seq);
create index audit_event_by_time on audit_event (at_ms, seq);
create table audit_head (
    id bigint not null primary key,
    seq bigint not null,
    hash text not null
);
insert into audit_head (id, seq, hash) values (1, 0, '');

-- What happens later. A job is here until it is finished; who has its lease runs it.
create table job (
    id text collate "binary" not null primary key,
    kind text collate "binary" not null,
    subject text not null,
    region text not null,
    run_at_ms bigint not null,
    attempt bigint not null,
    owner text collate "binary" not null,
    lease_ms bigint not null
);
create index job_by_time on job (run_at_ms, id);

-- Numbers over time, as CloudWatch keeps them: one row for each statistic set.
create table metric_point (
    region text collate "binary" not null,
    namespace text collate "binary" not null,
    name text collate "binary" not null,
    -- A JSON object with sorted names.
    dimensions text collate "binary" not null,
    at_ms bigint not null,
    total double precision not null,
    samples double precision not null,
    minimum double precision not null,
    maximum double precision not null,
    unit text
);
create index metric_point_by_time
    on metric_point (region, namespace, name, dimensions, at_ms);
-- The names alone, so that listing them does not read the points.
create table metric (
    region text collate "binary" not null,
    namespace text collate "binary" not null,
    name text collate "binary" not null,
    dimensions text collate "binary" not null,
    last_ms bigint not null,
    primary key (region, namespace, name, dimensions)
);

create table log_stream (
    id bigint not null primary key,
    region text collate "binary" not null,
    log_group text collate "binary" not null,
    stream text collate "binary" not null,
    created_ms bigint not null,
    first_ms bigint not null,
    last_ms bigint not null,
    -- Lines so far; the number of the last one.
    lines bigint not null,
    unique (region, log_group, stream)
);
create table log_event (
    stream_id bigint not null,
    seq bigint not null,
    at_ms bigint not null,
    message text not null,
    primary key (stream_id, seq)
);
create index log_event_by_time on log_event (at_ms, stream_id, seq);

create table app_user (
    name text collate "binary" not null primary key,
    access text not null,
    created_ms bigint not null,
    disabled_ms bigint
);
create table access_key (
    id text collate "binary" not null primary key,
    user_name text collate "binary" not null,
    -- Sealed with the key file: useless without it.
    secret text not null,
    created_ms bigint not null,
    revoked_ms bigint,
    last_used_ms bigint,
    foreign key (user_name) references app_user (name)
);
create index access_key_by_user on access_key (user_name, id);

create table setting (
    name text collate "binary" not null primary key,
    value text not null
);

-- Captured calls that could not be kept, by the hour.
create table capture_loss (
    region text collate "binary" not null,
    endpoint text collate "binary" not null,
    variant text collate "binary" not null,
    hour_ms bigint not null,
    reason text collate "binary" not null,
    lost bigint not null,
    primary key (region, endpoint, variant, hour_ms, reason)
);
