"""boto3 walks the model registry, experiments, lineage, Search and the metrics of trial
components against a running server: every operation, every paginator, and what is refused.

needs: packages
"""

import datetime
import json
import sys

from botocore.exceptions import ClientError

from _program import run, scenario
from _server import serving

S3 = "s3://bucket"
IMAGE = "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
ROLE = "arn:aws:iam::111122223333:role/service-role/Governor"


def refused(code, text, call, **arguments):
    try:
        answer = call(**arguments)
    except ClientError as error:
        found = error.response["Error"]
        assert found["Code"] == code, f"{found['Code']}: {found['Message']}, not {code}"
        assert text in found["Message"], f"`{found['Message']}` without `{text}`"
        return
    raise AssertionError(f"not refused: {answer}")


def pages(client, operation, items, **arguments):
    """Everything, two at a time."""
    paginator = client.get_paginator(operation)
    found = []
    for page in paginator.paginate(PaginationConfig={"PageSize": 2}, **arguments):
        assert len(page[items]) <= 2, page[items]
        found += page[items]
    return found


def inference(uri=f"{S3}/model.tar.gz"):
    return {
        "Containers": [{"Image": IMAGE, "ModelDataUrl": uri}],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }


@scenario
def model_package_groups_are_kept_with_their_policies(folder):
    with serving(folder) as server:
        sagemaker = server.client("sagemaker")
        created = sagemaker.create_model_package_group(
            ModelPackageGroupName="fraud",
            ModelPackageGroupDescription="what stops it",
            Tags=[{"Key": "team", "Value": "risk"}],
        )
        arn = created["ModelPackageGroupArn"]
        assert arn.endswith(":model-package-group/fraud"), arn
        group = sagemaker.describe_model_package_group(ModelPackageGroupName="fraud")
        assert group["ModelPackageGroupStatus"] == "Completed"
        assert group["ModelPackageGroupDescription"] == "what stops it"
        assert isinstance(group["CreationTime"], datetime.datetime)
        assert "CreatedBy" in group
        by_arn = sagemaker.describe_model_package_group(ModelPackageGroupName=arn)
        assert by_arn["ModelPackageGroupName"] == "fraud"
        tags = sagemaker.list_tags(ResourceArn=arn)["Tags"]
        assert tags == [{"Key": "team", "Value": "risk"}], tags
        refused("ValidationException", "already exists",
                sagemaker.create_model_package_group, ModelPackageGroupName="fraud")
        refused("ValidationException", "", sagemaker.describe_model_package_group,
                ModelPackageGroupName="nope")

        refused("ValidationException", "Cannot find resource policy",
                sagemaker.get_model_package_group_policy, ModelPackageGroupName="fraud")
        policy = json.dumps({"Version": "2012-10-17", "Statement": []})
        sagemaker.put_model_package_group_policy(ModelPackageGroupName="fraud",
                                                 ResourcePolicy=policy)
        kept = sagemaker.get_model_package_group_policy(ModelPackageGroupName="fraud")
        assert kept["ResourcePolicy"] == policy
        refused("ValidationException", "JSON", sagemaker.put_model_package_group_policy,
                ModelPackageGroupName="fraud", ResourcePolicy="{")
        sagemaker.delete_model_package_group_policy(ModelPackageGroupName="fraud")
        refused("ValidationException", "Cannot find resource policy",
                sagemaker.delete_model_package_group_policy, ModelPackageGroupName="fraud")

        for name in ["churn", "fraud-2", "fraud-3", "credit"]:
            sagemaker.create_model_package_group(ModelPackageGroupName=name)
        listed = pages(sagemaker, "list_model_package_groups", "ModelPackageGroupSummaryList",
                       SortBy="Name", SortOrder="Descending")
        names = [one["ModelPackageGroupName"] for one in listed]
        assert names == ["fraud-3", "fraud-2", "fraud", "credit", "churn"], names
        listed = sagemaker.list_model_package_groups(NameContains="fraud-")
        assert len(listed["ModelPackageGroupSummaryList"]) == 2
        listed = sagemaker.list_model_package_groups(CrossAccountFilterOption="CrossAccount")
        assert listed["ModelPackageGroupSummaryList"] == []
        refused("ValidationException", "NextToken", sagemaker.list_model_package_groups,
                NextToken="nonsense")

        sagemaker.create_model_package(ModelPackageGroupName="fraud",
                                       InferenceSpecification=inference())
        refused("ConflictException", "Model Package", sagemaker.delete_model_package_group,
                ModelPackageGroupName="fraud")
        sagemaker.delete_model_package(ModelPackageName="fraud/1")
        sagemaker.delete_model_package_group(ModelPackageGroupName=arn)
        refused("ValidationException", "", sagemaker.describe_model_package_group,
                ModelPackageGroupName="fraud")


