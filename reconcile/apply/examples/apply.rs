// SPDX-License-Identifier: Apache-2.0

//! Makes the cluster of the current kubeconfig hold the objects of some YAML files.
//!
//! `cargo run -p gitops-apply --example apply -- INVENTORY FILE…`: the inventory is a JSON file, written before and after, so that objects that
//! leave the files are deleted by the next run. `ROUNDS=n` runs the same plan n times over one watched cluster.
#![expect(clippy::print_stdout, reason = "it is a command line program")]

use std::time::{Duration, Instant};

use gitops_apply::{Cluster, Inventory, Options, Owner, WaitOptions, plan, run, wait};
use gitops_manifest::ManifestSet;

const GROUP: &str = "kustomize.toolkit.fluxcd.io";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("usage: apply INVENTORY FILE…")?;
    let mut inventory: Inventory = match std::fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes)?,
        Err(_) => Inventory::default(),
    };
    let mut set = ManifestSet::new();
    for file in arguments {
        for manifest in ManifestSet::from_yaml(&std::fs::read(file)?)? {
            set.push(manifest)?;
        }
    }
    let options = Options::new("kustomize-controller")
        .owner(Owner::new(GROUP, "flux-system", "example"))
        .take_over_from_kubectl()
        .prune(true);
    let cluster = Cluster::watching(kube::Client::try_default().await?, GROUP);
    let rounds = std::env::var("ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(1);
    for _ in 0..rounds {
        let start = Instant::now();
        let plan = plan(&cluster, &set, &inventory, &options).await?;
        println!("planned in {:?}", start.elapsed());
        if let Some(before) = plan.inventory_before_run() {
            std::fs::write(&path, serde_json::to_vec(&before)?)?;
        }
        let applied = match run(&cluster, plan).await {
            Ok(applied) => applied,
            Err(error) => {
                println!("{error}\n{}", error.changes());
                return Err(error.into());
            }
        };
        println!("{}\napplied in {:?}", applied.changes, start.elapsed());
        std::fs::write(&path, serde_json::to_vec(&applied.inventory)?)?;
        inventory = applied.inventory.clone();
        wait(&cluster, applied.objects(), &WaitOptions::new(Duration::from_secs(10))).await?;
        println!("ready in {:?}", start.elapsed());
    }
    Ok(())
}
