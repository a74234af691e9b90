// SPDX-License-Identifier: Apache-2.0

use std::path::Path;
use std::time::Duration;

use kube::Client;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::Failed;

/// How long the controllers may take to end.
const GRACE: Duration = Duration::from_secs(10);

/// The reference controllers, running in this process.
pub(crate) struct Controllers {
    stop: watch::Sender<bool>,
    tasks: JoinSet<Result<(), Failed>>,
}

impl Controllers {
    /// Starts both controllers; artifacts are kept below `dir` and served on a free loopback port.
    pub(crate) fn start(client: &Client, dir: &Path) -> Self {
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let source = source_controller::Config::new(client.clone(), dir.join("artifacts"));
        let kustomize = kustomize_controller::Config::new(client.clone(), dir.join("work"));
        let (source_stop, kustomize_stop) = (shutdown(stopped.clone()), shutdown(stopped));
        tasks.spawn(async move { Ok(source_controller::run(source, source_stop).await?) });
        tasks.spawn(async move { Ok(kustomize_controller::run(kustomize, kustomize_stop).await?) });
        Self { stop, tasks }
    }

    /// Ends both and waits for them; the first error of either is returned.
    pub(crate) async fn stop(mut self) -> Result<(), Failed> {
        // With no receiver left both have ended already, and the loop below says how.
        let _ = self.stop.send(true);
        let ended = tokio::time::timeout(GRACE, async {
            while let Some(result) = self.tasks.join_next().await {
                result??;
            }
            Ok(())
        });
        ended.await.unwrap_or_else(|_| {
            Err(Failed::new(format!("the controllers did not end within {}s", GRACE.as_secs())))
        })
    }
}

async fn shutdown(mut stopped: watch::Receiver<bool>) {
    // A sender that is gone means the program ends: that is a shutdown as well.
    let _ = stopped.wait_for(|stop| *stop).await;
}
