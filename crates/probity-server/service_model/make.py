#!/usr/bin/env python3
"""Writes service_model.json from the service models that botocore ships.

Run with an environment that has the botocore named in PROVENANCE.md:

    python make.py > service_model.json

Only facts are taken (names of operations, members, and their constraints), no documentation.
Never run by a build or by CI.
"""
import json
import sys

import botocore
import botocore.session

GOVERNANCE = """
CreateMonitoringSchedule DeleteMonitoringSchedule DescribeMonitoringSchedule ListMonitoringSchedules
StartMonitoringSchedule StopMonitoringSchedule UpdateMonitoringSchedule ListMonitoringExecutions
ListMonitoringAlerts ListMonitoringAlertHistory UpdateMonitoringAlert

CreateDataQualityJobDefinition DescribeDataQualityJobDefinition ListDataQualityJobDefinitions DeleteDataQualityJobDefinition
CreateModelQualityJobDefinition DescribeModelQualityJobDefinition ListModelQualityJobDefinitions DeleteModelQualityJobDefinition
CreateModelBiasJobDefinition DescribeModelBiasJobDefinition ListModelBiasJobDefinitions DeleteModelBiasJobDefinition
CreateModelExplainabilityJobDefinition DescribeModelExplainabilityJobDefinition ListModelExplainabilityJobDefinitions
DeleteModelExplainabilityJobDefinition

CreateProcessingJob DescribeProcessingJob ListProcessingJobs StopProcessingJob DeleteProcessingJob

CreateModelCard DescribeModelCard UpdateModelCard DeleteModelCard ListModelCards ListModelCardVersions
CreateModelCardExportJob DescribeModelCardExportJob ListModelCardExportJobs

CreateModel DescribeModel ListModels DeleteModel ListModelMetadata

CreateEndpoint DescribeEndpoint ListEndpoints UpdateEndpoint UpdateEndpointWeightsAndCapacities DeleteEndpoint
CreateEndpointConfig DescribeEndpointConfig ListEndpointConfigs DeleteEndpointConfig

CreateTransformJob DescribeTransformJob ListTransformJobs StopTransformJob

CreateModelPackage DescribeModelPackage BatchDescribeModelPackage ListModelPackages UpdateModelPackage DeleteModelPackage
CreateModelPackageGroup DescribeModelPackageGroup ListModelPackageGroups DeleteModelPackageGroup
PutModelPackageGroupPolicy GetModelPackageGroupPolicy DeleteModelPackageGroupPolicy

CreatePipeline DescribePipeline UpdatePipeline DeletePipeline ListPipelines StartPipelineExecution StopPipelineExecution
RetryPipelineExecution DescribePipelineExecution UpdatePipelineExecution ListPipelineExecutions ListPipelineExecutionSteps
ListPipelineParametersForExecution DescribePipelineDefinitionForExecution SendPipelineExecutionStepSuccess
SendPipelineExecutionStepFailure ListPipelineVersions UpdatePipelineVersion

CreateArtifact DescribeArtifact ListArtifacts UpdateArtifact DeleteArtifact
CreateAction DescribeAction ListActions UpdateAction DeleteAction
CreateContext DescribeContext ListContexts UpdateContext DeleteContext
AddAssociation DeleteAssociation ListAssociations QueryLineage DescribeLineageGroup ListLineageGroups GetLineageGroupPolicy

Search GetSearchSuggestions
AddTags DeleteTags ListTags

CreateExperiment DescribeExperiment ListExperiments UpdateExperiment DeleteExperiment
CreateTrial DescribeTrial ListTrials UpdateTrial DeleteTrial
CreateTrialComponent DescribeTrialComponent ListTrialComponents UpdateTrialComponent DeleteTrialComponent
AssociateTrialComponent DisassociateTrialComponent

CreateFeatureGroup DescribeFeatureGroup ListFeatureGroups UpdateFeatureGroup DeleteFeatureGroup
DescribeFeatureMetadata UpdateFeatureMetadata

CreateTrainingJob DescribeTrainingJob ListTrainingJobs StopTrainingJob UpdateTrainingJob DeleteTrainingJob

CreateProject DescribeProject ListProjects UpdateProject DeleteProject
""".split()