@scenario
def versions_of_a_group_are_registered_approved_and_deleted(folder):
    with serving(folder) as server:
        sagemaker = server.client("sagemaker")
        sagemaker.create_model_package_group(ModelPackageGroupName="fraud")
        registered = dict(
            ModelPackageGroupName="fraud",
            ModelPackageDescription="by hand",
            InferenceSpecification=inference(),
            ModelMetrics={"ModelQuality": {"Statistics": {
                "ContentType": "application/json", "S3Uri": f"{S3}/statistics.json"}}},
            DriftCheckBaselines={"Bias": {"ConfigFile": {"S3Uri": f"{S3}/config.json"}}},
            CustomerMetadataProperties={"n": "1", "gone": "soon"},
            MetadataProperties={"CommitId": "abc"},
            SourceUri=f"{S3}/source",
            Domain="MACHINE_LEARNING",
            Task="CLASSIFICATION",
            ModelLifeCycle={"Stage": "Development", "StageStatus": "PendingApproval"},
        )
        first = sagemaker.create_model_package(ClientToken="once", **registered)
        again = sagemaker.create_model_package(ClientToken="once", **registered)
        assert first["ModelPackageArn"] == again["ModelPackageArn"]
        refused("ConflictException", "ClientToken", sagemaker.create_model_package,
                ClientToken="once", ModelPackageGroupName="fraud")
        arn = first["ModelPackageArn"]
        assert arn.endswith(":model-package/fraud/1"), arn

        described = sagemaker.describe_model_package(ModelPackageName=arn)
        for name, value in registered.items():
            assert described[name] == value, (name, described[name])
        assert described["ModelPackageVersion"] == 1
        assert described["ModelPackageStatus"] == "Completed"
        assert described["ModelApprovalStatus"] == "PendingManualApproval"
        assert described["ModelPackageStatusDetails"]["ValidationStatuses"] == []
        named = sagemaker.describe_model_package(ModelPackageName="fraud/1")
        assert named["ModelPackageArn"] == arn
        assert named["ModelPackageName"] == "fraud/1"

        sagemaker.update_model_package(
            ModelPackageArn=arn,
            ModelApprovalStatus="Approved",
            ApprovalDescription="by the committee",
            CustomerMetadataProperties={"reviewed": "yes"},
            CustomerMetadataPropertiesToRemove=["gone"],
            SourceUri=f"{S3}/source2",
            ModelLifeCycle={"Stage": "Production", "StageStatus": "Approved"},
            ModelCard={"ModelCardContent": "{}", "ModelCardStatus": "Draft"},
            AdditionalInferenceSpecificationsToAdd=[
                {"Name": "batch", "Containers": [{"Image": IMAGE}]}],
        )
        changed = sagemaker.describe_model_package(ModelPackageName=arn)
        assert changed["ModelApprovalStatus"] == "Approved"
        assert changed["ApprovalDescription"] == "by the committee"
        assert changed["CustomerMetadataProperties"] == {"n": "1", "reviewed": "yes"}
        assert changed["SourceUri"] == f"{S3}/source2"
        assert changed["ModelLifeCycle"]["Stage"] == "Production"
        assert changed["AdditionalInferenceSpecifications"][0]["Name"] == "batch"
        assert changed["ModelMetrics"] == registered["ModelMetrics"]
        assert changed["LastModifiedTime"] >= changed["CreationTime"]
        assert "LastModifiedBy" in changed
        bare = sagemaker.describe_model_package(ModelPackageName=arn, IncludedData="MetadataOnly")
        assert json.loads(bare["ModelCard"]["ModelCardContent"]) == {}

        for status in ["Rejected", "PendingManualApproval", "Approved", "Rejected"]:
            sagemaker.create_model_package(ModelPackageGroupName="fraud",
                                           ModelApprovalStatus=status,
                                           InferenceSpecification=inference())
        sagemaker.create_model_package(ModelPackageName="alone",
                                       InferenceSpecification=inference())
        refused("ValidationException", "already exists", sagemaker.create_model_package,
                ModelPackageName="alone", InferenceSpecification=inference())
        listed = pages(sagemaker, "list_model_packages", "ModelPackageSummaryList",
                       ModelPackageGroupName="fraud", SortBy="CreationTime",
                       SortOrder="Descending")
        assert [one["ModelPackageVersion"] for one in listed] == [5, 4, 3, 2, 1], listed
        approved = sagemaker.list_model_packages(ModelPackageGroupName="fraud",
                                                 ModelApprovalStatus="Approved")
        versions = [one["ModelPackageVersion"] for one in approved["ModelPackageSummaryList"]]
        assert sorted(versions) == [1, 4], versions
        for kind, count in [("Versioned", 5), ("Unversioned", 1), ("Both", 6)]:
            found = pages(sagemaker, "list_model_packages", "ModelPackageSummaryList",
                          ModelPackageType=kind)
            assert len(found) == count, (kind, found)
        alone = sagemaker.list_model_packages()["ModelPackageSummaryList"]
        assert [one["ModelPackageName"] for one in alone] == ["alone"]

        missing = arn.replace("/1", "/99")
        batch = sagemaker.batch_describe_model_package(ModelPackageArnList=[arn, missing])
        assert batch["ModelPackageSummaries"][arn]["ModelPackageVersion"] == 1
        assert "ErrorCode" in batch["BatchDescribeModelPackageErrorMap"][missing]

        sagemaker.delete_model_package(ModelPackageName="fraud/5")
        newest = sagemaker.create_model_package(ModelPackageGroupName="fraud",
                                                InferenceSpecification=inference())
        assert newest["ModelPackageArn"].endswith("/6"), "a version's number was given again"
        refused("ValidationException", "Could not find model package",
                sagemaker.describe_model_package, ModelPackageName="fraud/5")
        refused("ValidationException", "", sagemaker.create_model_package,
                InferenceSpecification=inference())
        refused("ValidationException", "", sagemaker.create_model_package,
                ModelPackageGroupName="nope", InferenceSpecification=inference())
        refused("ValidationException", "modelApprovalStatus", sagemaker.create_model_package,
                ModelPackageGroupName="fraud", ModelApprovalStatus="Perhaps")


