-- Monitoring: runs of schedules, alerts, notifications, and who captures.

-- Runs of monitoring schedules. They outlive their schedule.
create table monitoring_execution (
    id text collate "binary" not null primary key,
    region text collate "binary" not null,
    schedule text collate "binary" not null,
    -- The slot; of a run that somebody asked for, when.
    scheduled_ms bigint not null,
    -- `slot`, `now`, `asked`, `late-labels` or `imported`.
    cause text collate "binary" not null,
    -- 0, and counts up where the same slot is scored again.
    revision bigint not null,
    status text collate "binary" not null,
    created_ms bigint not null,
    modified_ms bigint not null,
    monitoring_type text collate "binary" not null,
    -- Empty where a transform job's records are watched.
    endpoint text collate "binary" not null,
    -- Empty where the definition stands in the schedule.
    job_definition text collate "binary" not null,
    -- The number of violations; -1 while it is not known.
    violations bigint not null,
    body text not null,
    unique (region, schedule, scheduled_ms, cause, revision)
);
create index monitoring_execution_by_created on monitoring_execution (region, created_ms, id);
create index monitoring_execution_by_scheduled
    on monitoring_execution (region, scheduled_ms, id);
create index monitoring_execution_of_schedule
    on monitoring_execution (region, schedule, scheduled_ms, id);
create index monitoring_execution_of_schedule_by_created
    on monitoring_execution (region, schedule, created_ms, id);
create index monitoring_execution_by_status on monitoring_execution (region, status, id);

-- One for each schedule, as the service makes it, and those that watch the watching itself.
create table monitoring_alert (
    region text collate "binary" not null,
    -- `monitoring-schedule/NAME` or `endpoint/NAME`.
    subject text collate "binary" not null,
    name text collate "binary" not null,
    created_ms bigint not null,
    modified_ms bigint not null,
    -- `InAlert` or `OK`.
    status text collate "binary" not null,
    datapoints_to_alert bigint not null,
    evaluation_period bigint not null,
    -- Why it is as it is, for people.
    reason text not null,
    acknowledged_by text,
    acknowledged_ms bigint,
    acknowledged_why text,
    primary key (region, subject, name)
);
create index monitoring_alert_by_status on monitoring_alert (region, status, subject);

-- Every change of an alert's status. It outlives the alert.
create table monitoring_alert_change (
    id text collate "binary" not null primary key,
    region text collate "binary" not null,
    subject text collate "binary" not null,
    name text collate "binary" not null,
    at_ms bigint not null,
    status text collate "binary" not null,
    reason text not null,
    -- The execution that changed it; empty where none did.
    execution text collate "binary" not null
);
create index monitoring_alert_change_by_time on monitoring_alert_change (region, at_ms, id);
create index monitoring_alert_change_of_subject
    on monitoring_alert_change (region, subject, name, at_ms, id);

-- While a silence lasts, alerts change and nobody is notified.
create table alert_silence (
    id text collate "binary" not null primary key,
    region text collate "binary" not null,
    -- As in monitoring_alert; empty: every one of the region.
    subject text collate "binary" not null,
    from_ms bigint not null,
    until_ms bigint not null,
    actor text collate "binary" not null,
    why text not null,
    created_ms bigint not null
);
create index alert_silence_by_end on alert_silence (region, until_ms, id);

create table notification_channel (
    name text collate "binary" not null primary key,
    -- `webhook`, `slack`, `email`, `pagerduty` or `command`.
    kind text collate "binary" not null,
    created_ms bigint not null,
    created_by text not null,
    -- 0: each event by itself; else those of so many milliseconds together.
    digest_ms bigint not null,
    settings text not null,
    -- Sealed with the key file; empty where the kind needs none.
    secret text not null
);

-- What is still to be told, and what could not be.
create table notification (
    id text collate "binary" not null primary key,
    channel text collate "binary" not null,
    region text collate "binary" not null,
    created_ms bigint not null,
    -- `waiting`, `sent` or `dead`.
    status text collate "binary" not null,
    attempts bigint not null,
    -- By the world's clock: receivers do not live on simulated time.
    next_ms bigint not null,
    finished_ms bigint,
    last_error text not null,
    body text not null
);
create index notification_by_time on notification (status, next_ms, id);
create index notification_of_channel on notification (channel, status, created_ms, id);

-- Processes that capture, so that a run that must see every answered call can wait for them.
create table capture_server (
    -- Kept in its data folder: who starts again there delivers what was left there.
    id text collate "binary" not null primary key,
    -- By the world's clock.
    seen_ms bigint not null,
    -- The same moment by the server's clock: it may have answered until then.
    alive_to_ms bigint not null,
    -- By the server's clock: what was answered before was brought to its destination, or tried.
    sealed_to_ms bigint not null,
    -- What could not be brought there yet.
    undelivered text not null
);

-- One row: until when somebody wants captures to be at their destinations.
create table capture_seal (
    id bigint not null primary key,
    wanted_ms bigint not null
);

-- Calls that endpoints answered and captured, by the hour.
create table endpoint_traffic (
    region text collate "binary" not null,
    endpoint text collate "binary" not null,
    variant text collate "binary" not null,
    hour_ms bigint not null,
    answered bigint not null,
    failed bigint not null,
    captured bigint not null,
    primary key (region, endpoint, variant, hour_ms)
);

-- What is too old is found by its age alone.
create index metric_point_by_age on metric_point (at_ms);
create index log_stream_by_age on log_stream (last_ms);
