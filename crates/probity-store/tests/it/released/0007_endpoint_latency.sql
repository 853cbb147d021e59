-- How long endpoints took, by the minute and by the hour, a row for each process that counted.
create table endpoint_latency (
    region text collate "binary" not null,
    endpoint text collate "binary" not null,
    variant text collate "binary" not null,
    length_ms bigint not null,
    from_ms bigint not null,
    part text collate "binary" not null,
    -- Histograms.
    model text not null,
    overhead text not null,
    refused bigint not null,
    failed bigint not null,
    primary key (region, endpoint, length_ms, from_ms, variant, part)
);
create index endpoint_latency_by_age on endpoint_latency (length_ms, from_ms);
