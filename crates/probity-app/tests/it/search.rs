//! Search over what is kept.

use serde_json::{Value, json};

use crate::world::{World, call, fault};

async fn components(world: &World) {
    call!(world, experiment::create, {"ExperimentName": "e"}).unwrap();
    call!(world, trial::create, {"TrialName": "t", "ExperimentName": "e"}).unwrap();
    for number in 0..6 {
        let parity = if number % 2 == 0 { "even" } else { "odd" };
        call!(world, trial_component::create, {
            "TrialComponentName": format!("c{number}"),
            "Parameters": {"lr": {"NumberValue": f64::from(number) / 10.0}},
            "Tags": [{"Key": "parity", "Value": parity}],
        })
        .unwrap();
        world.pass_ms(1_000);
    }
    call!(world, trial_component::associate, {"TrialComponentName": "c4", "TrialName": "t"})
        .unwrap();
}

async fn found(world: &World, mut input: Value) -> Vec<String> {
    input["Resource"] = json!("ExperimentTrialComponent");
    let answer = probity_app::search::search(&world.app, &world.caller, input);
    let answer = answer.await.unwrap();
    let results = answer["Results"].as_array().unwrap();
    results
        .iter()
        .map(|one| {
            one["TrialComponent"]["TrialComponentName"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect()
}

fn filter(name: &str, operator: &str, value: &str) -> Value {
    json!({"Filters": [{"Name": name, "Operator": operator, "Value": value}]})
}

#[tokio::test]
async fn filters_see_what_is_kept_in_other_rows() {
    let world = World::new().await;
    components(&world).await;
    for (expression, expected) in [
        (
            filter("Tags.parity", "Equals", "odd"),
            vec!["c1", "c3", "c5"],
        ),
        (filter("Parents.TrialName", "Equals", "t"), vec!["c4"]),
        (filter("Parents.ExperimentName", "Equals", "e"), vec!["c4"]),
        (
            filter("Parameters.lr", "GreaterThan", "0.35"),
            vec!["c4", "c5"],
        ),
        (filter("TrialComponentName", "Equals", "c2"), vec!["c2"]),
        (filter("TrialComponentName", "Equals", "c9"), vec![]),
        (
            filter("CreationTime", "LessThan", "2026-11-22T00:00:01Z"),
            vec!["c0"],
        ),
    ] {
        let query = json!({"SearchExpression": expression, "SortBy": "TrialComponentName",
            "SortOrder": "Ascending"});
        assert_eq!(found(&world, query).await, expected, "{expression}");
    }
}

#[tokio::test]
async fn the_last_change_comes_first_unless_told_otherwise() {
    let world = World::new().await;
    components(&world).await;
    assert_eq!(
        found(&world, json!({})).await,
        ["c4", "c5", "c3", "c2", "c1", "c0"]
    );
    let query = json!({"SortBy": "Parameters.lr", "SortOrder": "Ascending"});
    assert_eq!(
        found(&world, query).await,
        ["c0", "c1", "c2", "c3", "c4", "c5"]
    );
}

#[tokio::test]
async fn pages_show_everything_once_while_records_come_and_go() {
    let world = World::new().await;
    components(&world).await;
    let mut query = json!({"Resource": "ExperimentTrialComponent", "MaxResults": 2,
        "SortBy": "Tags.parity", "SortOrder": "Ascending"});
    let mut shown = Vec::new();
    loop {
        let answer = probity_app::search::search(&world.app, &world.caller, query.clone());
        let answer = answer.await.unwrap();
        for one in answer["Results"].as_array().unwrap() {
            shown.push(
                one["TrialComponent"]["TrialComponentName"]
                    .as_str()
                    .unwrap()
                    .to_owned(),
            );
        }
        if shown.len() == 2 {
            // The last one that was shown.
            call!(world, trial_component::delete, {"TrialComponentName": "c2"}).unwrap();
        }
        match answer.get("NextToken") {
            Some(token) => query["NextToken"] = token.clone(),
            None => break,
        }
    }
    assert_eq!(shown, ["c0", "c2", "c4", "c1", "c3", "c5"]);
    query["SortOrder"] = json!("Descending");
    let other = probity_app::search::search(&world.app, &world.caller, query).await;
    assert_eq!(fault(other), "invalid");
}

#[tokio::test]
async fn visibility_hides_other_values_and_keeps_records_without_the_tag() {
    let world = World::new().await;
    components(&world).await;
    call!(world, trial_component::create, {"TrialComponentName": "plain"}).unwrap();
    let query = json!({"VisibilityConditions": [{"Key": "Tags.parity", "Value": "odd"}],
        "SortBy": "TrialComponentName", "SortOrder": "Ascending"});
    assert_eq!(found(&world, query).await, ["c1", "c3", "c5", "plain"]);
}

#[tokio::test]
async fn a_trial_shows_its_components_and_can_be_found_by_them() {
    let world = World::new().await;
    components(&world).await;
    let expression = filter("TrialComponentSummaries.TrialComponentName", "Equals", "c4");
    for expression in [expression, json!({})] {
        let answer = call!(world, search::search,
            {"Resource": "ExperimentTrial", "SearchExpression": expression})
        .unwrap();
        let trial = &answer["Results"][0]["Trial"];
        assert_eq!(trial["TrialName"], "t");
        assert_eq!(
            trial["TrialComponentSummaries"][0]["TrialComponentName"],
            "c4"
        );
        assert_eq!(
            answer["TotalHits"],
            json!({"Value": 1, "Relation": "EqualTo"})
        );
    }
}

#[tokio::test]
async fn what_is_not_kept_is_not_found() {
    let world = World::new().await;
    components(&world).await;
    let answer = call!(world, search::search, {"Resource": "TrainingJob"}).unwrap();
    assert_eq!(answer["Results"], json!([]));
    let answer = call!(world, search::search, {"Resource": "ExperimentTrialComponent",
        "CrossAccountFilterOption": "CrossAccount"})
    .unwrap();
    assert_eq!(answer["Results"], json!([]));
}