@scenario
def experiments_trials_and_components_are_kept_together(folder):
    with serving(folder) as server:
        sagemaker = server.client("sagemaker")
        for name in ["exp-a", "exp-b", "exp-c"]:
            arn = sagemaker.create_experiment(ExperimentName=name)["ExperimentArn"]
            assert arn.endswith(f":experiment/{name}"), arn
        refused("ValidationException", "already exists", sagemaker.create_experiment,
                ExperimentName="exp-a")
        sagemaker.update_experiment(ExperimentName="exp-a", Description="first")
        described = sagemaker.describe_experiment(ExperimentName="exp-a")
        assert described["Description"] == "first"
        assert described["DisplayName"] == "exp-a"
        listed = pages(sagemaker, "list_experiments", "ExperimentSummaries", SortBy="Name",
                       SortOrder="Ascending")
        names = [one["ExperimentName"] for one in listed]
        assert names == ["exp-a", "exp-b", "exp-c"], names
        refused("ResourceNotFound", "", sagemaker.describe_experiment, ExperimentName="nope")

        for number in range(3):
            sagemaker.create_trial(TrialName=f"trial-{number}", ExperimentName="exp-a")
        sagemaker.create_trial(TrialName="other", ExperimentName="exp-b")
        refused("ResourceNotFound", "", sagemaker.create_trial, TrialName="t",
                ExperimentName="nope")
        refused("ValidationException", "already exists", sagemaker.create_trial,
                TrialName="trial-0", ExperimentName="exp-a")
        sagemaker.update_trial(TrialName="trial-0", DisplayName="shown")
        trial = sagemaker.describe_trial(TrialName="trial-0")
        assert (trial["DisplayName"], trial["ExperimentName"]) == ("shown", "exp-a")
        trials = pages(sagemaker, "list_trials", "TrialSummaries", ExperimentName="exp-a")
        assert len(trials) == 3

        started = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
        sagemaker.create_trial_component(
            TrialComponentName="run-1",
            Parameters={"lr": {"NumberValue": 0.1}, "kind": {"StringValue": "tree"}},
            InputArtifacts={"train": {"MediaType": "text/csv", "Value": f"{S3}/train"}},
            StartTime=started,
        )
        refused("ValidationException", "already exists", sagemaker.create_trial_component,
                TrialComponentName="run-1")
        sagemaker.update_trial_component(
            TrialComponentName="run-1",
            Status={"PrimaryStatus": "Completed"},
            Parameters={"depth": {"NumberValue": 4}},
            ParametersToRemove=["kind"],
            OutputArtifacts={"model": {"Value": f"{S3}/model"}},
        )
        component = sagemaker.describe_trial_component(TrialComponentName="run-1")
        assert component["Parameters"] == {"lr": {"NumberValue": 0.1},
                                           "depth": {"NumberValue": 4.0}}, component
        assert component["StartTime"] == started
        assert component["Status"]["PrimaryStatus"] == "Completed"
        arn = component["TrialComponentArn"]
        by_arn = sagemaker.describe_trial_component(TrialComponentName=arn)
        assert by_arn["TrialComponentName"] == "run-1"
        for number in range(2, 5):
            sagemaker.create_trial_component(TrialComponentName=f"run-{number}")
        for name in ["run-1", "run-2", "run-3"]:
            sagemaker.associate_trial_component(TrialComponentName=name, TrialName="trial-0")
        sagemaker.associate_trial_component(TrialComponentName="run-1", TrialName="other")
        sagemaker.associate_trial_component(TrialComponentName="run-1", TrialName="other")
        refused("ResourceNotFound", "", sagemaker.associate_trial_component,
                TrialComponentName="run-1", TrialName="nope")
        for query, count in [({}, 4), ({"TrialName": "trial-0"}, 3),
                             ({"ExperimentName": "exp-b"}, 1), ({"TrialName": "other"}, 1)]:
            found = pages(sagemaker, "list_trial_components", "TrialComponentSummaries", **query)
            assert len(found) == count, (query, found)
        of_run = pages(sagemaker, "list_trials", "TrialSummaries", TrialComponentName="run-1",
                       SortBy="Name", SortOrder="Ascending")
        assert [one["TrialName"] for one in of_run] == ["other", "trial-0"], of_run

        refused("ValidationException", "trials", sagemaker.delete_experiment,
                ExperimentName="exp-b")
        refused("ValidationException", "trial components", sagemaker.delete_trial,
                TrialName="other")
        refused("ValidationException", "associated", sagemaker.delete_trial_component,
                TrialComponentName="run-1")
        sagemaker.disassociate_trial_component(TrialComponentName="run-1", TrialName="other")
        sagemaker.delete_trial(TrialName="other")
        sagemaker.delete_experiment(ExperimentName="exp-b")
        sagemaker.delete_trial_component(TrialComponentName="run-4")
        refused("ResourceNotFound", "", sagemaker.delete_trial_component,
                TrialComponentName="run-4")


