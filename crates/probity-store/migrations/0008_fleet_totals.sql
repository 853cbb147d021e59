-- What the page of all models sums and looks up is kept as runs end: with months of hourly runs, to look
-- it up in them took longer than everything else.

-- 1 where a later revision of the same slot has a verdict, which counts instead.
alter table monitoring_execution add column overtaken bigint not null default 0;
update monitoring_execution set overtaken = 1
    where id in (
        select earlier.id
        from monitoring_execution later
        join monitoring_execution earlier
          on earlier.region = later.region and earlier.schedule = later.schedule
         and earlier.scheduled_ms = later.scheduled_ms and earlier.revision < later.revision
        where later.revision > 0 and later.status in ('Completed', 'CompletedWithViolations'));
drop index monitoring_execution_again;
drop index monitoring_execution_found;
create index monitoring_execution_found
    on monitoring_execution (region, scheduled_ms, monitoring_type, violations)
    where status = 'CompletedWithViolations' and overtaken = 0;

-- The last run of each schedule that completed or failed: one that is under way, or that somebody
-- stopped, says nothing of what is watched. It outlives its schedule, as the runs do.
create table monitoring_last_run (
    region text collate "binary" not null,
    schedule text collate "binary" not null,
    id text collate "binary" not null,
    scheduled_ms bigint not null,
    revision bigint not null,
    created_ms bigint not null,
    modified_ms bigint not null,
    status text collate "binary" not null,
    violations bigint not null,
    primary key (region, schedule)
);
insert into monitoring_last_run (region, schedule, id, scheduled_ms, revision, created_ms, modified_ms,
                                 status, violations)
    -- Each found by an index: to sort all runs of months would fill a disk for temporary files.
    select e.region, e.schedule, e.id, e.scheduled_ms, e.revision, e.created_ms, e.modified_ms, e.status,
           e.violations
    from resource r
    join monitoring_execution e on e.id = (
        select last.id from monitoring_execution last
        where last.region = r.region and last.schedule = r.name
          and last.status in ('Completed', 'CompletedWithViolations', 'Failed')
        order by last.scheduled_ms desc, last.revision desc, last.id desc limit 1)
    where r.kind = 'monitoring-schedule';
