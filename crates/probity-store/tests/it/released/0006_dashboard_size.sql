-- The dashboard at its full size.

-- Slots that were scored again: few, and looked for on every page of all models.
create index monitoring_execution_again
    on monitoring_execution (region, scheduled_ms, schedule, revision) where revision > 0;