@scenario
def metrics_of_a_trial_component_are_summarised(folder):
    with serving(folder) as server:
        sagemaker, metrics = server.client("sagemaker"), server.client("sagemaker-metrics")
        sagemaker.create_trial_component(TrialComponentName="run-1")
        at = 1_795_346_313
        values = [1.0, 0.5, 0.25]
        answer = metrics.batch_put_metrics(
            TrialComponentName="run-1",
            MetricData=[{"MetricName": "loss", "Value": value, "Timestamp": at + 60 * step,
                         "Step": step} for step, value in enumerate(values)],
        )
        assert answer.get("Errors", []) == [], answer
        component = sagemaker.describe_trial_component(TrialComponentName="run-1")
        [loss] = component["Metrics"]
        assert (loss["MetricName"], loss["Count"]) == ("loss", 3), loss
        assert (loss["Min"], loss["Max"], loss["Last"]) == (0.25, 1.0, 0.25), loss
        assert abs(loss["Avg"] - sum(values) / 3) < 1e-12
        assert loss["TimeStamp"].timestamp() == at + 120
        arn = component["TrialComponentArn"]

        def read(**query):
            query = {"MetricName": "loss", "ResourceArn": arn, **query}
            [result] = metrics.batch_get_metrics(MetricQueries=[query])["MetricQueryResults"]
            return result

        by_step = read(MetricStat="Last", Period="IterationNumber", XAxisType="IterationNumber")
        assert by_step["Status"] == "Complete", by_step
        assert by_step["XAxisValues"] == [0, 1, 2] and by_step["MetricValues"] == values, by_step
        some = read(MetricStat="Last", Period="IterationNumber", XAxisType="IterationNumber",
                    Start=1, End=1)
        assert some["MetricValues"] == [0.5], some
        by_hour = read(MetricStat="Count", Period="OneHour", XAxisType="Timestamp")
        assert sum(by_hour["MetricValues"]) == 3, by_hour
        wrong = read(MetricStat="Min", Period="OneHour", XAxisType="IterationNumber")
        assert wrong["Status"] == "ValidationError", wrong
        refused("ValidationException", "", metrics.batch_put_metrics, TrialComponentName="nope",
                MetricData=[{"MetricName": "m", "Value": 1.0, "Timestamp": at}])


