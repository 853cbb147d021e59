//! Script processors: what they see, and what they cannot.

use std::path::PathBuf;
use std::sync::OnceLock;

use probity_app::LocalProcesses;
use probity_worker::isolation::{Availability, Isolation, available};
use probity_worker::{LocalProcess, Surroundings};
use serde_json::{Value, json};

use crate::world::World;

/// `examples/isolated.rs`, which has the hidden subcommand.
fn executable() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let target = test.parent().unwrap().parent().unwrap();
    target.join("examples/isolated")
}

fn found() -> &'static Availability {
    static FOUND: OnceLock<Availability> = OnceLock::new();
    FOUND.get_or_init(|| available(&executable()))
}

async fn world() -> World {
    world_behind(found()).await
}

/// As on a machine that has these walls.
async fn world_behind(found: &Availability) -> World {
    let mut world = World::with(LocalProcesses::AllowUnisolated).await;
    std::fs::write(world.home.path().join("secret.key"), "hush").unwrap();
    world.scripts = LocalProcess::of(
        LocalProcesses::AllowUnisolated,
        found,
        (
            executable(),
            Surroundings {
                hidden: vec![world.home.path().to_owned()],
                readable: Vec::new(),
            },
        ),
    );
    world
}

fn job(name: &str, script: &str) -> Value {
    json!({
        "ProcessingJobName": name,
        "ProcessingResources": {"ClusterConfig": {
            "InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1,
        }},
        "AppSpecification": {
            "ImageUri": "sagemaker-scikit-learn:1.2-1-cpu-py3",
            "ContainerEntrypoint": ["/bin/sh", "-c", script],
        },
        "RoleArn": "arn:aws:iam::111122223333:role/service-role/Governor",
        "Environment": {"COLOUR": "green"},
        "ProcessingInputs": [{"InputName": "in", "S3Input": {
            "S3Uri": "s3://governance-wire-test/in",
            "LocalPath": "/opt/ml/processing/input",
            "S3DataType": "S3Prefix", "S3InputMode": "File",
        }}],
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "out", "S3Output": {
            "S3Uri": "s3://governance-wire-test/out",
            "LocalPath": "/opt/ml/processing/output",
            "S3UploadMode": "EndOfJob",
        }}]},
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_finds_the_containers_folders() {
    let world = world().await;
    world.put("in/a.txt", "seven");
    let script = "set -e\n\
        cd \"$PROBITY_PROCESSING_DIR\"\n\
        cat input/a.txt > output/copy.txt\n\
        echo \"colour $COLOUR\"\n\
        echo done > ../output/message\n\
        test -s ../config/processingjobconfig.json\n\
        test -s ../config/resourceconfig.json\n";
    world.processing_job(job("s", script)).await;
    let worker = world.start("w");
    let ended = world.ended("s").await;
    assert_eq!(ended["ProcessingJobStatus"], "Completed", "{ended}");
    assert_eq!(ended["ExitMessage"], "done\n");
    assert_eq!(world.read("out/copy.txt"), "seven");
    let log = world.log("/aws/sagemaker/ProcessingJobs", "s").await;
    assert!(log.contains(&"colour green".to_owned()), "{log:?}");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_reads_neither_the_key_nor_the_database_nor_the_servers_environment() {
    if found().isolation() == Isolation::None {
        eprintln!("not run: this kernel has no isolation: {}", found());
        return;
    }
    let world = world().await;
    world.put("in/a.txt", "x");
    let home = world.home.path().display();
    let server = std::process::id();
    let script = format!(
        "for file in {home}/secret.key {home}/probity.db /proc/{server}/environ; do\n\
           if cat \"$file\" > /dev/null 2>&1; then echo \"read $file\"; exit 9; fi\n\
         done\n\
         if env | grep -q CARGO; then echo leaked; exit 7; fi\n\
         echo walled\n"
    );
    world.processing_job(job("s", &script)).await;
    let worker = world.start("w");
    let ended = world.ended("s").await;
    assert_eq!(ended["ProcessingJobStatus"], "Completed", "{ended}");
    let log = world.log("/aws/sagemaker/ProcessingJobs", "s").await;
    assert!(log.contains(&"walled".to_owned()), "{log:?}");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn inside_a_namespace_the_absolute_paths_are_there() {
    if found().isolation() != Isolation::Namespace {
        eprintln!("not run: this kernel has no namespaces: {}", found());
        return;
    }
    let world = world().await;
    world.put("in/a.txt", "seven");
    let script = "cp /opt/ml/processing/input/a.txt /opt/ml/processing/output/b.txt";
    world.processing_job(job("s", script)).await;
    let worker = world.start("w");
    let ended = world.ended("s").await;
    assert_eq!(ended["ProcessingJobStatus"], "Completed", "{ended}");
    assert_eq!(world.read("out/b.txt"), "seven");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_namespaces_landlock_keeps_it_out_and_the_missing_folder_is_told() {
    if found().landlock.is_err() {
        eprintln!("not run: this kernel has no Landlock: {}", found());
        return;
    }
    let no_namespaces = Availability {
        namespaces: Err("refused".to_owned()),
        landlock: Ok(()),
    };
    let world = world_behind(&no_namespaces).await;
    world.put("in/a.txt", "seven");
    let home = world.home.path().display();
    let script = format!(
        "cat {home}/secret.key {home}/probity.db > /dev/null 2>&1 && exit 9\n\
         cat \"$PROBITY_PROCESSING_DIR/input/a.txt\" > \"$PROBITY_PROCESSING_DIR/output/b.txt\"\n"
    );
    let script = format!("{script}test -s \"$PROBITY_PROCESSING_DIR/output/b.txt\"");
    world.processing_job(job("walled", &script)).await;
    let absolute = "cat /opt/ml/processing/input/a.txt";
    world.processing_job(job("absolute", absolute)).await;
    let worker = world.start("w");
    let ended = world.ended("walled").await;
    assert_eq!(ended["ProcessingJobStatus"], "Completed", "{ended}");
    assert_eq!(world.read("out/b.txt"), "seven");
    let ended = world.ended("absolute").await;
    assert_eq!(ended["ProcessingJobStatus"], "Failed", "{ended}");
    let reason = ended["FailureReason"].as_str().unwrap();
    assert!(reason.contains("refuses user namespaces"), "{reason}");
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_that_fails_says_its_code_and_its_last_words() {
    let world = world().await;
    world.put("in/a.txt", "x");
    world
        .processing_job(job("s", "echo no such luck >&2; exit 3"))
        .await;
    let worker = world.start("w");
    let ended = world.ended("s").await;
    assert_eq!(ended["ProcessingJobStatus"], "Failed");
    let reason = ended["FailureReason"].as_str().unwrap();
    assert!(reason.contains("exit code 3"), "{reason}");
    assert!(reason.contains("no such luck"), "{reason}");
    assert!(!world.object("out").exists());
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_ends_when_it_is_stopped_or_its_time_is_over() {
    let world = world().await;
    world.put("in/a.txt", "x");
    world.processing_job(job("stopped", "sleep 600")).await;
    let mut limited = job("limited", "sleep 600");
    limited["StoppingCondition"] = json!({"MaxRuntimeInSeconds": 1});
    world.processing_job(limited).await;
    let worker = world.start("w");
    let limited = world.ended("limited").await;
    assert_eq!(limited["ProcessingJobStatus"], "Stopped", "{limited}");
    let message = limited["ExitMessage"].as_str().unwrap();
    assert!(message.contains("MaxRuntimeInSeconds"), "{message}");
    let input = json!({"ProcessingJobName": "stopped"});
    probity_app::processing_job::stop(&world.app, &world.caller, input)
        .await
        .unwrap();
    assert_eq!(
        world.ended("stopped").await["ProcessingJobStatus"],
        "Stopped"
    );
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preprocessor_hands_over_what_it_makes_of_each_record() {
    if std::process::Command::new("/usr/bin/python3")
        .arg("--version")
        .output()
        .is_err()
    {
        eprintln!("not run: there is no /usr/bin/python3");
        return;
    }
    let world = world().await;
    let body =
        crate::world::request("CreateProcessingJob-baseline-s3-input-with-preprocessor.json");
    let name = body["ProcessingJobName"].as_str().unwrap().to_owned();
    world.put("dq/data/train.csv", "a,b\n1,2\n3,4\n5,6\n");
    world.put(
        &format!(
            "model-monitor/baselining/{name}/input/record_preprocessor_script_input/preprocess.py"
        ),
        "def preprocess_handler(record):\n\
         \x20   a, b = record.split(',')\n\
         \x20   return [] if a == '3' else {'sum': int(a) + int(b)}\n",
    );
    world.processing_job(body).await;
    let worker = world.start("w");
    let ended = world.ended(&name).await;
    assert_eq!(ended["ProcessingJobStatus"], "Completed", "{ended}");
    let results = format!("model-monitor/baselining/{name}/results/statistics.json");
    let statistics = world.json(&results);
    assert_eq!(statistics["dataset"]["item_count"], 2);
    assert_eq!(statistics["features"][0]["name"], "sum");
    assert_eq!(
        statistics["features"][0]["numerical_statistics"]["max"],
        11.0
    );
    worker.stop().await;
}
