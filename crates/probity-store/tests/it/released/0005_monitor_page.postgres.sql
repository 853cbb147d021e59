update monitoring_execution
    set window_start_ms = (body::json #>> '{window,startMs}')::bigint,
        constraints_sha256 = body::json ->> 'constraintsSha256';
