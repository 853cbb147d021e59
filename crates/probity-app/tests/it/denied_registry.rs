//! Every verb of the registry, of experiments, lineage and Search asks first whether it may.

use std::future::Future;
use std::pin::Pin;

use probity_app::{Access, App, Caller, Fault};
use serde_json::{Value, json};

use crate::world::World;

type Running<'a> = Pin<Box<dyn Future<Output = Result<Value, Fault>> + Send + 'a>>;
type Run = for<'a> fn(&'a App, &'a Caller, Value) -> Running<'a>;

macro_rules! verbs {
    ($($action:literal $verb:path;)*) => {
        const VERBS: &[(&str, Run)] = &[$(
            ($action, |app, caller, input| Box::pin($verb(app, caller, input))),
        )*];
    };
}

verbs! {
    "sagemaker:CreateModelPackageGroup" probity_app::model_package_group::create;
    "sagemaker:DescribeModelPackageGroup" probity_app::model_package_group::describe;
    "sagemaker:ListModelPackageGroups" probity_app::model_package_group::list;
    "sagemaker:DeleteModelPackageGroup" probity_app::model_package_group::delete;
    "sagemaker:PutModelPackageGroupPolicy" probity_app::model_package_group::put_policy;
    "sagemaker:GetModelPackageGroupPolicy" probity_app::model_package_group::get_policy;
    "sagemaker:DeleteModelPackageGroupPolicy" probity_app::model_package_group::delete_policy;
    "sagemaker:CreateModelPackage" probity_app::model_package::create;
    "sagemaker:DescribeModelPackage" probity_app::model_package::describe;
    "sagemaker:BatchDescribeModelPackage" probity_app::model_package::batch_describe;
    "sagemaker:ListModelPackages" probity_app::model_package::list;
    "sagemaker:UpdateModelPackage" probity_app::model_package::update;
    "sagemaker:DeleteModelPackage" probity_app::model_package::delete;
    "sagemaker:CreateExperiment" probity_app::experiment::create;
    "sagemaker:DescribeExperiment" probity_app::experiment::describe;
    "sagemaker:ListExperiments" probity_app::experiment::list;
    "sagemaker:UpdateExperiment" probity_app::experiment::update;
    "sagemaker:DeleteExperiment" probity_app::experiment::delete;
    "sagemaker:CreateTrial" probity_app::trial::create;
    "sagemaker:DescribeTrial" probity_app::trial::describe;
    "sagemaker:ListTrials" probity_app::trial::list;
    "sagemaker:UpdateTrial" probity_app::trial::update;
    "sagemaker:DeleteTrial" probity_app::trial::delete;
    "sagemaker:CreateTrialComponent" probity_app::trial_component::create;
    "sagemaker:DescribeTrialComponent" probity_app::trial_component::describe;
    "sagemaker:ListTrialComponents" probity_app::trial_component::list;
    "sagemaker:UpdateTrialComponent" probity_app::trial_component::update;
    "sagemaker:DeleteTrialComponent" probity_app::trial_component::delete;
    "sagemaker:AssociateTrialComponent" probity_app::trial_component::associate;
    "sagemaker:DisassociateTrialComponent" probity_app::trial_component::disassociate;
    "sagemaker:CreateArtifact" probity_app::artifact::create;
    "sagemaker:DescribeArtifact" probity_app::artifact::describe;
    "sagemaker:ListArtifacts" probity_app::artifact::list;
    "sagemaker:UpdateArtifact" probity_app::artifact::update;
    "sagemaker:DeleteArtifact" probity_app::artifact::delete;
    "sagemaker:CreateAction" probity_app::action::create;
    "sagemaker:DescribeAction" probity_app::action::describe;
    "sagemaker:ListActions" probity_app::action::list;
    "sagemaker:UpdateAction" probity_app::action::update;
    "sagemaker:DeleteAction" probity_app::action::delete;
    "sagemaker:CreateContext" probity_app::context::create;
    "sagemaker:DescribeContext" probity_app::context::describe;
    "sagemaker:ListContexts" probity_app::context::list;
    "sagemaker:UpdateContext" probity_app::context::update;
    "sagemaker:DeleteContext" probity_app::context::delete;
    "sagemaker:AddAssociation" probity_app::association::add;
    "sagemaker:ListAssociations" probity_app::association::list;
    "sagemaker:DeleteAssociation" probity_app::association::delete;
    "sagemaker:Search" probity_app::search::search;
    "sagemaker:GetSearchSuggestions" probity_app::search::suggestions;
    "sagemaker:BatchPutMetrics" probity_app::batch_metrics::put;
    "sagemaker:BatchGetMetrics" probity_app::batch_metrics::get;
    "sts:GetCallerIdentity" probity_app::sts::get_caller_identity;
    "iam:GetRole" probity_app::iam::get_role;
    "iam:ListRoles" probity_app::iam::list_roles;
    "ecr:DescribeRepositories" probity_app::ecr::describe_repositories;
    "ecr:DescribeImages" probity_app::ecr::describe_images;
}

#[tokio::test]
async fn a_reader_is_denied_what_writes_and_nothing_else() {
    let mut world = World::new().await;
    world.caller.access = Access::ReadOnly;
    for (action, run) in VERBS {
        let verb = action.split_once(':').unwrap().1;
        let reads = ["Batch", "Describe", "Get", "List", "Search"]
            .iter()
            .any(|start| verb.starts_with(start))
            && verb != "BatchPutMetrics";
        let answer = run(&world.app, &world.caller, json!({})).await;
        match answer {
            Err(Fault::Denied {
                user,
                action: denied,
            }) => {
                assert_eq!((user.as_str(), denied.as_str()), ("ada", *action));
                assert!(!reads, "{action} is denied");
            }
            other => assert!(reads, "{action} is not denied: {other:?}"),
        }
    }
}