@scenario
def lineage_is_kept_and_listed(folder):
    with serving(folder) as server:
        sagemaker = server.client("sagemaker")
        data = sagemaker.create_artifact(
            ArtifactName="data", ArtifactType="DataSet",
            Source={"SourceUri": f"{S3}/train",
                    "SourceTypes": [{"SourceIdType": "S3ETag", "Value": "abc"}]},
            Properties={"rows": "200", "gone": "soon"},
        )["ArtifactArn"]
        model = sagemaker.create_artifact(
            ArtifactType="Model", Source={"SourceUri": f"{S3}/model"})["ArtifactArn"]
        assert len(data.rsplit("/", 1)[1]) == 32, data
        refused("ValidationException", "already exists", sagemaker.create_artifact,
                ArtifactType="DataSet", Source={"SourceUri": f"{S3}/train"})
        sagemaker.update_artifact(ArtifactArn=data, Properties={"stage": "prod"},
                                  PropertiesToRemove=["gone"])
        described = sagemaker.describe_artifact(ArtifactArn=data)
        assert described["Properties"] == {"rows": "200", "stage": "prod"}, described
        assert described["Source"]["SourceTypes"][0]["Value"] == "abc"
        for number in range(3):
            sagemaker.create_artifact(ArtifactType="Image",
                                      Source={"SourceUri": f"{S3}/image/{number}"})
        assert len(pages(sagemaker, "list_artifacts", "ArtifactSummaries")) == 5
        found = sagemaker.list_artifacts(SourceUri=f"{S3}/train")["ArtifactSummaries"]
        assert [one["ArtifactArn"] for one in found] == [data]
        images = pages(sagemaker, "list_artifacts", "ArtifactSummaries", ArtifactType="Image")
        assert len(images) == 3

        action = sagemaker.create_action(
            ActionName="approve", ActionType="ModelApproval", Status="InProgress",
            Source={"SourceUri": "arn:aws:sagemaker:us-west-2:111122223333:model-package/g/1"},
        )["ActionArn"]
        sagemaker.update_action(ActionName="approve", Status="Completed", Description="done")
        assert sagemaker.describe_action(ActionName=action)["Status"] == "Completed"
        context = sagemaker.create_context(
            ContextName="endpoint", ContextType="Endpoint", Source={"SourceUri": f"{S3}/e"},
        )["ContextArn"]
        sagemaker.update_context(ContextName="endpoint", Properties={"a": "b"})
        assert sagemaker.describe_context(ContextName="endpoint")["Properties"] == {"a": "b"}
        for name in ["b", "c"]:
            sagemaker.create_action(ActionName=name, ActionType="Other",
                                    Source={"SourceUri": f"{S3}/{name}"})
            sagemaker.create_context(ContextName=name, ContextType="Other",
                                     Source={"SourceUri": f"{S3}/{name}"})
        assert len(pages(sagemaker, "list_actions", "ActionSummaries", SortBy="Name")) == 3
        assert len(pages(sagemaker, "list_contexts", "ContextSummaries", SortBy="Name")) == 3
        refused("ValidationException", "already exists", sagemaker.create_action,
                ActionName="b", ActionType="Other", Source={"SourceUri": f"{S3}/x"})
        refused("ResourceNotFound", "", sagemaker.describe_action, ActionName="nope")
        refused("ResourceNotFound", "", sagemaker.describe_context, ContextName="nope")
        refused("ResourceNotFound", "", sagemaker.describe_artifact,
                ArtifactArn=data[:-1] + "x")

        sagemaker.create_trial_component(TrialComponentName="tc")
        component = sagemaker.describe_trial_component(TrialComponentName="tc")
        component = component["TrialComponentArn"]
        edges = [(data, component, "ContributedTo"), (component, model, "Produced"),
                 (model, action, "ContributedTo"), (action, context, "AssociatedWith")]
        for source, destination, kind in edges:
            sagemaker.add_association(SourceArn=source, DestinationArn=destination,
                                      AssociationType=kind)
        refused("ValidationException", "already exists", sagemaker.add_association,
                SourceArn=data, DestinationArn=component)
        refused("ResourceNotFound", "", sagemaker.add_association, SourceArn=data,
                DestinationArn=action + "x")
        assert len(pages(sagemaker, "list_associations", "AssociationSummaries")) == 4
        [edge] = sagemaker.list_associations(SourceArn=data)["AssociationSummaries"]
        assert edge["DestinationArn"] == component and edge["SourceType"] == "DataSet", edge
        assert (edge["SourceName"], edge["DestinationName"]) == ("data", "tc"), edge
        [edge] = sagemaker.list_associations(DestinationType="Endpoint")["AssociationSummaries"]
        assert edge["SourceArn"] == action, edge
        by_source = pages(sagemaker, "list_associations", "AssociationSummaries",
                          SortBy="SourceArn", SortOrder="Ascending")
        sources = [one["SourceArn"] for one in by_source]
        assert sources == sorted(sources) and len(sources) == 4, sources
        sagemaker.delete_association(SourceArn=data, DestinationArn=component)
        refused("ResourceNotFound", "", sagemaker.delete_association, SourceArn=data,
                DestinationArn=component)
        sagemaker.delete_action(ActionName="approve")
        left = sagemaker.list_associations()["AssociationSummaries"]
        assert [one["DestinationArn"] for one in left] == [model], left
        sagemaker.delete_context(ContextName="endpoint")
        sagemaker.delete_artifact(Source={"SourceUri": f"{S3}/train"})
        sagemaker.delete_artifact(ArtifactArn=model)
        refused("ResourceNotFound", "", sagemaker.delete_artifact, ArtifactArn=model)


