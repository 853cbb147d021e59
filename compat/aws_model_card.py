"""ModelCard of the SageMaker SDK: auto-discovery, create, update, versions, PDF export, listing, search, delete; and a card from a model package.

needs: packages
"""
import json

import _aws as c

from sagemaker.model_card import (AdditionalInformation, BusinessDetails, EvaluationJob, EvaluationMetricTypeEnum, FacetEnum, Function, HyperParameter, IntendedUses, Metric, MetricGroup,
                                  MetricTypeEnum, ModelCard, ModelCardStatusEnum, ModelOverview, ModelPackage, ObjectiveFunction, ObjectiveFunctionEnum, RiskRatingEnum, TrainingDetails,
                                  TrainingJobDetails, TrainingMetric)

s = c.session()
sm = c.boto("sagemaker")
model = c.name("card-model")
model_arn = c.make_model(model)

# 1. what the SDK finds out by itself
overview = ModelOverview.from_model_name(model_name=model, sagemaker_session=s, model_description="credit scoring", problem_type="Binary Classification",
                                         algorithm_type="Logistic Regression", model_creator="Ada", model_owner="Risk team", model_version=1)
c.check("overview discovered the model id", overview.model_id == model_arn, overview.model_id)
c.check("overview discovered the artifact", list(overview.model_artifact) == [c.uri("models", model, "model.tar.gz")], overview.model_artifact)
c.check("no training job for this artifact", TrainingDetails.from_model_overview(model_overview=overview, sagemaker_session=s) is None)

# 2. a card of every section
training = TrainingDetails(objective_function=ObjectiveFunction(function=Function(function=ObjectiveFunctionEnum.MINIMIZE, facet=FacetEnum.LOSS), notes="log loss"),
                           training_observations="stable",
                           training_job_details=TrainingJobDetails(training_datasets=[c.uri("train")], user_provided_training_metrics=[TrainingMetric(name="auc", value=0.81, notes="holdout")],
                                                                   user_provided_hyper_parameters=[HyperParameter(name="lr", value="0.1")]))
matrix = Metric(name="confusion", type=MetricTypeEnum.MATRIX, value=[[1, 2], [3, 4]], x_axis_name=["a", "b"], y_axis_name=["a", "b"])
curve = Metric(name="roc", type=MetricTypeEnum.LINEAR_GRAPH, value=[[0, 0], [0.5, 0.75], [1, 1]], x_axis_name="fpr", y_axis_name="tpr")
bars = Metric(name="importance", type=MetricTypeEnum.BAR_CHART, value=[0.5, 0.25], x_axis_name=["age", "income"], y_axis_name="share")
ev = EvaluationJob(name="holdout", evaluation_observation="fine", datasets=[c.uri("test")],
                   metric_groups=[MetricGroup(name="binary", metric_data=[Metric(name="accuracy", type=MetricTypeEnum.NUMBER, value=0.9), matrix, curve, bars,
                                                                         Metric(name="passed", type=MetricTypeEnum.BOOLEAN, value=True), Metric(name="verdict", type=MetricTypeEnum.STRING, value="good")])])
card_name = c.name("card")
card = ModelCard(name=card_name, status=ModelCardStatusEnum.DRAFT, model_overview=overview, training_details=training, evaluation_details=[ev],
                 intended_uses=IntendedUses(purpose_of_model="score", intended_uses="loans", factors_affecting_model_efficiency="drift", risk_rating=RiskRatingEnum.LOW, explanations_for_risk_rating="small"),
                 business_details=BusinessDetails(business_problem="defaults", business_stakeholders="risk", line_of_business="retail"),
                 additional_information=AdditionalInformation(ethical_considerations="bias checked", caveats_and_recommendations="re-check yearly", custom_details={"team": "x"}),
                 sagemaker_session=s)
arn = card.create()
c.check("card arn", arn.endswith(":model-card/" + card_name), arn)
c.check("version 1", card.version == 1, card.version)

# 3. updates: the SDK sends the status and the content in calls of their own, and nothing when nothing changed
r = card.update()
c.check("nothing to update is no call", not r, r)
r = card.update(status=ModelCardStatusEnum.PENDING_REVIEW)
c.check("status update is one call", set(r) == {"status"}, r)
c.check("a status makes no version", sm.describe_model_card(ModelCardName=card_name)["ModelCardVersion"] == 1)
card.intended_uses.purpose_of_model = "score applications"
r = card.update(business_details=BusinessDetails(business_problem="late payment"))
c.check("content update is one call", set(r) == {"content"}, r)
loaded = ModelCard.load(name=card_name, sagemaker_session=s)
c.check("reload keeps nested content", loaded.intended_uses.purpose_of_model == "score applications")
data = loaded.evaluation_details[0].metric_groups[0].metric_data
c.check("every kind of metric survives", [m.value for m in data] == [0.9, [[1, 2], [3, 4]], [[0, 0], [0.5, 0.75], [1, 1]], [0.5, 0.25], True, "good"], [m.value for m in data])
c.check("axes survive", data[1].x_axis_name == ["a", "b"] and data[2].x_axis_name == "fpr" and data[3].y_axis_name == "share")
c.check("training details survive", loaded.training_details.objective_function.function.facet == FacetEnum.LOSS
        and loaded.training_details.training_job_details.user_provided_hyper_parameters[0].value == "0.1")