# What SDK code looks at beside: an execution of an AutoML or tuning job is described on the way.
WANTED = {
    "sagemaker": GOVERNANCE,
    "sagemaker-metrics": ["BatchPutMetrics", "BatchGetMetrics"],
    "logs": ["DescribeLogGroups", "DescribeLogStreams", "GetLogEvents", "FilterLogEvents"],
    "cloudwatch": ["PutMetricData", "GetMetricData", "GetMetricStatistics", "ListMetrics"],
    "ecr": ["DescribeRepositories", "DescribeImages", "ListImages", "BatchGetImage", "GetAuthorizationToken"],
    "sts": ["GetCallerIdentity"],
    "iam": ["GetRole", "ListRoles", "GetUser", "ListAttachedRolePolicies", "ListRolePolicies", "SimulatePrincipalPolicy"],
}

# Left out: `.*` ends with the line, and people keep cards that are written over several.
WITHOUT_PATTERN = {"ModelCardContent"}

KINDS = {
    "string": "s", "character": "s", "integer": "i", "long": "i", "float": "d", "double": "d",
    "boolean": "b", "timestamp": "t", "blob": "x", "list": "l", "map": "m", "structure": "o",
}


def shape(model, name, found):
    """Adds the shape and all that it reaches."""
    if name in found:
        return
    raw = model["shapes"][name]
    out = {"t": KINDS[raw["type"]]}
    found[name] = out
    for theirs, ours in (("min", "min"), ("max", "max"), ("pattern", "p"), ("enum", "e")):
        if theirs in raw and not (ours == "p" and name in WITHOUT_PATTERN):
            out[ours] = raw[theirs]
    if raw["type"] == "structure":
        out["m"] = {}
        for member, reference in raw["members"].items():
            # Headers and paths are read by whoever routes; here they are members like others.
            out["m"][member] = reference["shape"]
            shape(model, reference["shape"], found)
        if raw.get("required"):
            out["r"] = raw["required"]
        if raw.get("union"):
            out["u"] = True
    elif raw["type"] == "list":
        out["of"] = raw["member"]["shape"]
        shape(model, out["of"], found)
    elif raw["type"] == "map":
        out["k"], out["v"] = raw["key"]["shape"], raw["value"]["shape"]
        shape(model, out["k"], found)
        shape(model, out["v"], found)


def service(loader, name, wanted):
    model = loader.load_service_model(name, "service-2")
    found, operations = {}, {}
    for operation in sorted(wanted):
        raw = model["operations"][operation]
        entry = {}
        for theirs, ours in (("input", "in"), ("output", "out")):
            if theirs in raw:
                entry[ours] = raw[theirs]["shape"]
                shape(model, entry[ours], found)
        entry["errors"] = [error["shape"] for error in raw.get("errors", [])]
        operations[operation] = entry
    return {
        "version": model["metadata"]["apiVersion"],
        "operations": operations,
        "shapes": dict(sorted(found.items())),
        # Every name, so that an operation that is not kept is told from one that does not exist.
        "names": sorted(model["operations"]) if name == "sagemaker" else [],
    }


def main():
    loader = botocore.session.get_session().get_component("data_loader")
    services = {name: service(loader, name, wanted) for name, wanted in WANTED.items()}
    out = {"botocore": botocore.__version__, "services": services}
    # One line per shape: small, and a new version of botocore gives a difference that can be read.
    sys.stdout.write('{"botocore":%s,"services":{\n' % json.dumps(out["botocore"]))
    for i, (name, content) in enumerate(services.items()):
        compact = lambda value: json.dumps(value, separators=(",", ":"))
        rows = lambda values: ",\n".join("%s:%s" % (json.dumps(k), compact(v)) for k, v in values.items())
        sys.stdout.write('%s"%s":{"version":%s,"names":%s,"operations":{\n%s\n},"shapes":{\n%s\n}}' % (
            ",\n" if i else "", name, json.dumps(content["version"]), compact(content["names"]),
            rows(content["operations"]), rows(content["shapes"])))
    sys.stdout.write("\n}}\n")


main()
