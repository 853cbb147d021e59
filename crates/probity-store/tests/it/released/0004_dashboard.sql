-- The dashboard: who is signed in with a browser, and what the page of all models looks up.

-- Times of sessions are the world's: browsers do not live on simulated time.
create table app_session (
    -- Of what the browser keeps, SHA-256 in hexadecimal.
    hash text collate "binary" not null primary key,
    user_name text collate "binary" not null,
    -- Empty where a link signed in.
    access_key_id text collate "binary" not null,
    created_ms bigint not null,
    expires_ms bigint not null,
    foreign key (user_name) references app_user (name)
);
create index app_session_by_end on app_session (expires_ms);

-- Links that sign in once.
create table sign_in_link (
    hash text collate "binary" not null primary key,
    user_name text collate "binary" not null,
    expires_ms bigint not null,
    foreign key (user_name) references app_user (name)
);

-- Violations by day are read from here alone.
create index monitoring_execution_found
    on monitoring_execution (region, status, scheduled_ms, monitoring_type, violations);
