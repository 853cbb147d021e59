// What users write is text, wherever it is shown: names, descriptions, cards, tags, reasons, feature
// names, captured values, and parts of addresses. Each carries markup that would make itself known.

import { call, demand, openWindow, put, until } from "./_browser.mjs";
import { crawl } from "./_dashboard_pages.mjs";

/** Closes whatever it may stand in, and runs if it is taken for markup. */
export const MARKUP = `"'></title></textarea></script><script>window.taken=1</script><img src=x onerror="window.taken=2"><b id=taken>`;
const SHORT = `<img src=x onerror=taken=3>`;
const MODEL = "written-by-others";
const MONITOR = "watches-others";

const folder = (at) => new Date(at).toISOString().slice(0, 13).replaceAll("-", "/").replace("T", "/");

/** A model with a card, a version, a run of a monitor and its alert, all with markup in them. */
async function written(demo) {
  const role = "arn:aws:iam::111122223333:role/service-role/Governor";
  await call(demo, "SageMaker.CreateModel", {
    ModelName: MODEL,
    PrimaryContainer: { Image: "x.dkr.ecr.us-west-2.amazonaws.com/any", ModelDataUrl: `s3://demo/hostile/${SHORT}.tar.gz`, Environment: { MARKUP } },
    ExecutionRoleArn: role,
    Tags: [{ Key: "written", Value: "by others" }],
  });
  await call(demo, "SageMaker.CreateModelPackageGroup", { ModelPackageGroupName: MODEL, ModelPackageGroupDescription: MARKUP });
  await call(demo, "SageMaker.CreateModelPackage", { ModelPackageGroupName: MODEL, ModelPackageDescription: MARKUP, ModelApprovalStatus: "PendingManualApproval" });
  const content = {
    model_overview: { model_name: MODEL, model_id: MODEL, model_owner: MARKUP, model_description: MARKUP, problem_type: MARKUP, model_artifact: [MARKUP] },
    intended_uses: { purpose_of_model: MARKUP, intended_uses: MARKUP, risk_rating: "High", explanations_for_risk_rating: MARKUP },
    business_details: { business_problem: MARKUP, line_of_business: MARKUP },
    training_details: { training_observations: MARKUP },
    evaluation_details: [{
      name: SHORT, evaluation_observation: MARKUP, datasets: [MARKUP], metadata: { [SHORT]: MARKUP },
      metric_groups: [{ name: SHORT, metric_data: [{ name: MARKUP, type: "number", value: 1, notes: MARKUP }, { name: SHORT, type: "string", value: SHORT }] }],
    }],
    additional_information: { ethical_considerations: MARKUP, custom_details: { [MARKUP]: MARKUP } },
  };
  await call(demo, "SageMaker.CreateModelCard", { ModelCardName: MODEL, ModelCardStatus: "Draft", Content: JSON.stringify(content) });
  content.model_overview.model_owner = `${MARKUP} again`;
  await call(demo, "SageMaker.UpdateModelCard", { ModelCardName: MODEL, Content: JSON.stringify(content) });
  await watched(demo, role);
}

