"""ModelCard of the v3 SDK (sagemaker.core): the resource class, its content's shapes, versions, export jobs, iteration.

needs: packages-v3
"""
import json

import _aws as c

from sagemaker.core.model_card import ModelCard, ModelCardContent, ModelCardExportJob
from sagemaker.core.shapes.model_card_shapes import (AdditionalInformation, BarChartMetric, BusinessDetails, EvaluationDetailsItem, IntendedUses, LinearGraphMetric, MatrixMetric, MetricGroupsItem,
                                                     ModelOverview, ObjectiveFunction, SimpleMetric, TrainingDetails, TrainingHyperParameter, TrainingJobDetails, TrainingMetric)
from sagemaker.core.shapes import ModelCardExportOutputConfig, Tag

c.ensure_bucket()
name = c.name("v3-card")
content = ModelCardContent(
    model_overview=ModelOverview(model_description="credit scoring", model_creator="Ada", model_owner="Risk team", problem_type="Binary Classification", model_artifact=[c.uri("m.tar.gz")]),
    intended_uses=IntendedUses(purpose_of_model="score", risk_rating="High", explanations_for_risk_rating="people are refused"),
    business_details=BusinessDetails(business_problem="defaults"),
    training_details=TrainingDetails(objective_function=ObjectiveFunction(function="Minimize", facet="Loss"), training_job_details=TrainingJobDetails(
        training_metrics=[TrainingMetric(name="auc", value=0.9)], hyper_parameters=[TrainingHyperParameter(name="eta", value="0.1")])),
    evaluation_details=[EvaluationDetailsItem(name="holdout", datasets=[c.uri("test")], metric_groups=[MetricGroupsItem(name="binary", metric_data=[
        SimpleMetric(name="accuracy", type="number", value=0.9), LinearGraphMetric(name="roc", type="linear_graph", value=[[0, 0], [1, 1]], x_axis_name="fpr"),
        BarChartMetric(name="importance", type="bar_chart", value=[0.5], x_axis_name=["age"]), MatrixMetric(name="confusion", type="matrix", value=[[1, 2], [3, 4]])])])],
    additional_information=AdditionalInformation(ethical_considerations="checked", custom_details={"team": "x"}))

# `null` for what is not said is no card; the message says to leave it out
c.raises("nulls refused", "ValidationException", lambda: ModelCard.create(model_card_name=name, content=content.model_dump_json(), model_card_status="Draft"))
card = ModelCard.create(model_card_name=name, content=content.model_dump_json(exclude_none=True), model_card_status="Draft", tags=[Tag(key="team", value="risk")])
c.check("created", card.model_card_version == 1 and card.model_card_status == "Draft", card)
c.check("arn", card.model_card_arn.endswith(":model-card/" + name), card.model_card_arn)
kept = ModelCardContent.model_validate_json(card.content)
c.check("content comes back as its shapes", kept.intended_uses.risk_rating == "High" and kept.evaluation_details[0].metric_groups[0].metric_data[3].value == [[1, 2], [3, 4]], card.content)

card.update(model_card_status="PendingReview")
c.check("status makes no version", card.refresh().model_card_version == 1 and card.model_card_status == "PendingReview", card)
kept.intended_uses.purpose_of_model = "score applications"
card.update(content=kept.model_dump_json(exclude_none=True))
c.check("content makes a version", ModelCard.get(model_card_name=name).model_card_version == 2)
old = json.loads(ModelCard.get(model_card_name=name, model_card_version=1).content)
c.check("version 1 keeps its text", old["intended_uses"]["purpose_of_model"] == "score", old)
c.raises("both at once refused", "ValidationException", lambda: card.update(content="{}", model_card_status="Approved"))
c.raises("bad content refused", "ValidationException", lambda: card.update(content='{"no_such_section": 1}'))

listed = [x.model_card_name for x in ModelCard.get_all(name_contains=name)]
c.check("listed", listed == [name], listed)
versions = sorted(v.model_card_version for v in card.get_all_versions())
c.check("versions listed", versions == [1, 2], versions)

job = ModelCardExportJob.create(model_card_name=name, model_card_export_job_name=c.name("v3-export"), output_config=ModelCardExportOutputConfig(s3_output_path=c.uri("cards")))
job.wait(poll=1, timeout=120)
c.check("export completed", job.status == "Completed", job)
pdf = job.export_artifacts.s3_export_artifacts
b, _, k = pdf[5:].partition("/")
c.check("export is a PDF", c.boto("s3").get_object(Bucket=b, Key=k)["Body"].read(5) == b"%PDF-", pdf)
jobs = [j.model_card_export_job_name for j in ModelCardExportJob.get_all(model_card_name=name)]
c.check("export listed", jobs == [job.model_card_export_job_name], jobs)

card.delete()
c.raises("card is gone", "ResourceNotFound", lambda: ModelCard.get(model_card_name=name))
c.done()
