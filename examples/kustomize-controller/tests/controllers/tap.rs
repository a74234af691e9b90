// SPDX-License-Identifier: Apache-2.0

//! A client that counts its requests and can go silent after one of them, as a killed process does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::Request;
use kube::Client;
use kube::client::Body;
use tokio::sync::Notify;

pub(crate) struct Tap {
    seen: AtomicUsize,
    last: usize,
    reached: Notify,
}

impl Tap {
    /// Passes on everything, and counts.
    pub(crate) fn counting(client: Client) -> (Client, Arc<Self>) {
        Self::until(client, usize::MAX)
    }

    /// Carries out the first `last` requests, but gives the answer of the last one, and anything after it, to nobody.
    pub(crate) fn until(client: Client, last: usize) -> (Client, Arc<Self>) {
        let tap = Arc::new(Self { seen: AtomicUsize::new(0), last, reached: Notify::new() });
        let kept = Arc::clone(&tap);
        let service = tower::service_fn(move |request: Request<Body>| {
            let (client, tap) = (client.clone(), Arc::clone(&kept));
            async move {
                let number = tap.seen.fetch_add(1, Ordering::SeqCst) + 1;
                if number > tap.last {
                    std::future::pending::<()>().await;
                }
                let response = client.send(request).await;
                if number == tap.last {
                    tap.reached.notify_one();
                    std::future::pending::<()>().await;
                }
                response
            }
        });
        (Client::new(service, "default"), tap)
    }

    pub(crate) fn count(&self) -> usize {
        self.seen.load(Ordering::SeqCst)
    }

    pub(crate) async fn reached(&self) {
        self.reached.notified().await;
    }
}
