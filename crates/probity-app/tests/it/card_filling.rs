//! Cards that tags bind and registered models fill.

use probity_app::model_card::{self, ReportStates, WantedReport};
use serde_json::{Value, json};

use crate::card_evidence::{REPORT, dossier, ended, job, report, stale};
use crate::world::{World, call};

#[tokio::test]
async fn tags_bind_when_a_card_is_made_and_later() {
    let world = World::new().await;
    let tag = |uri: &str| json!({ "Key": "probity:bind/fairness", "Value": uri });
    let tagged = json!({ "Tags": [tag(REPORT), { "Key": "team", "Value": "risk" }] });
    let wanted = model_card::reports_of_tags(&tagged).unwrap();
    assert_eq!(wanted, [WantedReport::at("fairness", REPORT)]);
    let read = [(wanted[0].clone(), report(REPORT, 0.1))];
    let (app, caller) = (&world.app, &world.caller);
    let wished = json!({
        "ModelCardName": "c", "Content": "{}", "ModelCardStatus": "Draft", "Tags": tagged["Tags"],
    });
    model_card::create_bound(app, caller, (&wished, &read))
        .await
        .unwrap();
    assert!(stale(&world).await.is_empty());
    let arn = "arn:aws:sagemaker:us-west-2:111122223333:model-card/c";
    let add = json!({ "ResourceArn": arn, "Tags": [tag(REPORT)] });
    let version = async || {
        let card = call!(world, model_card::describe, { "ModelCardName": "c" }).unwrap();
        card["ModelCardVersion"].as_i64().unwrap()
    };
    model_card::add_tags(app, caller, (&add, &read))
        .await
        .unwrap();
    assert_eq!(version().await, 1, "it is bound so already");
    let read = [(wanted[0].clone(), report(REPORT, 0.2))];
    model_card::add_tags(app, caller, (&add, &read))
        .await
        .unwrap();
    assert_eq!(version().await, 2);
    // The same bytes by a later job are another report.
    job(&world, "j1").await;
    ended(&world, "j1").await;
    assert_eq!(stale(&world).await, ["NewerReport"]);
    model_card::add_tags(app, caller, (&add, &read))
        .await
        .unwrap();
    assert_eq!(version().await, 3);
    assert!(stale(&world).await.is_empty());
}

/// A registered model with a bias report of this hash.
fn package(digest: &str) -> Value {
    json!({
        "ModelPackageGroupName": "g",
        "Domain": "MACHINE_LEARNING",
        "InferenceSpecification": { "Containers": [
            { "Image": "a/b:1", "ModelDataUrl": "s3://b/m.tar.gz" },
        ] },
        "ModelMetrics": {
            "Bias": { "Report": {
                "ContentType": "application/json", "S3Uri": REPORT,
                "ContentDigest": format!("sha256:{digest}"),
            } },
            "ModelDataQuality": { "Statistics": {
                "ContentType": "application/json", "S3Uri": "s3://b/data.json",
            } },
        },
    })
}

#[tokio::test]
async fn a_registered_model_fills_a_card() {
    let world = World::new().await;
    call!(world, model_package_group::create, { "ModelPackageGroupName": "g" }).unwrap();
    call!(world, model_package::create, package("0.1")).unwrap();
    call!(world, model_card::create, {
        "ModelCardName": "old", "ModelCardStatus": "Draft",
        "Content": json!({
            "model_package_details": { "model_package_group_name": "g" },
            "business_details": { "line_of_business": "retail" },
        }).to_string(),
    })
    .unwrap();
    let (app, caller) = (&world.app, &world.caller);
    let arn = "arn:aws:sagemaker:us-west-2:111122223333:model-package/g/1";
    let filling = model_card::filling(app, caller, &json!({ "ModelPackageName": arn }))
        .await
        .unwrap();
    let reports: Vec<&str> = filling
        .reports
        .iter()
        .map(|report| report.wanted.uris[0].as_str())
        .collect();
    assert_eq!(reports, [REPORT]);
    let fill = async |value: f64| {
        let read = model_card::FilledReport::Read(report(REPORT, value));
        model_card::filled(app, caller, (filling.clone(), vec![read]))
            .await
            .unwrap()
    };
    let answer = fill(0.1).await;
    let content: Value = serde_json::from_str(answer["Content"].as_str().unwrap()).unwrap();
    assert_eq!(content["model_package_details"]["model_package_version"], 1);
    assert_eq!(content["business_details"]["line_of_business"], "retail");
    assert_eq!(content["evaluation_details"][0]["name"], "Bias Report");
    assert_eq!(
        content["evaluation_details"][0]["metadata"]["probity:report"],
        REPORT
    );
    let answer = fill(0.2).await;
    assert!(
        answer["Notes"]
            .to_string()
            .contains("hash that was registered"),
        "{answer}"
    );
    assert!(!answer["Content"].as_str().unwrap().contains("Bias Report"));

    call!(world, model_card::create, {
        "ModelCardName": "c", "ModelCardStatus": "Draft", "Content": fill(0.1).await["Content"],
    })
    .unwrap();
    world.pass_ms(1000);
    call!(world, model_package::create, package("0.1")).unwrap();
    let stale = dossier(&world, &ReportStates::new()).await.evaluations[0]
        .stale
        .clone();
    assert!(
        format!("{stale:?}").contains("model-package/g/2"),
        "{stale:?}"
    );
}
