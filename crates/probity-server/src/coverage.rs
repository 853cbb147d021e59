//! What is kept of each service: `docs/reference/coverage.md` and `coverage.json`, and of our own
//! operations `docs/reference/probity-operations.md`: written from the table of operations and never
//! by hand.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::aws::{Service, ToldMember};
use crate::operations::{OPERATIONS, Standing, find};

/// What the runtime API and S3 have instead of rows: they are not documents in and out.
const BESIDE: [(&str, &str, &str); 3] = [
    (
        "sagemaker-runtime",
        "InvokeEndpoint",
        "compat/server_endpoint.py",
    ),
    (
        "sagemaker-runtime",
        "InvokeEndpointAsync",
        "compat/server_endpoint.py",
    ),
    (
        "sagemaker-runtime",
        "InvokeEndpointWithResponseStream",
        "compat/server_endpoint.py",
    ),
];

struct Line {
    service: &'static str,
    operation: String,
    standing: &'static str,
    shown_by: &'static str,
}

/// Every operation that the service model describes, and whether it is here.
fn lines() -> Vec<Line> {
    let mut lines = Vec::new();
    for service in Service::ALL {
        for name in service
            .model()
            .into_iter()
            .flat_map(|model| model.described())
        {
            let row = find(service, name);
            lines.push(Line {
                service: service.as_str(),
                operation: name.to_owned(),
                standing: row.map_or("absent", |row| word(row.standing)),
                shown_by: row.map_or("", |row| row.shown_by),
            });
        }
    }
    lines.extend(BESIDE.map(|(service, operation, shown_by)| Line {
        service,
        operation: operation.to_owned(),
        standing: word(Standing::Executed),
        shown_by,
    }));
    lines
}

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Executed => "executed",
        Standing::Stored => "stored",
    }
}

/// For programs.
pub fn coverage_json() -> String {
    let operations: Vec<Value> = lines()
        .into_iter()
        .map(|line| {
            json!({
                "service": line.service,
                "operation": line.operation,
                "standing": line.standing,
                "shown_by": line.shown_by,
            })
        })
        .collect();
    let lines: Vec<String> = operations.iter().map(Value::to_string).collect();
    format!("{{\"operations\":[\n{}\n]}}\n", lines.join(",\n"))
}

/// For people.
pub fn coverage_page() -> String {
    let lines = lines();
    let n_absent = lines
        .iter()
        .filter(|line| line.standing == "absent")
        .count();
    let n_sagemaker = Service::SageMaker
        .model()
        .map_or(0, |model| model.n_operations());
    let mut page = format!(
        "# Which operations are here\n\n\
         Written by `cargo xtask coverage` from the server's table of operations ({} rows).\n\n\
         *Executed* does the real thing; *stored* is kept and given back, until a later part acts upon it; \
         *absent* answers `UnknownOperationException`. The list has the operations of governance ({} of {} here); \
         the others of SageMaker's {n_sagemaker} are absent. \
         Those of `probity` are this server's own: see [their page](probity-operations.md).\n",
        OPERATIONS.len(),
        lines.len() - n_absent,
        lines.len(),
    );
    let mut service = "";
    for line in &lines {
        if line.service != service {
            service = line.service;
            let _ = write!(
                page,
                "\n## {service}\n\n| operation | standing | shown by |\n|---|---|---|\n"
            );
        }
        let shown_by = if line.shown_by.is_empty() {
            "–".to_owned()
        } else {
            format!("`{}`", line.shown_by)
        };
        let _ = writeln!(
            page,
            "| {} | {} | {shown_by} |",
            line.operation, line.standing
        );
    }
    page.push_str(
        "\n## s3\n\nObjects, buckets, listings, multipart uploads and presigned URLs: see `compat/server_s3.py`.\n",
    );
    page
}

/// What our own operations take and give, for people.
pub fn own_operations_page() -> String {
    let service = Service::Probity;
    let mut page = "# Operations that only this server has\n\n\
         Written by `cargo xtask coverage` from `service_model/probity.json`.\n\n\
         They speak AWS JSON 1.1 as SageMaker's do: `POST /` with `X-Amz-Target: Probity.NAME`, signed for `sagemaker`. \
         Their actions in policies are `probity:NAME`. Times are seconds since 1970. Errors have SageMaker's names \
         (`ValidationException`, `ResourceNotFound`, `ResourceInUse`, `ConflictException`, `AccessDeniedException`). \
         The `probity` command calls them; so can anything that signs.\n"
        .to_owned();
    let Some(model) = service.model() else {
        return page;
    };
    for name in model.described() {
        let _ = write!(page, "\n## {name}\n\n{}\n", model.told(name));
        write_members(&mut page, "Takes", &model.input_members(name));
        write_members(&mut page, "Gives", &model.output_members(name));
    }
    page
}

fn write_members(page: &mut String, title: &str, members: &[ToldMember<'_>]) {
    if members.is_empty() {
        return;
    }
    let _ = write!(page, "\n| {title} | type | |\n|---|---|---|\n");
    for member in members {
        let star = if member.is_required { " \\*" } else { "" };
        let indent = "&nbsp;&nbsp;".repeat(member.depth);
        let _ = writeln!(
            page,
            "| {indent}`{}`{star} | {} | {} |",
            member.name, member.kind, member.told
        );
    }
}
