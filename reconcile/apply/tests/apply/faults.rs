// SPDX-License-Identifier: Apache-2.0

//! Every request failed once: the end is the same, and nothing is forgotten on the way.

use gitops_apply::{Cluster, Inventory, plan, run};
use gitops_testing::{Fault, TestServer, Workloads, verb};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{Api, ListParams};

use super::{GROUP, apply, config_map, options, server, set};

/// One run as a controller makes it: the inventory is written down before and after. Returns whether it came to its end.
async fn attempt(cluster: &Cluster, yaml: &str, inventory: &mut Inventory) -> bool {
    let Ok(plan) = plan(cluster, &set(yaml), inventory, &options()).await else { return false };
    if let Some(before) = plan.inventory_before_run() {
        *inventory = before;
    }
    match run(cluster, plan).await {
        Ok(applied) => {
            *inventory = applied.inventory;
            true
        }
        Err(_) => false,
    }
}

async fn objects(server: &TestServer) -> Vec<(String, String)> {
    let api: Api<ConfigMap> = Api::namespaced(server.client(), "default");
    let labeled = ListParams::default().labels(&format!("{GROUP}/name"));
    let list = api.list(&labeled).await.expect("because no fault is left");
    let row = |object: ConfigMap| {
        (object.metadata.name.unwrap_or_default(), object.data.unwrap_or_default()["color"].clone())
    };
    list.items.into_iter().map(row).collect()
}

async fn check(fault: Fault, watching: bool) {
    let first = config_map("changed", "blue") + &config_map("gone", "blue") + &config_map("same", "blue");
    let second = config_map("changed", "red") + &config_map("new", "blue") + &config_map("same", "blue");
    for n in 1.. {
        let server = server(Workloads::Off).await;
        let client = server.client();
        let cluster = if watching { Cluster::watching(client, GROUP) } else { Cluster::new(client) };
        let mut inventory = apply(&cluster, &first, &Inventory::default(), &options())
            .await
            .expect("because no fault is planned yet")
            .inventory;
        server.faults().nth(n, fault).on(verb::ANY, "configmaps");
        let mut attempts = 1;
        while !attempt(&cluster, &second, &mut inventory).await {
            for (name, _) in objects(&server).await {
                assert!(
                    inventory.contains(&format!("default_{name}__ConfigMap")),
                    "{fault:?} {n}: {name} is orphaned"
                );
            }
            attempts += 1;
            assert!(attempts < 4, "{fault:?} {n}: no end");
        }
        let struck = server.faults().pending() == 0;
        server.faults().clear();
        let expected = [("changed", "red"), ("new", "blue"), ("same", "blue")];
        assert_eq!(
            objects(&server).await,
            expected.map(|(name, color)| (name.to_owned(), color.to_owned())),
            "{fault:?} {n}"
        );
        assert_eq!(inventory.len(), 3, "{fault:?} {n}");
        if !struck {
            assert!(n > 4, "{fault:?}: struck only {n} requests");
            return;
        }
    }
}

#[tokio::test]
async fn a_failed_request_leads_to_the_same_end() {
    for fault in [Fault::Refused, Fault::Unavailable, Fault::Conflict] {
        check(fault, false).await;
    }
}

#[tokio::test]
async fn a_lost_answer_leads_to_the_same_end() {
    for fault in [Fault::LostResponse, Fault::ConflictAfterWrite] {
        check(fault, false).await;
    }
}

#[tokio::test]
async fn a_failed_request_leads_to_the_same_end_where_the_cluster_is_watched() {
    for fault in [Fault::Refused, Fault::LostResponse, Fault::Unavailable] {
        check(fault, true).await;
    }
}
