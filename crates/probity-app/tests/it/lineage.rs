//! Experiments, trials, components with their metrics, and what lineage knows.

use serde_json::{Value, json};

use crate::world::{World, call, fault};

async fn experiment(world: &World) {
    call!(world, experiment::create, {"ExperimentName": "e"}).unwrap();
    for name in ["t1", "t2"] {
        call!(world, trial::create, {"TrialName": name, "ExperimentName": "e"}).unwrap();
    }
    call!(world, trial_component::create, {"TrialComponentName": "c"}).unwrap();
}

fn names(listed: &Value, items: &str, member: &str) -> Vec<String> {
    let items = listed[items].as_array().unwrap();
    items
        .iter()
        .map(|item| item[member].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_component_is_part_of_several_trials() {
    let world = World::new().await;
    experiment(&world).await;
    for trial in ["t1", "t2", "t1"] {
        call!(world, trial_component::associate,
            {"TrialComponentName": "c", "TrialName": trial})
        .unwrap();
    }
    let trials = call!(world, trial::list, {"TrialComponentName": "c", "SortBy": "Name",
        "SortOrder": "Ascending"})
    .unwrap();
    assert_eq!(names(&trials, "TrialSummaries", "TrialName"), ["t1", "t2"]);
    for query in [json!({"TrialName": "t2"}), json!({"ExperimentName": "e"})] {
        let listed = probity_app::trial_component::list(&world.app, &world.caller, query);
        let listed = listed.await.unwrap();
        assert_eq!(
            names(&listed, "TrialComponentSummaries", "TrialComponentName"),
            ["c"]
        );
    }
    call!(world, trial_component::disassociate,
        {"TrialComponentName": "c", "TrialName": "t2"})
    .unwrap();
    let listed = call!(world, trial_component::list, {"TrialName": "t2"}).unwrap();
    assert_eq!(listed["TrialComponentSummaries"], json!([]));
    let described = call!(world, trial_component::describe, {"TrialComponentName": "c"}).unwrap();
    assert!(described.get("Parents").is_none(), "{described}");
}

#[tokio::test]
async fn nothing_goes_while_others_are_part_of_it() {
    let world = World::new().await;
    experiment(&world).await;
    let part = json!({"TrialComponentName": "c", "TrialName": "t1"});
    probity_app::trial_component::associate(&world.app, &world.caller, part.clone())
        .await
        .unwrap();
    assert_eq!(
        fault(call!(world, experiment::delete, {"ExperimentName": "e"})),
        "invalid"
    );
    assert_eq!(
        fault(call!(world, trial::delete, {"TrialName": "t1"})),
        "invalid"
    );
    let delete = call!(world, trial_component::delete, {"TrialComponentName": "c"});
    assert_eq!(fault(delete), "invalid");
    probity_app::trial_component::disassociate(&world.app, &world.caller, part)
        .await
        .unwrap();
    call!(world, trial_component::delete, {"TrialComponentName": "c"}).unwrap();
    for name in ["t1", "t2"] {
        call!(world, trial::delete, {"TrialName": name}).unwrap();
    }
    call!(world, experiment::delete, {"ExperimentName": "e"}).unwrap();
    let gone = call!(world, trial::list, {"ExperimentName": "e"});
    assert_eq!(fault(gone), "not found");
}

#[tokio::test]
async fn lists_by_time_take_both_bounds() {
    let world = World::new().await;
    for name in ["a", "b", "c"] {
        call!(world, experiment::create, {"ExperimentName": name}).unwrap();
        world.pass_ms(1_000);
    }
    let start = crate::world::START_MS / 1000;
    let listed = call!(world, experiment::list,
        {"CreatedAfter": start + 1, "SortBy": "CreationTime", "SortOrder": "Ascending"})
    .unwrap();
    assert_eq!(
        names(&listed, "ExperimentSummaries", "ExperimentName"),
        ["b", "c"]
    );
    let listed = call!(world, experiment::list, {"CreatedBefore": start + 1}).unwrap();
    assert_eq!(
        names(&listed, "ExperimentSummaries", "ExperimentName"),
        ["a"]
    );
}

#[tokio::test]
async fn metrics_are_summarised_where_the_component_is_described() {
    let world = World::new().await;
    experiment(&world).await;
    let put = call!(world, batch_metrics::put, {"TrialComponentName": "c", "MetricData": [
        {"MetricName": "loss", "Value": 1.0, "Timestamp": 1_795_346_313, "Step": 0},
        {"MetricName": "loss", "Value": 0.5, "Timestamp": 1_795_346_313, "Step": 1},
        {"MetricName": "loss", "Value": "x", "Timestamp": 1_795_346_313},
    ]})
    .unwrap();
    assert_eq!(
        put["Errors"],
        json!([{"Code": "VALIDATION_ERROR", "MetricIndex": 2}])
    );
    let described = call!(world, trial_component::describe, {"TrialComponentName": "c"}).unwrap();
    let metric = &described["Metrics"][0];
    assert_eq!(
        (&metric["Count"], &metric["Last"]),
        (&json!(2), &json!(0.5))
    );
    let read = call!(world, batch_metrics::get, {"MetricQueries": [{
        "MetricName": "loss",
        "ResourceArn": described["TrialComponentArn"],
        "MetricStat": "Last",
        "Period": "IterationNumber",
        "XAxisType": "IterationNumber",
    }]})
    .unwrap();
    let result = &read["MetricQueryResults"][0];
    assert_eq!(result["XAxisValues"], json!([0, 1]));
    assert_eq!(result["MetricValues"], json!([1.0, 0.5]));
}

#[tokio::test]
async fn an_address_has_one_artifact() {
    let world = World::new().await;
    let request = json!({"ArtifactType": "DataSet", "Source": {"SourceUri": "s3://b/k"}});
    let create = || {
        let request = request.clone();
        probity_app::artifact::create(&world.app, &world.caller, request)
    };
    let made = create().await.unwrap();
    let id = made["ArtifactArn"]
        .as_str()
        .unwrap()
        .rsplit('/')
        .next()
        .unwrap()
        .to_owned();
    assert_eq!(id.len(), 32);
    assert_eq!(fault(create().await), "exists");
    call!(world, artifact::delete, {"Source": {"SourceUri": "s3://b/k"}}).unwrap();
    assert_eq!(create().await.unwrap(), made);
}

#[tokio::test]
async fn an_entity_takes_its_associations_with_it() {
    let world = World::new().await;
    experiment(&world).await;
    let data = call!(world, artifact::create,
        {"ArtifactType": "DataSet", "Source": {"SourceUri": "s3://b/k"}})
    .unwrap();
    let action = call!(world, action::create, {"ActionName": "a", "ActionType": "Approval",
        "Source": {"SourceUri": "s3://b/a"}})
    .unwrap();
    let component = world.caller.arn("experiment-trial-component/c").to_string();
    for (source, destination) in [
        (&data["ArtifactArn"], &json!(component)),
        (&json!(component), &action["ActionArn"]),
    ] {
        call!(world, association::add, {"SourceArn": source, "DestinationArn": destination})
            .unwrap();
        let again = call!(world, association::add,
            {"SourceArn": source, "DestinationArn": destination});
        assert_eq!(fault(again), "exists");
    }
    let listed = call!(world, association::list, {"SortBy": "SourceType"}).unwrap();
    assert_eq!(listed["AssociationSummaries"].as_array().unwrap().len(), 2);
    assert_eq!(listed["AssociationSummaries"][0]["SourceType"], "DataSet");
    call!(world, trial_component::delete, {"TrialComponentName": "c"}).unwrap();
    let listed = call!(world, association::list, {}).unwrap();
    assert_eq!(listed["AssociationSummaries"], json!([]));
    let gone = call!(world, association::add,
        {"SourceArn": data["ArtifactArn"], "DestinationArn": component});
    assert_eq!(fault(gone), "not found");
}

#[tokio::test]
async fn entities_of_experiments_are_not_associated() {
    let world = World::new().await;
    experiment(&world).await;
    let answer = call!(world, association::add, {
        "SourceArn": world.caller.arn("experiment/e").to_string(),
        "DestinationArn": world.caller.arn("experiment-trial-component/c").to_string(),
    });
    assert_eq!(fault(answer), "invalid");
}
