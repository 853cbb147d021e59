-- What the API keeps. `body` is the document in the words of the SageMaker API.
create table resource (
    kind text not null,
    region text not null,
    name text not null,
    arn text not null unique,
    version bigint not null,
    status text not null,
    created_ms bigint not null,
    modified_ms bigint not null,
    created_by text not null,
    modified_by text not null,
    body text not null,
    primary key (kind, region, name)
);
create index resource_by_created on resource (kind, region, created_ms, name);
create index resource_by_modified on resource (kind, region, modified_ms, name);

-- What lists filter by beside names, times and states.
create table resource_attribute (
    kind text not null,
    region text not null,
    name text not null,
    attribute text not null,
    value text not null,
    primary key (kind, region, name, attribute),
    foreign key (kind, region, name) references resource (kind, region, name) on delete cascade
);
create index resource_attribute_by_value on resource_attribute (kind, region, attribute, value);
