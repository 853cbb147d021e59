-- The page of a monitor: what it draws of many runs without reading their bodies, how sure each number
-- is, and what people say of an alert.

-- Both stand in the body, too. Steps of their own fill in those of runs that are there already.
alter table monitoring_execution add column window_start_ms bigint;
alter table monitoring_execution add column constraints_sha256 text collate "binary";
-- Has every column that a history reads, so that no body is.
create index monitoring_execution_history
    on monitoring_execution (region, schedule, scheduled_ms, revision, status, violations,
                             window_start_ms, constraints_sha256, cause, id);

-- The interval of a number of a run, where the analysis gave one. Points of metrics have none: their
-- least and largest value are those of the data, as in CloudWatch.
create table metric_interval (
    region text collate "binary" not null,
    schedule text collate "binary" not null,
    name text collate "binary" not null,
    -- JSON, without those that name schedule, endpoint and revision.
    dimensions text collate "binary" not null,
    -- Of the window's start.
    at_ms bigint not null,
    execution text collate "binary" not null,
    low double precision not null,
    high double precision not null,
    primary key (region, schedule, name, dimensions, at_ms, execution)
);
create index metric_interval_by_age on metric_interval (at_ms);
create index metric_interval_of_execution on metric_interval (execution);

-- What people say of an alert. It outlives the alert, as its history does.
create table alert_comment (
    id text collate "binary" not null primary key,
    region text collate "binary" not null,
    -- As in monitoring_alert.
    subject text collate "binary" not null,
    name text collate "binary" not null,
    at_ms bigint not null,
    actor text collate "binary" not null,
    text text not null
);
create index alert_comment_of_subject on alert_comment (region, subject, at_ms, id);