def search(sagemaker, resource, *filters, **more):
    expression = more.pop("expression", {})
    if filters:
        expression = {**expression, "Filters": [
            dict(zip(("Name", "Operator", "Value"), one)) for one in filters]}
    arguments = {"Resource": resource, **more}
    if expression:
        arguments["SearchExpression"] = expression
    return sagemaker.search(**arguments)["Results"]


@scenario
def search_compares_by_every_operator(folder):
    with serving(folder) as server:
        sagemaker = server.client("sagemaker")
        sagemaker.create_experiment(ExperimentName="exp")
        sagemaker.create_trial(TrialName="trial", ExperimentName="exp")
        for number in range(12):
            name = f"run-{number:02}"
            sagemaker.create_trial_component(
                TrialComponentName=name,
                DisplayName=f"shown-{11 - number:02}",
                Parameters={"lr": {"NumberValue": number / 10}},
                Tags=[{"Key": "parity", "Value": "odd" if number % 2 else "even"}],
            )
            if number < 3:
                sagemaker.associate_trial_component(TrialComponentName=name, TrialName="trial")

        def names(*filters, **more):
            found = search(sagemaker, "ExperimentTrialComponent", *filters, **more)
            return [one["TrialComponent"]["TrialComponentName"][-2:] for one in found]

        for expected, condition in [
            (["03"], ("TrialComponentName", "Equals", "run-03")),
            (["03"], ("DisplayName", "Equals", "shown-08")),
            (["00", "01", "02"], ("Parents.TrialName", "Equals", "trial")),
            (["00", "01", "02"], ("Parents.ExperimentName", "Equals", "exp")),
            (["10", "11"], ("TrialComponentName", "Contains", "run-1")),
            (["02", "05"], ("TrialComponentName", "In", "run-02,run-05,none")),
            (["10", "11"], ("Parameters.lr", "GreaterThan", "0.9")),
            (["09", "10", "11"], ("Parameters.lr", "GreaterThanOrEqualTo", "0.9")),
            (["00"], ("Parameters.lr", "LessThan", "0.1")),
            (["00", "01"], ("Parameters.lr", "LessThanOrEqualTo", "0.1")),
            (["01", "03", "05", "07", "09", "11"], ("Tags.parity", "Equals", "odd")),
            (["00", "02", "04", "06", "08", "10"], ("Tags.parity", "NotEquals", "odd")),
            ([f"{number:02}" for number in range(12)], ("Parameters.lr", "Exists")),
            ([], ("Parameters.lr", "NotExists")),
            ([f"{number:02}" for number in range(3, 12)], ("Parents.TrialName", "NotExists")),
            ([f"{number:02}" for number in range(12)],
             ("CreationTime", "GreaterThan", "2020-01-01T00:00:00Z")),
            ([], ("CreationTime", "LessThan", "2020-01-01T00:00:00Z")),
        ]:
            found = names(condition)
            assert sorted(found) == expected, (condition, found)
        odd = ("Tags.parity", "Equals", "odd")
        large = ("Parameters.lr", "GreaterThan", "0.8")
        assert sorted(names(odd, large)) == ["09", "11"]
        either = {"Operator": "Or"}
        assert len(names(odd, large, expression=either)) == 7
        inner = {"Filters": [{"Name": "Parameters.lr", "Operator": "LessThan", "Value": "0.3"},
                             {"Name": "Parameters.lr", "Operator": "GreaterThan", "Value": "0.9"}],
                 "Operator": "Or"}
        found = names(odd, expression={"SubExpressions": [inner], "Operator": "And"})
        assert sorted(found) == ["01", "11"], found
        nested = {"NestedFilters": [{"NestedPropertyName": "Parents", "Filters": [
            {"Name": "Parents.TrialName", "Operator": "Equals", "Value": "trial"},
            {"Name": "Parents.ExperimentName", "Operator": "Equals", "Value": "exp"}]}]}
        assert len(names(expression=nested)) == 3
        assert names(SortBy="DisplayName", SortOrder="Ascending")[0] == "11"
        assert names(SortBy="Parameters.lr", SortOrder="Descending")[0] == "11"
        hidden = [{"Key": "Tags.parity", "Value": "even"}]
        assert len(names(VisibilityConditions=hidden)) == 6
        assert names(CrossAccountFilterOption="CrossAccount") == []

        everything = sagemaker.get_paginator("search").paginate(
            Resource="ExperimentTrialComponent", SortBy="TrialComponentName",
            SortOrder="Ascending", PaginationConfig={"PageSize": 5})
        shown = [one["TrialComponent"]["TrialComponentName"]
                 for page in everything for one in page["Results"]]
        assert shown == [f"run-{number:02}" for number in range(12)], shown
        [trial] = search(sagemaker, "ExperimentTrial", ("TrialName", "Equals", "trial"))
        assert len(trial["Trial"]["TrialComponentSummaries"]) == 3
        [experiment] = search(sagemaker, "Experiment", ("ExperimentName", "Contains", "ex"))
        assert experiment["Experiment"]["ExperimentName"] == "exp"
        refused("ValidationException", "resource", sagemaker.search, Resource="Nothing")
        refused("ValidationException", "value", sagemaker.search, Resource="Model",
                SearchExpression={"Filters": [{"Name": "ModelName", "Operator": "Equals"}]})
        suggested = sagemaker.get_search_suggestions(
            Resource="ExperimentTrialComponent",
            SuggestionQuery={"PropertyNameQuery": {"PropertyNameHint": "Param"}})
        assert suggested["PropertyNameSuggestions"] == [{"PropertyName": "Parameters.lr"}] or \
            {"PropertyName": "Parameters.lr.NumberValue"} in suggested["PropertyNameSuggestions"]


