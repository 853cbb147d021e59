//! What happens later: jobs that run until they have a final status.