versions = card.get_version_history()
c.check("two content versions", sorted(v["ModelCardVersion"] for v in versions) == [1, 2], [v["ModelCardVersion"] for v in versions])
v1 = ModelCard.load(name=card_name, version=1, sagemaker_session=s)
c.check("version 1 keeps its text", v1.intended_uses.purpose_of_model == "score")
c.check("version 1 keeps its status", v1.status == ModelCardStatusEnum.PENDING_REVIEW, v1.status)

# 4. reports taken over by the SDK's parsers
report = {"version": 0.0, "binary_classification_metrics": {"confusion_matrix": {"0": {"0": 5, "1": 1}, "1": {"0": 2, "1": 4}}, "auc": {"value": 0.9, "standard_deviation": "NaN"}}}
c.put_json(c.uri("cards", "statistics.json"), report)
job = EvaluationJob(name="quality")
job.add_metric_group_from_s3(session=s.boto_session, s3_url=c.uri("cards", "statistics.json"), metric_type=EvaluationMetricTypeEnum.BINARY_CLASSIFICATION)
card.evaluation_details.append(job)
c.check("a parsed report is content", set(card.update()) == {"content"})
kept = json.loads(sm.describe_model_card(ModelCardName=card_name)["Content"])["evaluation_details"][1]
c.check("a parsed report is kept", [m["name"] for m in kept["metric_groups"][0]["metric_data"]] == ["confusion_matrix", "auc"], kept)

# 5. export
pdf = card.export_pdf(s3_output_path=c.uri("cards"), export_job_name=c.name("export"))
print()  # The SDK ends its dots without a line.
c.check("export gives an s3 uri", bool(pdf) and pdf.startswith(c.uri("cards")), pdf)
b, _, k = pdf[5:].partition("/")
body = c.boto("s3").get_object(Bucket=b, Key=k)["Body"].read()
c.check("export is a PDF", body[:5] == b"%PDF-")
c.check("PDF is a document", len(body) > 1500 and body.rstrip().endswith(b"%%EOF"), len(body))
c.check("export listed", len(card.list_export_jobs()["ModelCardExportJobSummaries"]) == 1)

# 6. the card now blocks a second one for the same model
try:
    ModelOverview.from_model_name(model_name=model, sagemaker_session=s)
    c.check("second card for one model refused by the client", False)
except ValueError as e:
    c.check("second card for one model refused by the client", card_name in str(e), e)

c.check("listed by name", [x["ModelCardName"] for x in sm.list_model_cards(NameContains=card_name)["ModelCardSummaries"]] == [card_name])
c.holds("listed by status", lambda: card_name in [x["ModelCardName"] for x in sm.list_model_cards(ModelCardStatus="PendingReview")["ModelCardSummaries"]])
c.raises("bad content refused", "ValidationException", lambda: sm.update_model_card(ModelCardName=card_name, Content=json.dumps({"no_such_section": 1})))
c.raises("duplicate name", "ConflictException", lambda: sm.create_model_card(ModelCardName=card_name, Content="{}", ModelCardStatus="Draft"))

# 7. the same from a model package, whose group has a card to copy from
group = c.name("card-group")
sm.create_model_package_group(ModelPackageGroupName=group)


def package(key):
    return sm.create_model_package(ModelPackageGroupName=group, ModelApprovalStatus="Approved", InferenceSpecification={
        "Containers": [{"Image": c.image_uri(), "ModelDataUrl": c.uri("models", model, key)}], "SupportedContentTypes": ["text/csv"], "SupportedResponseMIMETypes": ["text/csv"]})["ModelPackageArn"]


pkg = package("model.tar.gz")
mp = ModelPackage.from_model_package_arn(model_package_arn=pkg, sagemaker_session=s)
card2 = ModelCard(name=c.name("pkg-card"), status=ModelCardStatusEnum.DRAFT, model_package_details=mp, sagemaker_session=s,
                  business_details=BusinessDetails(business_problem="of the group"))
card2.create()
c.check("package card content", json.loads(sm.describe_model_card(ModelCardName=card2.name)["Content"])["model_package_details"]["model_package_arn"] == pkg)
try:
    ModelPackage.from_model_package_arn(model_package_arn=pkg, sagemaker_session=s)
    c.check("second card for one package refused by the client", False)
except ValueError as e:
    c.check("second card for one package refused by the client", card2.name in str(e), e)
second = package("model-2.tar.gz")
mp2 = ModelPackage.from_model_package_arn(model_package_arn=second, sagemaker_session=s)
card3 = ModelCard(name=c.name("pkg-card-2"), status=ModelCardStatusEnum.DRAFT, model_package_details=mp2, sagemaker_session=s)
card3.create()
c.check("business details carried over from the group's newest card", card3.business_details is not None and card3.business_details.business_problem == "of the group", card3.business_details)
loaded = ModelCard.load(name=card3.name, sagemaker_session=s)
c.check("package details load", loaded.model_package_details.model_package_version == 2, loaded.model_package_details)

card2.delete()
card3.delete()
card.delete()
c.raises("card is gone", "ResourceNotFound", lambda: sm.describe_model_card(ModelCardName=card_name))
c.check("its export jobs are gone", sm.list_model_card_export_jobs(ModelCardName=card_name)["ModelCardExportJobSummaries"] == [])
for arn in (pkg, second):
    sm.delete_model_package(ModelPackageName=arn)
sm.delete_model_package_group(ModelPackageGroupName=group)
sm.delete_model(ModelName=model)
c.done()