@scenario
def search_finds_models_packages_and_what_is_not_kept(folder):
    with serving(folder) as server:
        sagemaker = server.client("sagemaker")
        arn = sagemaker.create_model(
            ModelName="gov-model", ExecutionRoleArn=ROLE,
            PrimaryContainer={"Image": IMAGE, "ModelDataUrl": f"{S3}/model.tar.gz"},
            Tags=[{"Key": "project", "Value": "p"}],
        )["ModelArn"]
        for condition in [("ModelName", "Equals", "gov-model"), ("ModelName", "Contains", "ov-"),
                          ("Model.ModelName", "Equals", "gov-model"),
                          ("PrimaryContainer.ModelDataUrl", "Equals", f"{S3}/model.tar.gz"),
                          ("Tags.project", "Equals", "p")]:
            found = search(sagemaker, "Model", condition)
            assert len(found) == 1, (condition, found)
            record = found[0]["Model"]
            assert record["Model"]["ModelArn"] == arn, record
            assert record["Endpoints"] == [] and record["MonitoringSchedules"] == [], record
            assert record["Model"]["Tags"] == [{"Key": "project", "Value": "p"}]
        sagemaker.create_model_package_group(ModelPackageGroupName="group")
        [group] = search(sagemaker, "ModelPackageGroup",
                         ("ModelPackageGroupName", "Equals", "group"))
        assert group["ModelPackageGroup"]["ModelPackageGroupStatus"] == "Completed"
        for status in ["Approved", "PendingManualApproval"]:
            sagemaker.create_model_package(ModelPackageGroupName="group",
                                           ModelApprovalStatus=status,
                                           InferenceSpecification=inference())
        approved = {"SubExpressions": [{"Filters": [
            {"Name": "ModelApprovalStatus", "Operator": "Equals", "Value": "Approved"}],
            "Operator": "And"}], "Operator": "And"}
        found = search(sagemaker, "ModelPackage", ("ModelPackageGroupName", "Equals", "group"),
                       expression=approved, SortBy="CreationTime", SortOrder="Descending")
        assert [one["ModelPackage"]["ModelPackageVersion"] for one in found] == [1], found
        for resource in ["TrainingJob", "Pipeline", "PipelineExecution", "FeatureGroup",
                         "Project", "HyperParameterTuningJob", "Image", "ImageVersion"]:
            assert search(sagemaker, resource) == [], resource


