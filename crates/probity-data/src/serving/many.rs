//! Many models behind one name (`Mode: MultiModel`): a folder of archives, of which a request
//! names one. Opened when they are first asked; those not asked for longest make room.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use super::error::{InvokeModel, OpenServed};
use super::in_process::InProcess;
use super::open::open_data;
use super::{Answer, Invocation};
use crate::location::{Environment, ReadLocation};

/// Models that are kept open.
const MAX_OPEN: usize = 64;

#[derive(Debug)]
pub(super) struct ManyModels {
    name: String,
    folder: String,
    environment: Environment,
    opened: Mutex<Opened>,
}

#[derive(Debug, Default)]
struct Opened {
    models: HashMap<String, Kept>,
    n_asked: u64,
}

#[derive(Debug)]
struct Kept {
    model: Arc<OnceCell<InProcess>>,
    last_asked: u64,
}

impl ManyModels {
    pub(super) fn new((name, folder): (String, String), environment: Environment) -> ManyModels {
        ManyModels {
            name,
            folder,
            environment,
            opened: Mutex::default(),
        }
    }

    pub(super) async fn invoke(&self, asked: Invocation<'_>) -> Result<Answer, InvokeModel> {
        let target = asked.target_model.ok_or_else(|| InvokeModel::Target {
            problem: "a multi-model endpoint needs a target model in the request".to_owned(),
        })?;
        let model = self.model(target).await?;
        model.invoke(asked).await
    }

    async fn model(&self, target: &str) -> Result<InProcess, InvokeModel> {
        let part_leads_out = |part: &str| matches!(part, "" | "." | "..");
        let below = target.strip_prefix('/').unwrap_or(target);
        if below.split('/').any(part_leads_out) || below.contains('\\') {
            return Err(InvokeModel::Target {
                problem: format!("`{target}` is no name of a target model"),
            });
        }
        let kept = self.kept(below);
        let location = format!("{}/{below}", self.folder.trim_end_matches('/'));
        let opened = kept
            .get_or_try_init(|| async {
                let opened = open_data(&self.name, &location, &self.environment).await?;
                Ok(InProcess::new(opened))
            })
            .await;
        match opened {
            Ok(model) => Ok(model.clone()),
            Err(source) => {
                self.forget(below);
                Err(self.not_opened(target, &location, source))
            }
        }
    }

    fn kept(&self, target: &str) -> Arc<OnceCell<InProcess>> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened.n_asked += 1;
        let now = opened.n_asked;
        if !opened.models.contains_key(target) && opened.models.len() >= MAX_OPEN {
            let oldest = opened.models.iter().min_by_key(|(_, kept)| kept.last_asked);
            if let Some(name) = oldest.map(|(name, _)| name.clone()) {
                opened.models.remove(&name);
            }
        }
        let kept = opened.models.entry(target.to_owned()).or_insert(Kept {
            model: Arc::default(),
            last_asked: now,
        });
        kept.last_asked = now;
        Arc::clone(&kept.model)
    }

    /// What is not there may come later.
    fn forget(&self, target: &str) {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = opened.models.get(target)
            && !kept.model.initialized()
        {
            opened.models.remove(target);
        }
    }

    fn not_opened(&self, target: &str, location: &str, source: OpenServed) -> InvokeModel {
        match source {
            OpenServed::Locate {
                source: ReadLocation::Missing { .. } | ReadLocation::Nothing { .. },
                ..
            } => InvokeModel::Target {
                // As AWS words it.
                problem: format!(
                    "Failed to download model data({location}). Please ensure that there is an \
                     object located at the URL and that the role passed to CreateModel has \
                     permissions to download the object."
                ),
            },
            source => InvokeModel::OpenTarget {
                target: target.to_owned(),
                source: Box::new(source),
            },
        }
    }
}