/** Outputs of a transform job whose columns and values are markup, and a monitor that finds fault with them. */
async function watched(demo, role) {
  // A run that is asked for looks at the day since midnight.
  const now = Date.now();
  const then = Math.max(now - (now % 86_400_000), now - 3_600_000);
  const quoted = `"${MARKUP.replaceAll('"', '""')}"`;
  const rows = Array.from({ length: 60 }, (_, at) => `${at % 7},${at % 3 ? quoted : "plain"}`);
  await put(demo, "/demo/hostile/transformed/a.csv.out", [`${quoted},${SHORT}`, ...rows].join("\n") + "\n");
  await put(demo, `/demo/hostile/batch/output/${folder(then)}/m.json`, JSON.stringify([{ prefix: "s3://demo/hostile/transformed/" }, "a.csv.out"]));
  const constraint = (name, type) => ({
    name, inferred_type: type, completeness: 1,
    ...(type === "String" ? { string_constraints: { domains: ["other"] } } : { num_constraints: { is_non_negative: true } }),
  });
  await put(demo, "/demo/hostile/constraints.json", JSON.stringify({
    version: 0,
    features: [constraint(MARKUP, "String"), constraint(SHORT, "String"), constraint("gone <b>", "Integral")],
    monitoring_config: { evaluate_constraints: "Enabled", emit_metrics: "Enabled", datatype_check_threshold: 1, domain_content_threshold: 1, distribution_constraints: { perform_comparison: "Enabled", comparison_threshold: 0.1, comparison_method: "Robust" } },
  }));
  await call(demo, "SageMaker.CreateDataQualityJobDefinition", {
    JobDefinitionName: MONITOR,
    DataQualityBaselineConfig: { ConstraintsResource: { S3Uri: "s3://demo/hostile/constraints.json" } },
    DataQualityAppSpecification: { ImageUri: "x.dkr.ecr.us-west-2.amazonaws.com/sagemaker-model-monitor-analyzer" },
    DataQualityJobInput: { BatchTransformInput: { DataCapturedDestinationS3Uri: "s3://demo/hostile/batch", DatasetFormat: { Csv: { Header: true } }, LocalPath: "/opt/ml/processing/input" } },
    DataQualityJobOutputConfig: { MonitoringOutputs: [{ S3Output: { S3Uri: "s3://demo/hostile/reports", LocalPath: "/opt/ml/processing/output" } }] },
    JobResources: { ClusterConfig: { InstanceCount: 1, InstanceType: "ml.m5.large", VolumeSizeInGB: 20 } },
    RoleArn: role,
  });
  await call(demo, "SageMaker.CreateMonitoringSchedule", {
    MonitoringScheduleName: MONITOR,
    MonitoringScheduleConfig: { ScheduleConfig: { ScheduleExpression: "cron(0 0 ? * * *)" }, MonitoringJobDefinitionName: MONITOR, MonitoringType: "DataQuality" },
  });
  const from = Math.floor(then / 3_600_000) * 3_600;
  await call(demo, "Probity.RunMonitoringSchedule", { MonitoringScheduleName: MONITOR, WindowStart: from, WindowEnd: from + 3600 });
  const run = await until(async () => {
    const { MonitoringExecutionSummaries: runs } = await call(demo, "SageMaker.ListMonitoringExecutions", { MonitoringScheduleName: MONITOR });
    return runs.find((run) => !["Pending", "InProgress", "Stopping"].includes(run.MonitoringExecutionStatus));
  }, "the run over markup has not ended", 120_000);
  demand(run.MonitoringExecutionStatus === "CompletedWithViolations", `the run over markup is ${run.MonitoringExecutionStatus}: ${run.FailureReason}`);
  await call(demo, "Probity.AcknowledgeAlert", { Subject: `monitoring-schedule/${MONITOR}`, Reason: MARKUP });
}

export function scenarios(browser, demo, state) {
  return {
    "what users wrote is shown as text on every page": async () => {
      await written(demo);
      const { context, page, complaints } = await openWindow(browser, demo, { storageState: state });
      // A view's name, by its form.
      await page.goto(`${demo.address}/dashboard?q=${encodeURIComponent(MARKUP)}`);
      await page.goto(`${demo.address}/dashboard?q=written`);
      const saving = page.locator("form.save-view");
      if ((await saving.count()) > 0) {
        await page.locator("details:has(form.save-view) > summary").first().click();
        await saving.locator('input[name="name"]').fill(MARKUP.slice(0, 60));
        await saving.locator("button").click();
        await page.waitForLoadState();
      }
      const isOwn = (path) => ["/dashboard", "/activity", "/cards"].includes(path) || path.includes(MODEL) || path.includes(MONITOR);
      const { pages: own, wrong } = await crawl(context, demo.address, { from: ["/dashboard", `/monitors/${MONITOR}`], follows: isOwn });
      demand(wrong.length === 0, wrong.slice(0, 5).join(" | "));
      const shows = [];
      for (const path of own) {
        await page.goto(demo.address + path);
        const seen = await page.evaluate((markup) => ({
          taken: window.taken,
          element: document.querySelector("#taken, img[src=x]") !== null,
          shows: document.documentElement.innerText.includes(markup.slice(0, 40)) || document.documentElement.innerText.includes("<img src=x"),
        }), MARKUP);
        demand(seen.taken === undefined && !seen.element, `${path} takes text for markup`);
        if (seen.shows) shows.push(path);
      }
      console.log(`# ${own.length} pages, ${shows.length} of them show the text: ${shows.join(" ")}`);
      for (const path of [`/models/${MODEL}`, `/monitors/${MONITOR}`, "/dashboard"]) {
        demand(shows.includes(path), `${path} does not show what users wrote`);
      }
      demand(complaints.length === 0, complaints.slice(0, 5).join(" | "));
      await context.close();
    },
  };
}
