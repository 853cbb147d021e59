//! Model package groups and packages.

use probity_app::Access;
use probity_store::audit::{self, ListEvents};
use serde_json::{Value, json};

use crate::world::{START_MS, World, call, fault};

async fn group(world: &World) {
    call!(world, model_package_group::create, {"ModelPackageGroupName": "g"}).unwrap();
}

#[tokio::test]
async fn versions_count_up_and_no_number_is_given_twice() {
    let world = World::new().await;
    group(&world).await;
    for expected in ["g/1", "g/2"] {
        let made = call!(world, model_package::create, {"ModelPackageGroupName": "g"}).unwrap();
        let arn = made["ModelPackageArn"].as_str().unwrap();
        assert!(
            arn.ends_with(&format!(":model-package/{expected}")),
            "{arn}"
        );
    }
    call!(world, model_package::delete, {"ModelPackageName": "g/2"}).unwrap();
    let group_arn = world.caller.arn("model-package-group/g").to_string();
    let made = call!(world, model_package::create, {"ModelPackageGroupName": group_arn}).unwrap();
    assert!(made["ModelPackageArn"].as_str().unwrap().ends_with("/g/3"));
    let fault = fault(call!(world, model_package::describe, {"ModelPackageName": "g/2"}));
    assert_eq!(fault, "not found");
}

#[tokio::test]
async fn twenty_registrations_at_once_get_twenty_numbers() {
    let world = World::new().await;
    group(&world).await;
    let made = (0..20).map(|_| {
        let input = json!({"ModelPackageGroupName": "g"});
        probity_app::model_package::create(&world.app, &world.caller, input)
    });
    for answer in futures::future::join_all(made).await {
        answer.unwrap();
    }
    call!(world, model_package::describe, {"ModelPackageName": "g/20"}).unwrap();
    let next = call!(world, model_package::create, {"ModelPackageGroupName": "g"}).unwrap();
    assert!(next["ModelPackageArn"].as_str().unwrap().ends_with("/21"));
}

#[tokio::test]
async fn the_same_request_with_its_token_registers_once() {
    let world = World::new().await;
    group(&world).await;
    let request = json!({"ModelPackageGroupName": "g", "ClientToken": "t", "Domain": "d"});
    let register = |input: Value| async {
        probity_app::model_package::create(&world.app, &world.caller, input).await
    };
    let first = register(request.clone()).await.unwrap();
    assert_eq!(register(request.clone()).await.unwrap(), first);
    let other = json!({"ModelPackageGroupName": "g", "ClientToken": "t", "Domain": "e"});
    assert_eq!(fault(register(other).await), "conflict");
    let described = call!(world, model_package::describe, {"ModelPackageName": "g/1"}).unwrap();
    assert!(
        described.get("probity:ClientToken").is_none(),
        "{described}"
    );
}

#[tokio::test]
async fn an_approval_is_an_event_with_its_reason() {
    let world = World::new().await;
    group(&world).await;
    let made = call!(world, model_package::create, {"ModelPackageGroupName": "g"}).unwrap();
    world.pass_ms(2_500);
    let update = json!({
        "ModelPackageArn": made["ModelPackageArn"],
        "ModelApprovalStatus": "Approved",
        "ApprovalDescription": "by the committee",
    });
    probity_app::model_package::update(&world.app, &world.caller, update)
        .await
        .unwrap();
    let described = call!(world, model_package::describe, {"ModelPackageName": "g/1"}).unwrap();
    assert_eq!(described["ModelApprovalStatus"], "Approved");
    assert_eq!(described["CreationTime"], START_MS as f64 / 1000.0);
    assert_eq!(
        described["LastModifiedTime"],
        START_MS as f64 / 1000.0 + 2.5
    );
    assert_eq!(
        described["LastModifiedBy"]["IamIdentity"]["PrincipalId"],
        "ada"
    );
    let wanted = ListEvents {
        action: Some("sagemaker:UpdateModelPackage".to_owned()),
        limit: 10,
        ..ListEvents::default()
    };
    let events = audit::list(&world.app.store, &wanted).await.unwrap();
    let event = &events.first().unwrap().event;
    assert_eq!(event.reason.as_deref(), Some("by the committee"));
    assert_eq!(
        event.change["before"]["ModelApprovalStatus"],
        "PendingManualApproval"
    );
    assert_eq!(event.change["after"]["ModelApprovalStatus"], "Approved");
    let whole = audit::verify(&world.app.store).await.unwrap();
    assert_eq!(whole.broken_at, None);
}

#[tokio::test]
async fn lists_tell_versions_from_packages_without_a_group() {
    let world = World::new().await;
    group(&world).await;
    for status in ["Approved", "Rejected"] {
        call!(world, model_package::create,
            {"ModelPackageGroupName": "g", "ModelApprovalStatus": status})
        .unwrap();
    }
    call!(world, model_package::create, {"ModelPackageName": "alone"}).unwrap();
    for (query, expected) in [
        (json!({}), 1),
        (json!({"ModelPackageGroupName": "g"}), 2),
        (json!({"ModelPackageType": "Both"}), 3),
        (json!({"ModelPackageType": "Versioned"}), 2),
        (
            json!({"ModelPackageGroupName": "g", "ModelApprovalStatus": "Approved"}),
            1,
        ),
        (
            json!({"ModelPackageType": "Both", "NameContains": "lon"}),
            1,
        ),
    ] {
        let listed = probity_app::model_package::list(&world.app, &world.caller, query.clone());
        let listed = listed.await.unwrap();
        let found = listed["ModelPackageSummaryList"].as_array().unwrap().len();
        assert_eq!(found, expected, "{query}");
    }
}

#[tokio::test]
async fn a_name_and_a_group_exclude_each_other() {
    let world = World::new().await;
    group(&world).await;
    assert_eq!(fault(call!(world, model_package::create, {})), "invalid");
    let both = call!(world, model_package::create,
        {"ModelPackageName": "n", "ModelPackageGroupName": "g"});
    assert_eq!(fault(both), "invalid");
    let missing = call!(world, model_package::create, {"ModelPackageGroupName": "h"});
    assert_eq!(fault(missing), "not found");
}

#[tokio::test]
async fn a_group_goes_when_it_is_empty() {
    let world = World::new().await;
    group(&world).await;
    call!(world, model_package::create, {"ModelPackageGroupName": "g"}).unwrap();
    let name = json!({"ModelPackageGroupName": "g"});
    let delete = || {
        let name = name.clone();
        probity_app::model_package_group::delete(&world.app, &world.caller, name)
    };
    assert_eq!(fault(delete().await), "conflict");
    call!(world, model_package::delete, {"ModelPackageName": "g/1"}).unwrap();
    delete().await.unwrap();
    assert_eq!(fault(delete().await), "not found");
}

#[tokio::test]
async fn what_belongs_to_another_region_is_not_found() {
    let world = World::new().await;
    group(&world).await;
    let arn = "arn:aws:sagemaker:eu-west-1:111122223333:model-package-group/g";
    let answer = call!(world, model_package_group::describe, {"ModelPackageGroupName": arn});
    assert_eq!(fault(answer), "not found");
}

#[tokio::test]
async fn who_may_only_read_registers_nothing() {
    let mut world = World::new().await;
    group(&world).await;
    world.caller.access = Access::ReadOnly;
    let answer = call!(world, model_package::create, {"ModelPackageGroupName": "g"});
    assert_eq!(fault(answer), "denied");
    let listed = call!(world, model_package::list, {"ModelPackageGroupName": "g"}).unwrap();
    assert_eq!(listed["ModelPackageSummaryList"], json!([]));
}
