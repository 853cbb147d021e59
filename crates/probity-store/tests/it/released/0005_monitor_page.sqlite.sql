update monitoring_execution
    set window_start_ms = json_extract(body, '$.window.startMs'),
        constraints_sha256 = json_extract(body, '$.constraintsSha256');