@scenario
def search_finds_a_model_by_its_endpoint(folder):
    with serving(folder) as server:
        sagemaker = server.client("sagemaker")
        for name in ["served", "idle"]:
            sagemaker.create_model(
                ModelName=name, ExecutionRoleArn=ROLE,
                PrimaryContainer={"Image": IMAGE, "ModelDataUrl": f"{S3}/model.tar.gz"})
        sagemaker.create_endpoint_config(
            EndpointConfigName="config",
            ProductionVariants=[{"VariantName": "a", "ModelName": "served",
                                 "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}])
        arn = sagemaker.create_endpoint(EndpointName="endpoint", EndpointConfigName="config",
                                        Tags=[{"Key": "stage", "Value": "test"}])["EndpointArn"]
        [found] = search(sagemaker, "Model", ("Endpoints.EndpointName", "Equals", "endpoint"))
        assert found["Model"]["Model"]["ModelName"] == "served", found
        [endpoint] = found["Model"]["Endpoints"]
        assert endpoint["EndpointArn"] == arn, endpoint
        [idle] = search(sagemaker, "Model", ("Endpoints.EndpointName", "NotExists"))
        assert idle["Model"]["Model"]["ModelName"] == "idle", idle
        [found] = search(sagemaker, "Endpoint", ("Tags.stage", "Equals", "test"))
        assert found["Endpoint"]["EndpointName"] == "endpoint", found
        assert found["Endpoint"]["EndpointConfigName"] == "config", found
        assert found["Endpoint"]["MonitoringSchedules"] == [], found


@scenario
def identities_are_looked_up(folder):
    with serving(folder) as server:
        caller = server.client("sts").get_caller_identity()
        assert caller["Account"] == "111122223333", caller
        assert caller["Arn"].startswith("arn:aws:iam::111122223333:user/"), caller
        role = server.client("iam").get_role(RoleName="Governor")["Role"]
        assert role["Arn"] == ROLE, role
        ecr = server.client("ecr")
        names = [one["repositoryName"] for one in ecr.describe_repositories()["repositories"]]
        assert "sagemaker-model-monitor-analyzer" in names, names
        image = ecr.describe_images(repositoryName="sagemaker-clarify-processing")["imageDetails"][0]
        assert image["imageTags"] == ["1.0"], image
        pages = server.client("iam").get_paginator("list_roles").paginate()
        assert [role for page in pages for role in page["Roles"]] == []


if __name__ == "__main__":
    sys.exit(run())
