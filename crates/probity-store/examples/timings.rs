//! How long the store takes for what servers do most: `cargo run --release -p probity-store
//! --example timings -- sqlite:///tmp/x.db?mode=rwc` (or `postgres://…`), on an empty database.

#![expect(
    clippy::print_stdout,
    reason = "an example talks to the person who started it"
)]

use std::collections::BTreeMap;
use std::time::Instant;

use probity_domain::ResourceKind;
use probity_store::job::{self, Claim, NewJob};
use probity_store::resource::{self, ListResources, Resource};
use probity_store::{Store, StoreError, audit};
use serde_json::json;

const RESOURCES: i64 = 10_000;
const JOBS: i64 = 1_000;

#[tokio::main]
async fn main() -> Result<(), StoreError> {
    for url in std::env::args().skip(1) {
        let store = Store::open(&url).await?;
        println!("{:?}", store.backend());
        inserts(&store).await?;
        pages(&store).await?;
        claims(&store).await?;
    }
    Ok(())
}

/// Each in a unit of its own, with its event: what a verb writes.
async fn inserts(store: &Store) -> Result<(), StoreError> {
    let start = Instant::now();
    for number in 0..RESOURCES {
        let resource = model(number);
        let mut unit = store.begin().await?;
        resource::insert(&mut unit, &resource).await?;
        audit::append(&mut unit, &event(&resource)).await?;
        unit.commit().await?;
    }
    println!("{RESOURCES} resources with events: {:?}", start.elapsed());
    let start = Instant::now();
    let verified = audit::verify(store).await?;
    println!("{} events verified: {:?}", verified.events, start.elapsed());
    Ok(())
}

async fn pages(store: &Store) -> Result<(), StoreError> {
    let start = Instant::now();
    let mut wanted = ListResources::all(ResourceKind::Model, "eu-west-1", 100);
    let mut count = 0;
    loop {
        let page = resource::list(store, &wanted).await?;
        count += page.items.len();
        wanted.after = page.next;
        if wanted.after.is_none() {
            break;
        }
    }
    println!("{count} listed in pages of 100: {:?}", start.elapsed());
    Ok(())
}

/// Eight workers at once.
async fn claims(store: &Store) -> Result<(), StoreError> {
    let mut unit = store.begin().await?;
    for number in 0..JOBS {
        let job = NewJob {
            id: format!("j{number:05}"),
            kind: "processing".to_owned(),
            subject: "s".to_owned(),
            region: "eu-west-1".to_owned(),
            run_at_ms: 0,
        };
        job::enqueue(&mut unit, &job).await?;
    }
    unit.commit().await?;
    let start = Instant::now();
    let workers: Vec<_> = (0..8)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move {
                let owner = format!("w{number}");
                let claim = Claim {
                    owner: &owner,
                    kinds: &["processing"],
                    now_ms: 1,
                    due_ms: 1,
                    lease_ms: 60_000,
                };
                let mut claimed = 0;
                while job::claim(&store, &claim).await?.is_some() {
                    claimed += 1;
                }
                Ok::<i64, StoreError>(claimed)
            })
        })
        .collect();
    let mut claimed = 0;
    for worker in workers {
        claimed += worker.await.expect("a worker does not panic")?;
    }
    println!("{claimed} jobs claimed by 8: {:?}", start.elapsed());
    Ok(())
}

fn model(number: i64) -> Resource {
    let name = format!("model-{number:05}");
    Resource {
        kind: ResourceKind::Model,
        region: "eu-west-1".to_owned(),
        arn: format!("arn:aws:sagemaker:eu-west-1:111122223333:model/{name}"),
        version: 1,
        status: String::new(),
        created_ms: number,
        modified_ms: number,
        created_by: "ann".to_owned(),
        modified_by: "ann".to_owned(),
        attributes: BTreeMap::from([("Group".to_owned(), "g".to_owned())]),
        body: json!({"ModelName": name, "PrimaryContainer": {"Image": "x".repeat(400)}}),
        name,
    }
}

fn event(resource: &Resource) -> audit::NewEvent {
    audit::NewEvent {
        at_ms: resource.created_ms,
        actor: "ann".to_owned(),
        action: "sagemaker:CreateModel".to_owned(),
        resource_arn: resource.arn.clone(),
        change: json!({"created": resource.body}),
        reason: None,
        request_id: "r".to_owned(),
    }
}
