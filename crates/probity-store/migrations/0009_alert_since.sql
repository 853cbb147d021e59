-- Since when each alert stands as it does. `modified_ms` is no answer: it moves with the alert's
-- settings too.
alter table monitoring_alert add column since_ms bigint not null default 0;
-- Where the history of an alert was cleared away, its row is all that is known.
update monitoring_alert set since_ms = coalesce(
    (select max(c.at_ms) from monitoring_alert_change c
     where c.region = monitoring_alert.region and c.subject = monitoring_alert.subject
       and c.name = monitoring_alert.name and c.status = monitoring_alert.status
       and c.at_ms >= monitoring_alert.created_ms),
    modified_ms);
